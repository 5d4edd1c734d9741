using System.Numerics;

namespace Bulwark.Audit;

/// <summary>Shows that a tree is the continuation of an earlier one (RFC 9162, section 2.1.4).</summary>
/// <param name="OldSize">Entries in the earlier tree.</param>
/// <param name="NewSize">Entries in the later tree.</param>
/// <param name="Path">The hashes of the proof, in the RFC's order; empty when the sizes are equal or the earlier tree was empty.</param>
public sealed record ConsistencyProof(long OldSize, long NewSize, IReadOnlyList<MerkleHash> Path)
{
    /// <summary>Whether the proof leads to both roots (RFC 9162, section 2.1.4.2).</summary>
    public bool Verifies(MerkleHash oldRoot, MerkleHash newRoot)
    {
        if (OldSize < 0 || OldSize > NewSize)
            return false;
        if (OldSize == NewSize)
            return Path.Count == 0 && oldRoot == newRoot && (OldSize > 0 || oldRoot == MerkleTree.EmptyRoot);
        if (OldSize == 0)
            return Path.Count == 0 && oldRoot == MerkleTree.EmptyRoot;

        // A complete earlier tree is a node of the later one, so the proof leaves its hash out.
        bool complete = BitOperations.IsPow2(OldSize);
        if (!complete && Path.Count == 0)
            return false;
        MerkleHash first = complete ? oldRoot : Path[0];
        long node = OldSize - 1;
        long last = NewSize - 1;
        while ((node & 1) == 1)
        {
            node >>= 1;
            last >>= 1;
        }

        MerkleHash older = first;
        MerkleHash newer = first;
        for (int i = complete ? 0 : 1; i < Path.Count; i++)
        {
            if (last == 0)
                return false;
            if ((node & 1) == 1 || node == last)
            {
                older = MerkleTree.HashChildren(Path[i], older);
                newer = MerkleTree.HashChildren(Path[i], newer);
                while ((node & 1) == 0 && node != 0)
                {
                    node >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                newer = MerkleTree.HashChildren(newer, Path[i]);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && older == oldRoot && newer == newRoot;
    }
}
