namespace Bulwark.Audit;

/// <summary>
/// The several copies of a tree's hashes that a log holds. The hashes of a tile at level L can be had from the tile itself, from any
/// level of tiles below it, and from the entries; and where the partial tiles that it grew through are still there, from those.
/// Whichever of them leads to a hash known to be right is right itself.
/// </summary>
internal sealed class LogEvidence(LogObjects objects, long size)
{
    private readonly TileReader _stored = new(objects, size);

    /// <summary>The hashes of a tile as one source gives them: the level of stored tiles, or <see cref="TilePath.Entries"/>. Null when some are missing.</summary>
    public async Task<MerkleHash[]?> HashesAsync(int level, long index, int source, CancellationToken cancellationToken)
    {
        if (source == level)
        {
            _stored.Clear();
            return await _stored.FindAsync(level, index, cancellationToken);
        }

        int width = TileReader.TileAt(level, index, size).Width;
        if (level == 0)
        {
            MerkleHash[]? leaves = await LeavesAsync(index, cancellationToken);
            return leaves?.Length >= width ? leaves[..width] : null;
        }

        var hashes = new MerkleHash[width];
        for (int i = 0; i < width; i++)
        {
            if (await HashesAsync(level - 1, (index * TilePath.FullWidth) + i, source, cancellationToken) is not { } below)
                return null;
            hashes[i] = MerkleTree.Root(below);
        }

        return hashes;
    }

    /// <summary>The leaf hashes of as many entries as a bundle has; null when there is no bundle.</summary>
    public async Task<MerkleHash[]?> LeavesAsync(long index, CancellationToken cancellationToken)
    {
        TilePath path = TileReader.TileAt(TilePath.Entries, index, size);
        if (await TileReader.ReadBundleAsync(objects, path, cancellationToken) is not { } found)
            return null;
        EntryBundle.TrySplit(found.Bytes, out IReadOnlyList<ReadOnlyMemory<byte>> entries);
        return [.. entries.Select(e => MerkleTree.HashLeaf(e.Span))];
    }

    /// <summary>The narrower partial tiles of a level 0 tile that are still there, widest first.</summary>
    public async Task<List<MerkleHash[]>> OlderAsync(TilePath tile, CancellationToken cancellationToken)
    {
        List<MerkleHash[]> older = [];
        for (int width = tile.Width - 1; width > 0; width--)
        {
            LogObject? found = await objects.ReadAsync((tile with { Width = width }).ToString(), TilePath.FullWidth * MerkleHash.Size, cancellationToken);
            if (found?.Bytes.Length == width * MerkleHash.Size)
                older.Add(TileCodec.Decode(found.Bytes));
        }

        return older;
    }

    /// <summary>Every distinct version of a tile's hashes that the log's copies give, the stored tile's first.</summary>
    public async Task<List<MerkleHash[]>> VersionsAsync(int level, long index, bool withOlder, CancellationToken cancellationToken)
    {
        List<MerkleHash[]> versions = [];
        for (int source = level; source >= TilePath.Entries; source--)
        {
            if (await HashesAsync(level, index, source, cancellationToken) is { } hashes)
                versions.Add(hashes);
        }

        if (level == 0 && withOlder)
        {
            // What was written when the tile was narrower, continued by what it says now.
            MerkleHash[][] now = [.. versions];
            foreach (MerkleHash[] older in await OlderAsync(TileReader.TileAt(0, index, size), cancellationToken))
            {
                foreach (MerkleHash[] version in now)
                    versions.Add([.. older, .. version[older.Length..]]);
            }
        }

        return [.. versions.DistinctBy(v => MerkleTree.Root(v))];
    }
}
