using Bulwark.Audit;

namespace Bulwark.Tests.Audit;

/// <summary>RFC 6962 hashes, checked against the Certificate Transparency reference vectors and a naive tree.</summary>
public sealed class MerkleTreeTests
{
    private static readonly string[] ReferenceEntries =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] ReferenceRoots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Fact]
    public void The_reference_trees_have_the_reference_roots()
    {
        for (int size = 0; size <= ReferenceEntries.Length; size++)
        {
            MerkleHash[] leaves = [.. ReferenceEntries.Take(size).Select(e => MerkleTree.HashLeaf(Convert.FromHexString(e)))];
            Assert.Equal(ReferenceRoots[size], MerkleTree.Root(leaves).ToString());
            CompactRange range = new();
            foreach (MerkleHash leaf in leaves)
                range.Add(0, leaf);
            Assert.Equal(ReferenceRoots[size], range.Root().ToString());
        }
    }

    [Fact]
    public void The_root_over_a_row_is_that_of_a_naive_tree_at_every_width()
    {
        byte[][] entries = [.. Enumerable.Range(0, 256).Select(i => BitConverter.GetBytes(i))];
        MerkleHash[] leaves = [.. entries.Select(e => MerkleTree.HashLeaf(e))];
        for (int size = 1; size <= 256; size += size < 70 ? 1 : 31)
            Assert.Equal(Convert.ToHexStringLower(NaiveTree.Root(entries[..size])), MerkleTree.Root(leaves.AsSpan(0, size)).ToString());
    }

    [Fact]
    public void The_empty_proofs_prove_only_what_is_trivial()
    {
        MerkleHash one = MerkleTree.HashLeaf([1]);
        MerkleHash other = MerkleTree.HashLeaf([2]);
        Assert.True(new InclusionProof(0, 1, []).Verifies(one, one));
        Assert.False(new InclusionProof(0, 1, []).Verifies(one, other));
        Assert.False(new InclusionProof(1, 1, []).Verifies(one, one));
        Assert.False(new InclusionProof(-1, 1, []).Verifies(one, one));
        Assert.False(new InclusionProof(0, 0, []).Verifies(one, one));
        Assert.False(new InclusionProof(0, 2, []).Verifies(one, one));
        Assert.True(new ConsistencyProof(0, 7, []).Verifies(MerkleTree.EmptyRoot, one));
        Assert.False(new ConsistencyProof(0, 7, []).Verifies(other, one));
        Assert.True(new ConsistencyProof(7, 7, []).Verifies(one, one));
        Assert.False(new ConsistencyProof(7, 7, []).Verifies(one, other));
        Assert.False(new ConsistencyProof(7, 6, []).Verifies(one, one));
        Assert.False(new ConsistencyProof(4, 7, []).Verifies(one, one));
        Assert.False(new ConsistencyProof(3, 7, []).Verifies(one, one));
    }
}
