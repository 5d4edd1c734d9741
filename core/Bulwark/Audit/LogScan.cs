namespace Bulwark.Audit;

/// <summary>
/// One pass over a log: hashes every entry, builds every tile from the entries, compares it with the stored one, and so comes to
/// the root that the entries have. Holds one row of 256 hashes a level.
/// </summary>
internal sealed class LogScan(LogObjects objects, long size, long? rememberedSize)
{
    private readonly CompactRange _range = new();
    private readonly List<List<MerkleHash>> _rows = [];
    private readonly List<AuditFault> _objectFaults = [];
    private readonly TileReader _stored = new(objects, size);
    private bool _complete = true;

    /// <summary>The root over all entries; null when some are missing.</summary>
    public MerkleHash? Root { get; private set; }

    /// <summary>The root over as many entries as were remembered; null when some are missing or the log is smaller.</summary>
    public MerkleHash? RememberedRoot { get; private set; }

    /// <summary>Entries that were read and hashed.</summary>
    public long EntriesRead { get; private set; }

    /// <summary>The first entry on whose hash its bundle and its tile disagree, or that one of them lacks.</summary>
    public long? FirstDisagreement { get; private set; }

    /// <summary>Objects that are wrong although the entries may be right.</summary>
    public IReadOnlyList<AuditFault> ObjectFaults => _objectFaults;

    /// <summary>Runs the pass.</summary>
    public async Task RunAsync(IProgress<long>? progress, CancellationToken cancellationToken)
    {
        for (long index = 0; index * TilePath.FullWidth < size; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _stored.Clear();
            TilePath path = TileReader.TileAt(TilePath.Entries, index, size);
            MerkleHash[] leaves = await ReadLeavesAsync(path, cancellationToken);
            EntriesRead += leaves.Length;
            Remember(path, leaves);
            _complete &= leaves.Length == path.Width;
            if (path.Width == TilePath.FullWidth)
                await AddAsync(0, index, leaves, cancellationToken);
            else
                await EndAsync(index, leaves, cancellationToken);
            progress?.Report(EntriesRead);
        }

        if (size % TilePath.FullWidth == 0)
            await EndAsync(size / TilePath.FullWidth, [], cancellationToken);
        Root = _complete ? _range.Root() : null;
        if (rememberedSize == size)
            RememberedRoot = Root;
        if (rememberedSize == 0)
            RememberedRoot = MerkleTree.EmptyRoot;
    }

    private async Task<MerkleHash[]> ReadLeavesAsync(TilePath path, CancellationToken cancellationToken)
    {
        if (await TileReader.ReadBundleAsync(objects, path, cancellationToken) is not { } found)
            return [];
        bool whole = EntryBundle.TrySplit(found.Bytes, out IReadOnlyList<ReadOnlyMemory<byte>> entries);
        int declared = found.Reference.Name == path.ToString() ? path.Width : TilePath.FullWidth;
        if (entries.Count >= path.Width && (!whole || entries.Count > declared))
        {
            long next = (path.Index * TilePath.FullWidth) + declared;
            AddFault(new AuditFault(AuditFaultKind.Inserted, next, next, found.Reference.Name, "bytes follow the last entry that was logged"));
        }

        return [.. entries.Take(path.Width).Select(e => MerkleTree.HashLeaf(e.Span))];
    }

    private void Remember(TilePath path, MerkleHash[] leaves)
    {
        long first = path.Index * TilePath.FullWidth;
        if (rememberedSize is not { } wanted || wanted <= first || wanted > first + path.Width || !_complete || leaves.Length < wanted - first)
            return;
        CompactRange range = _range.Clone();
        foreach (MerkleHash leaf in leaves.AsSpan(0, (int)(wanted - first)))
            range.Add(0, leaf);
        RememberedRoot = range.Root();
    }

    /// <summary>Takes a full tile's hashes, compares them, and carries their hash to the level above.</summary>
    private async Task AddAsync(int level, long index, MerkleHash[] hashes, CancellationToken cancellationToken)
    {
        while (true)
        {
            await CompareAsync(level, index, hashes, cancellationToken);
            MerkleHash hash = MerkleTree.Root(hashes);
            if (level == 0)
                _range.Add(8, hash);
            level++;
            if (_rows.Count < level)
                _rows.Add([]);
            List<MerkleHash> row = _rows[level - 1];
            row.Add(hash);
            if (row.Count < TilePath.FullWidth)
                return;
            hashes = [.. row];
            index /= TilePath.FullWidth;
            row.Clear();
        }
    }

    private async Task EndAsync(long index, MerkleHash[] leaves, CancellationToken cancellationToken)
    {
        if (size % TilePath.FullWidth > 0)
            await CompareAsync(0, index, leaves, cancellationToken);
        foreach (MerkleHash leaf in leaves)
            _range.Add(0, leaf);
        for (int level = 1; level <= _rows.Count; level++)
        {
            index /= TilePath.FullWidth;
            if (_rows[level - 1].Count > 0)
                await CompareAsync(level, index, [.. _rows[level - 1]], cancellationToken);
        }
    }

    private async Task CompareAsync(int level, long index, MerkleHash[] computed, CancellationToken cancellationToken)
    {
        TilePath path = TileReader.TileAt(level, index, size);
        long each = 1L << (8 * level);
        long first = index * TilePath.FullWidth * each;
        MerkleHash[]? stored = await _stored.FindAsync(level, index, cancellationToken);
        int same = stored is null ? 0 : stored.AsSpan().CommonPrefixLength(computed);
        if (stored is not null && same == path.Width && computed.Length == path.Width)
            return;
        if (level == 0)
            FirstDisagreement ??= first + same;
        AddFault(stored is null
            ? new AuditFault(AuditFaultKind.TileDamaged, first, Math.Min(size, first + (path.Width * each)) - 1, path.ToString(), "the tile is missing or has the wrong length")
            : new AuditFault(AuditFaultKind.TileDamaged, first + (same * each), first + ((same + 1) * each) - 1, path.ToString(), $"its hash {same} is not that of the entries"));
    }

    private void AddFault(AuditFault fault)
    {
        if (_objectFaults.Count < FaultLocator.MaxFaults)
            _objectFaults.Add(fault);
    }
}
