namespace Bulwark.Scanning;

/// <summary>What a scan says about a file; the worst finding decides.</summary>
public enum Verdict
{
    /// <summary>Nothing was found.</summary>
    Benign,

    /// <summary>A person should look before it is used.</summary>
    Suspicious,

    /// <summary>Its structure is hostile or broken: readers could disagree about what it is.</summary>
    Malformed,

    /// <summary>It would run code, reach outside itself, or hide one file inside another.</summary>
    Malicious,
}
