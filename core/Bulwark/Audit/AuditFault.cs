namespace Bulwark.Audit;

/// <summary>One thing that is wrong with the log.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="FirstEntry">Index of the first entry concerned.</param>
/// <param name="LastEntry">
/// The same where the evidence names one entry; otherwise the first bad entry is one from <paramref name="FirstEntry"/> to this.
/// </param>
/// <param name="ObjectName">The object that shows it.</param>
/// <param name="Evidence">One sentence that says how it is known.</param>
public sealed record AuditFault(AuditFaultKind Kind, long FirstEntry, long LastEntry, string ObjectName, string Evidence)
{
    /// <summary>Whether one entry is named.</summary>
    public bool IsExact => FirstEntry == LastEntry;

    /// <summary>The fault as a sentence.</summary>
    public override string ToString()
    {
        string what = IsExact ? $"Entry {FirstEntry}" : $"Of the entries {FirstEntry} to {LastEntry} one or more";
        string how = Kind switch
        {
            AuditFaultKind.Altered => "altered",
            AuditFaultKind.Missing => "missing",
            AuditFaultKind.OutOfOrder => "out of order",
            AuditFaultKind.Inserted => "preceded by something that was never logged",
            AuditFaultKind.TileDamaged => "under a damaged tile",
            _ => "not what was logged when the log was last seen",
        };
        return $"{what} {(IsExact ? "is" : "are")} {how} ({ObjectName}): {Evidence}.";
    }
}
