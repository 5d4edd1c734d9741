namespace Bulwark.Findings;

/// <summary>How bad a finding is; the names of OCSF and SARIF tools.</summary>
public enum Severity
{
    /// <summary>Worth knowing, nothing to do.</summary>
    Informational,

    /// <summary>Little harm alone.</summary>
    Low,

    /// <summary>A person should look.</summary>
    Medium,

    /// <summary>Harm is likely.</summary>
    High,

    /// <summary>Harm is certain when the thing is used.</summary>
    Critical,
}
