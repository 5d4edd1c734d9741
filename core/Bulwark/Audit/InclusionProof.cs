namespace Bulwark.Audit;

/// <summary>Shows that an entry is in a tree (RFC 9162, section 2.1.3).</summary>
/// <param name="Index">The entry's index, from 0.</param>
/// <param name="Size">Entries in the tree.</param>
/// <param name="Path">Sibling hashes from the leaf's to the root's child.</param>
public sealed record InclusionProof(long Index, long Size, IReadOnlyList<MerkleHash> Path)
{
    /// <summary>Whether the path leads from the entry's hash to the root (RFC 9162, section 2.1.3.2).</summary>
    public bool Verifies(MerkleHash leaf, MerkleHash root)
    {
        if (Index < 0 || Index >= Size)
            return false;
        long node = Index;
        long last = Size - 1;
        MerkleHash hash = leaf;
        foreach (MerkleHash sibling in Path)
        {
            if (last == 0)
                return false;
            if ((node & 1) == 1 || node == last)
            {
                hash = MerkleTree.HashChildren(sibling, hash);
                while ((node & 1) == 0 && node != 0)
                {
                    node >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                hash = MerkleTree.HashChildren(hash, sibling);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && hash == root;
    }
}
