namespace Bulwark.Audit;

/// <summary>What verifying a whole log found.</summary>
/// <param name="Checkpoint">The signed checkpoint that everything was measured against; null for a log without entries or checkpoint.</param>
/// <param name="Remembered">The checkpoint remembered from before, with which the log was found consistent or not; null when none was.</param>
/// <param name="EntriesRead">Entries that were read and hashed.</param>
/// <param name="Faults">What is wrong, entries before tiles, in the order of the log; empty when the log is intact. At most 64.</param>
public sealed record AuditReport(Checkpoint? Checkpoint, Checkpoint? Remembered, long EntriesRead, IReadOnlyList<AuditFault> Faults)
{
    /// <summary>Whether every entry is in the signed tree, every tile is right, and the log continues the one seen before.</summary>
    public bool IsIntact => Faults.Count == 0;

    /// <summary>Entries the log has by its checkpoint.</summary>
    public long Size => Checkpoint?.Size ?? 0;

    /// <summary>The fault at the first bad entry, or null.</summary>
    public AuditFault? FirstFault => Faults.Count == 0 ? null : Faults[0];
}
