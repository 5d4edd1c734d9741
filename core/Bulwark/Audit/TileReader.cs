using System.Numerics;

namespace Bulwark.Audit;

/// <summary>
/// Reads the tiles of a tree of a given size and computes nodes and proofs from them. What it returns is only as good as the
/// tiles: whoever uses it checks the outcome against a signed root.
/// </summary>
internal sealed class TileReader(LogObjects objects, long size)
{
    private readonly Dictionary<TilePath, MerkleHash[]> _tiles = [];

    /// <summary>Hashes of a level that are in tiles: those of complete subtrees of 256^level entries.</summary>
    public static long HashesAt(int level, long size) => level * 8 >= 63 ? 0 : size >> (level * 8);

    /// <summary>The tile of that index in a tree of this size.</summary>
    public static TilePath TileAt(int level, long index, long size) =>
        new(level, index, (int)Math.Min(TilePath.FullWidth, HashesAt(Math.Max(level, 0), size) - (index * TilePath.FullWidth)));

    /// <summary>The entries under a level 0 tile; null when the bundle is missing or malformed.</summary>
    public static async Task<LogObject?> ReadBundleAsync(LogObjects objects, TilePath path, CancellationToken cancellationToken) =>
        await objects.ReadAsync(path.ToString(), EntryBundle.MaxBytes, cancellationToken)
        ?? (path.Width < TilePath.FullWidth ? await objects.ReadAsync(path.Full.ToString(), EntryBundle.MaxBytes, cancellationToken) : null);

    /// <summary>The stored hashes of a tile; null when it is missing or has another length.</summary>
    public async Task<MerkleHash[]?> FindAsync(int level, long index, CancellationToken cancellationToken)
    {
        TilePath path = TileAt(level, index, size);
        if (_tiles.TryGetValue(path, out MerkleHash[]? known))
            return known;

        // A partial tile may be deleted once its full tile is there.
        MerkleHash[]? hashes = await ReadAsync(path, path.Width, cancellationToken);
        if (hashes is null && path.Width < TilePath.FullWidth)
            hashes = await ReadAsync(path.Full, path.Width, cancellationToken);
        if (hashes is not null)
            _tiles[path] = hashes;
        return hashes;
    }

    /// <summary>Forgets the tiles read so far.</summary>
    public void Clear() => _tiles.Clear();

    /// <summary>The hash of the complete subtree over entries [index * 2^height, (index + 1) * 2^height).</summary>
    /// <exception cref="AuditException">BW1307 when a tile is missing or has another length.</exception>
    public async Task<MerkleHash> NodeAsync(int height, long index, CancellationToken cancellationToken)
    {
        int level = height / 8;
        int below = height % 8;
        long first = index << below;
        MerkleHash[] tile = await GetAsync(level, first / TilePath.FullWidth, cancellationToken);
        return MerkleTree.Root(tile.AsSpan((int)(first % TilePath.FullWidth), 1 << below));
    }

    /// <summary>The hash over entries [from, to), where <paramref name="from"/> is a multiple of a power of two not below the length.</summary>
    public async Task<MerkleHash> RangeAsync(long from, long to, CancellationToken cancellationToken)
    {
        CompactRange range = new();
        for (long at = from; at < to;)
        {
            int height = Math.Min(at == 0 ? 62 : BitOperations.TrailingZeroCount(at), BitOperations.Log2((ulong)(to - at)));
            range.Add(height, await NodeAsync(height, at >> height, cancellationToken));
            at += 1L << height;
        }

        return range.Root();
    }

    /// <summary>The path from an entry to the root (RFC 9162, section 2.1.3.1).</summary>
    public async Task<InclusionProof> InclusionAsync(long index, CancellationToken cancellationToken)
    {
        List<MerkleHash> path = [];
        long from = 0;
        long to = size;
        while (to - from > 1)
        {
            long split = from + SplitOf(to - from);
            if (index < split)
            {
                path.Add(await RangeAsync(split, to, cancellationToken));
                to = split;
            }
            else
            {
                path.Add(await RangeAsync(from, split, cancellationToken));
                from = split;
            }
        }

        path.Reverse();
        return new InclusionProof(index, size, path);
    }

    /// <summary>The proof that the tree continues that of an earlier size (RFC 9162, section 2.1.4.1).</summary>
    public async Task<ConsistencyProof> ConsistencyAsync(long oldSize, CancellationToken cancellationToken)
    {
        List<MerkleHash> path = [];
        if (oldSize == 0 || oldSize == size)
            return new ConsistencyProof(oldSize, size, path);
        long from = 0;
        long to = size;
        bool wholeOldTree = true;
        while (oldSize != to)
        {
            long split = from + SplitOf(to - from);
            if (oldSize <= split)
            {
                path.Add(await RangeAsync(split, to, cancellationToken));
                to = split;
            }
            else
            {
                path.Add(await RangeAsync(from, split, cancellationToken));
                from = split;
                wholeOldTree = false;
            }
        }

        if (!wholeOldTree)
            path.Add(await RangeAsync(from, to, cancellationToken));
        path.Reverse();
        return new ConsistencyProof(oldSize, size, path);
    }

    /// <summary>Whether the hash of a full level 0 tile is the one that the signed right edge demands.</summary>
    public async Task<bool> LeadsToAsync(long tile, MerkleHash hash, IReadOnlyList<MerkleHash[]> edges, CancellationToken cancellationToken)
    {
        for (int level = 1; level < edges.Count; level++)
        {
            long index = tile / TilePath.FullWidth;
            int at = (int)(tile % TilePath.FullWidth);
            if (index == HashesAt(level, size) / TilePath.FullWidth)
                return edges[level][at] == hash;
            MerkleHash[] stored = await GetAsync(level, index, cancellationToken);
            if (stored[at] != hash)
                return false;
            hash = MerkleTree.Root(stored);
            tile = index;
        }

        return false;
    }

    /// <summary>The largest power of two below a length of at least 2.</summary>
    private static long SplitOf(long length) => 1L << BitOperations.Log2((ulong)(length - 1));

    private async Task<MerkleHash[]> GetAsync(int level, long index, CancellationToken cancellationToken) =>
        await FindAsync(level, index, cancellationToken)
        ?? throw AuditException.Damaged(TileAt(level, index, size).ToString(), "it is missing or has the wrong length");

    private async Task<MerkleHash[]?> ReadAsync(TilePath path, int width, CancellationToken cancellationToken)
    {
        LogObject? found = await objects.ReadAsync(path.ToString(), TilePath.FullWidth * MerkleHash.Size, cancellationToken);
        return found?.Bytes.Length == path.Width * MerkleHash.Size ? TileCodec.Decode(found.Bytes)[..width] : null;
    }
}
