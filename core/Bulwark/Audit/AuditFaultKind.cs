namespace Bulwark.Audit;

/// <summary>What is wrong at a place in the log.</summary>
public enum AuditFaultKind
{
    /// <summary>The entry's bytes are not those that were logged.</summary>
    Altered,

    /// <summary>The entry is gone: dropped from its bundle, or with it, or cut off the log's end.</summary>
    Missing,

    /// <summary>The entry stands at another index.</summary>
    OutOfOrder,

    /// <summary>Something that was never logged stands before the entry, or after the last one.</summary>
    Inserted,

    /// <summary>The entries are as they were logged; a tile of hashes over them is missing or altered.</summary>
    TileDamaged,

    /// <summary>The log is sound in itself but is not the one that was seen before: a holder of its key rewrote it.</summary>
    Rewritten,
}
