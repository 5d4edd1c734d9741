using System.Text;

namespace Bulwark.Audit;

/// <summary>Reads the checkpoint and the right edge of a log, and refuses them when they are forged, damaged or rolled back.</summary>
internal sealed class LogHeadLoader(LogObjects objects, string origin, IReadOnlyList<NoteVerifierKey> keys, CheckpointMemory memory)
{
    private const int MaxAttempts = 16;

    /// <summary>The log's head; O(log n) reads.</summary>
    /// <exception cref="AuditException">BW1301 to BW1307, BW1313.</exception>
    public async Task<LogHead> LoadAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            // In this order: the log only grows, so a checkpoint read later is never behind what was remembered before.
            Checkpoint? remembered = await memory.RecallAsync(cancellationToken);
            LogObject? found = await ReadCheckpointAsync(cancellationToken);
            try
            {
                return found is null
                    ? await EmptyAsync(remembered, cancellationToken)
                    : await OpenAsync(found, remembered, cancellationToken);
            }
            catch (AuditException) when (attempt < MaxAttempts)
            {
                // While the log grows under the reader, its partial tiles may go: only a standing checkpoint convicts.
                if (await objects.VersionAsync(Checkpoint.ObjectName, cancellationToken) == found?.Reference.Version)
                    throw;
            }
        }
    }

    /// <summary>The checkpoint object, unverified; null when there is none.</summary>
    public Task<LogObject?> ReadCheckpointAsync(CancellationToken cancellationToken) =>
        objects.ReadAsync(Checkpoint.ObjectName, SignedNote.MaxBytes, cancellationToken);

    /// <summary>Verifies a checkpoint's signature and origin.</summary>
    public Checkpoint Open(LogObject found) => Checkpoint.Open($"of {objects.Container}", found.Bytes, origin, keys);

    /// <summary>Refuses a log without a checkpoint in which entries were committed before.</summary>
    public async Task EnsureNeverCommittedAsync(CancellationToken cancellationToken)
    {
        // A crash in the very first append leaves single bundles. One that continues another was only written after a commit.
        List<int> widths = [];
        await foreach (TilePath path in objects.ListAsync("tile/entries/", cancellationToken))
        {
            if (path.Index > 0)
                throw AuditException.CheckpointMissing(objects.Container);
            widths.Add(path.Width);
        }

        widths.Sort();
        byte[] shorter = [];
        foreach (int width in widths)
        {
            string name = new TilePath(TilePath.Entries, 0, width).ToString();
            byte[] longer = (await objects.ReadAsync(name, EntryBundle.MaxBytes, cancellationToken))?.Bytes ?? [];
            if (shorter.Length > 0 && longer.AsSpan().StartsWith(shorter))
                throw AuditException.CheckpointMissing(objects.Container);
            shorter = longer;
        }
    }

    private async Task<LogHead> EmptyAsync(Checkpoint? remembered, CancellationToken cancellationToken)
    {
        if (remembered is { Size: > 0 })
            throw AuditException.RolledBack(objects.Container, 0, remembered.Size);
        await EnsureNeverCommittedAsync(cancellationToken);
        return new LogHead(new Checkpoint(origin, 0, MerkleTree.EmptyRoot), "", null, [], [], []);
    }

    private async Task<LogHead> OpenAsync(LogObject found, Checkpoint? remembered, CancellationToken cancellationToken)
    {
        Checkpoint checkpoint = Open(found);
        TileReader tiles = new(objects, checkpoint.Size);
        MerkleHash[][] edges = await ReadEdgesAsync(tiles, checkpoint, cancellationToken);
        await EnsureContinuesAsync(tiles, checkpoint, remembered, cancellationToken);
        return new LogHead(
            checkpoint,
            Encoding.UTF8.GetString(found.Bytes),
            found.Reference.Version,
            edges,
            await ReadBundleAsync(checkpoint.Size, edges, cancellationToken),
            await ReadPreviousAsync(tiles, checkpoint.Size, edges, cancellationToken));
    }

    private static async Task<MerkleHash[][]> ReadEdgesAsync(TileReader tiles, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        List<MerkleHash[]> edges = [];
        for (int level = 0; TileReader.HashesAt(level, checkpoint.Size) > 0; level++)
        {
            long hashes = TileReader.HashesAt(level, checkpoint.Size);
            long index = hashes / TilePath.FullWidth;
            edges.Add(hashes % TilePath.FullWidth == 0
                ? []
                : await tiles.FindAsync(level, index, cancellationToken)
                    ?? throw AuditException.Damaged(TileReader.TileAt(level, index, checkpoint.Size).ToString(), "it is missing or has the wrong length"));
        }

        if (RootOf(edges) != checkpoint.Root)
            throw AuditException.Damaged("The right edge", "its tiles do not hash to the signed root");
        return [.. edges];
    }

    /// <summary>The root of the tree whose rightmost tiles are these, level by level from 0.</summary>
    internal static MerkleHash RootOf(IReadOnlyList<MerkleHash[]> edges)
    {
        CompactRange range = new();
        for (int level = edges.Count - 1; level >= 0; level--)
        {
            foreach (MerkleHash hash in edges[level])
                range.Add(level * 8, hash);
        }

        return range.Root();
    }

    private async Task EnsureContinuesAsync(TileReader tiles, Checkpoint checkpoint, Checkpoint? remembered, CancellationToken cancellationToken)
    {
        if (remembered is null)
            return;
        if (checkpoint.Size < remembered.Size)
            throw AuditException.RolledBack(objects.Container, checkpoint.Size, remembered.Size);
        ConsistencyProof proof = await tiles.ConsistencyAsync(remembered.Size, cancellationToken);
        if (!proof.Verifies(remembered.Root, checkpoint.Root))
            throw AuditException.Inconsistent(objects.Container, checkpoint.Size, remembered.Size);
    }

    private async Task<byte[]> ReadBundleAsync(long size, MerkleHash[][] edges, CancellationToken cancellationToken)
    {
        int width = (int)(size % TilePath.FullWidth);
        if (width == 0)
            return [];
        TilePath path = TileReader.TileAt(TilePath.Entries, size / TilePath.FullWidth, size);
        LogObject found = await TileReader.ReadBundleAsync(objects, path, cancellationToken)
            ?? throw AuditException.Damaged(path.ToString(), "it is missing");
        if (!EntryBundle.TrySplit(found.Bytes, out IReadOnlyList<ReadOnlyMemory<byte>> entries) || entries.Count < width)
            throw AuditException.Damaged(path.ToString(), "it is cut short");
        int length = 0;
        for (int i = 0; i < width; i++)
        {
            if (MerkleTree.HashLeaf(entries[i].Span) != edges[0][i])
                throw AuditException.Damaged(path.ToString(), $"entry {size - width + i} is not the one that was logged");
            length += 2 + entries[i].Length;
        }

        return found.Bytes[..length];
    }

    private static async Task<MerkleHash[]> ReadPreviousAsync(TileReader tiles, long size, MerkleHash[][] edges, CancellationToken cancellationToken)
    {
        if (size < TilePath.FullWidth)
            return [];
        int level = 1;
        while (edges[level].Length == 0)
            level++;
        MerkleHash[] hashes = edges[level];
        while (--level >= 0)
        {
            long index = (TileReader.HashesAt(level, size) / TilePath.FullWidth) - 1;
            MerkleHash expected = hashes[^1];
            hashes = await tiles.FindAsync(level, index, cancellationToken) ?? [];
            if (MerkleTree.Root(hashes) != expected)
                throw AuditException.Damaged(new TilePath(level, index, TilePath.FullWidth).ToString(), "it does not hash to the tile above it");
        }

        return hashes;
    }
}
