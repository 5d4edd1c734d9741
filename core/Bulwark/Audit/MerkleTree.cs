using System.Buffers;
using System.Security.Cryptography;

namespace Bulwark.Audit;

/// <summary>
/// The hashes of the Merkle tree of RFC 6962, section 2.1 (the same in RFC 9162).
/// <code>
/// MTH({})        = SHA-256()
/// MTH({d})       = SHA-256(0x00 || d)
/// MTH(D[0:n])    = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])),  k = the largest power of two below n
/// </code>
/// </summary>
public static class MerkleTree
{
    /// <summary>The root of the tree without entries.</summary>
    public static MerkleHash EmptyRoot => new(SHA256.HashData([]));

    /// <summary>The hash of one entry.</summary>
    public static MerkleHash HashLeaf(ReadOnlySpan<byte> entry)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(entry.Length + 1);
        buffer[0] = 0;
        entry.CopyTo(buffer.AsSpan(1));
        Span<byte> hash = stackalloc byte[MerkleHash.Size];
        SHA256.HashData(buffer.AsSpan(0, entry.Length + 1), hash);
        ArrayPool<byte>.Shared.Return(buffer);
        return new MerkleHash(hash);
    }

    /// <summary>The hash of an inner node.</summary>
    public static MerkleHash HashChildren(in MerkleHash left, in MerkleHash right)
    {
        Span<byte> buffer = stackalloc byte[1 + (2 * MerkleHash.Size)];
        buffer[0] = 1;
        left.CopyTo(buffer[1..]);
        right.CopyTo(buffer[(1 + MerkleHash.Size)..]);
        Span<byte> hash = stackalloc byte[MerkleHash.Size];
        SHA256.HashData(buffer, hash);
        return new MerkleHash(hash);
    }

    /// <summary>The root over a row of equally high subtrees (leaves, or the hashes of one tile).</summary>
    public static MerkleHash Root(ReadOnlySpan<MerkleHash> row)
    {
        if (row.IsEmpty)
            return EmptyRoot;

        // Pairing from the left and lifting an odd last node unchanged gives the same tree as splitting at powers of two.
        MerkleHash[] level = row.ToArray();
        for (int width = row.Length; width > 1; width = (width + 1) / 2)
        {
            for (int i = 0; i < width / 2; i++)
                level[i] = HashChildren(level[2 * i], level[(2 * i) + 1]);
            if ((width & 1) == 1)
                level[width / 2] = level[width - 1];
        }

        return level[0];
    }
}
