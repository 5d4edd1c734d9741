namespace Bulwark.Audit;

/// <summary>A log as an appender finds it: its checkpoint, verified, and the right edge that follows from it.</summary>
/// <param name="Checkpoint">What the log's signature vouches for.</param>
/// <param name="Note">The checkpoint as it is stored.</param>
/// <param name="Version">The checkpoint object's version; null when there is none yet.</param>
/// <param name="Edges">For each level the hashes in its rightmost tile, 0 to 255 of them.</param>
/// <param name="Bundle">The bytes of the partial entry bundle; empty when the last one is full.</param>
/// <param name="Previous">The hashes of the last full level 0 tile; empty when there is none.</param>
internal sealed record LogHead(
    Checkpoint Checkpoint, string Note, string? Version, IReadOnlyList<MerkleHash[]> Edges, byte[] Bundle, MerkleHash[] Previous)
{
    /// <summary>Entries in the log.</summary>
    public long Size => Checkpoint.Size;

    /// <summary>Entries in the partial bundle.</summary>
    public int Width => (int)(Size % TilePath.FullWidth);

    /// <summary>Index of an entry among the last 256 at least; null when it is not there.</summary>
    public long? IndexOf(MerkleHash leaf)
    {
        int at = Edges.Count == 0 ? -1 : Array.IndexOf(Edges[0], leaf);
        if (at >= 0)
            return Size - Width + at;
        at = Array.IndexOf(Previous, leaf);
        return at >= 0 ? Size - Width - TilePath.FullWidth + at : null;
    }
}
