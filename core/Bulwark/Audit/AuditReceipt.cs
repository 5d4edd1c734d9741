namespace Bulwark.Audit;

/// <summary>Says where an entry is in the log.</summary>
/// <param name="Index">The entry's index, from 0.</param>
/// <param name="EntryHash">The entry's leaf hash.</param>
/// <param name="Checkpoint">A checkpoint of a tree that has the entry.</param>
/// <param name="SignedCheckpoint">That checkpoint as a signed note.</param>
public sealed record AuditReceipt(long Index, MerkleHash EntryHash, Checkpoint Checkpoint, string SignedCheckpoint);
