namespace Bulwark.Audit;

/// <summary>
/// The complete subtrees left of a growing tree's edge, from which its root follows: at most one per height, so at most 63.
/// </summary>
internal sealed class CompactRange
{
    private readonly List<(int Height, MerkleHash Hash)> _nodes = [];

    /// <summary>Adds the next complete subtree of 2^height entries; it must start where the range ends.</summary>
    public void Add(int height, MerkleHash hash)
    {
        while (_nodes.Count > 0 && _nodes[^1].Height == height)
        {
            hash = MerkleTree.HashChildren(_nodes[^1].Hash, hash);
            height++;
            _nodes.RemoveAt(_nodes.Count - 1);
        }

        _nodes.Add((height, hash));
    }

    /// <summary>A copy that grows on its own.</summary>
    public CompactRange Clone()
    {
        CompactRange copy = new();
        copy._nodes.AddRange(_nodes);
        return copy;
    }

    /// <summary>The root of everything added so far.</summary>
    public MerkleHash Root()
    {
        if (_nodes.Count == 0)
            return MerkleTree.EmptyRoot;
        MerkleHash root = _nodes[^1].Hash;
        for (int i = _nodes.Count - 2; i >= 0; i--)
            root = MerkleTree.HashChildren(_nodes[i].Hash, root);
        return root;
    }
}
