using Bulwark.Audit;
using CsCheck;

namespace Bulwark.Tests.Audit;

/// <summary>Proofs from tiles equal those of the RFC's definitions, verify, and fail when anything in them is changed.</summary>
public sealed class ProofTests
{
    [Fact]
    public async Task Proofs_are_those_of_the_definitions_for_every_pair_of_small_sizes()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(256, 256);
        byte[][] entries = AuditLogHarness.Bytes(256);
        LogObjects objects = new(harness.Store, AuditLogHarness.Container);
        foreach (int size in Enumerable.Range(1, 34).Append(64).Append(65).Append(127))
        {
            TileReader tiles = new(objects, size);
            for (int n = 0; n < size; n++)
            {
                Assert.Equal(NaiveTree.Path(n, entries[..size]), (await tiles.InclusionAsync(n, default)).Path.Select(h => h.ToArray()));
                Assert.Equal(NaiveTree.Proof(n + 1, entries[..size]), (await tiles.ConsistencyAsync(n + 1, default)).Path.Select(h => h.ToArray()));
            }
        }
    }

    [Fact]
    public async Task Proofs_verify_for_every_entry_and_every_earlier_size_across_tiles()
    {
        const int Size = 600;
        AuditLogHarness harness = await AuditLogHarness.WithAsync(Size, Size);
        byte[][] entries = AuditLogHarness.Bytes(Size);
        MerkleHash[] leaves = [.. entries.Select(e => MerkleTree.HashLeaf(e))];
        CompactRange range = new();
        List<MerkleHash> roots = [range.Root()];
        foreach (MerkleHash leaf in leaves)
        {
            range.Add(0, leaf);
            roots.Add(range.Root());
        }

        TileReader tiles = new(new LogObjects(harness.Store, AuditLogHarness.Container), Size);
        for (int n = 0; n <= Size; n++)
        {
            ConsistencyProof consistency = await tiles.ConsistencyAsync(n, default);
            Assert.True(consistency.Verifies(roots[n], roots[Size]));
            Assert.False(consistency.Verifies(roots[Math.Abs(n - 1)], roots[Size]));
            Assert.Equal(n == 0, consistency.Verifies(roots[n], leaves[0]));
            if (n == Size)
                break;
            InclusionProof inclusion = await tiles.InclusionAsync(n, default);
            Assert.True(inclusion.Verifies(leaves[n], roots[Size]));
            Assert.False(inclusion.Verifies(leaves[(n + 1) % Size], roots[Size]));
            Assert.False((inclusion with { Index = (n + 1) % Size }).Verifies(leaves[n], roots[Size]));
            Assert.False((inclusion with { Path = [.. inclusion.Path, leaves[0]] }).Verifies(leaves[n], roots[Size]));
            Assert.False((inclusion with { Path = [.. inclusion.Path.SkipLast(1)] }).Verifies(leaves[n], roots[Size]));
        }
    }

    [Fact]
    public async Task A_changed_hash_fails_any_proof()
    {
        const int Size = 300;
        AuditLogHarness harness = await AuditLogHarness.WithAsync(Size, Size);
        MerkleHash[] leaves = [.. AuditLogHarness.Bytes(Size).Select(e => MerkleTree.HashLeaf(e))];
        TileReader tiles = new(new LogObjects(harness.Store, AuditLogHarness.Container), Size);
        MerkleHash root = (await harness.Log().HeadAsync()).Root;
        await Gen.Select(Gen.Int[1, Size - 1], Gen.Int[0, 100]).SampleAsync(async (n, which) =>
        {
            InclusionProof inclusion = await tiles.InclusionAsync(n, default);
            Assert.False((inclusion with { Path = Changed(inclusion.Path, which) }).Verifies(leaves[n], root));
            ConsistencyProof consistency = await tiles.ConsistencyAsync(n, default);
            CompactRange old = new();
            foreach (MerkleHash leaf in leaves.Take(n))
                old.Add(0, leaf);
            Assert.True(consistency.Verifies(old.Root(), root));
            Assert.False((consistency with { Path = Changed(consistency.Path, which) }).Verifies(old.Root(), root));
        }, iter: 200, threads: 1);
    }

    [Fact]
    public async Task A_proof_file_verifies_offline()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(300, 100);
        AuditLog log = harness.Log();
        LogProof proof = LogProof.Parse((await log.ProveInclusionAsync(77)).ToString());
        Assert.Equal(300, proof.Verify(AuditLogHarness.Entry(77).ToBytes(), AuditLogHarness.Origin, [log.VerifierKey])?.Size);
        Assert.Null(proof.Verify(AuditLogHarness.Entry(78).ToBytes(), AuditLogHarness.Origin, [log.VerifierKey]));
        Assert.Null((proof with { Index = 78 }).Verify(AuditLogHarness.Entry(77).ToBytes(), AuditLogHarness.Origin, [log.VerifierKey]));
        Assert.Equal("BW1304", Assert.Throws<AuditException>(() => proof.Verify([], "other", [log.VerifierKey])).Code);
        string[] lines = proof.ToString().Split('\n');
        Assert.Equal(("c2sp.org/tlog-proof@v1", "index 77"), (lines[0], lines[1]));
        Assert.Equal(proof.ToString(), LogProof.Parse(string.Join('\n', [lines[0], "extra AAAA", .. lines[1..]])).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("c2sp.org/tlog-proof@v1\n\nx")]
    [InlineData("c2sp.org/tlog-proof@v2\nindex 1\n\nx")]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 01\n\nx")]
    [InlineData("c2sp.org/tlog-proof@v1\nindex -1\n\nx")]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx")]
    public void A_malformed_proof_file_is_refused(string text) =>
        Assert.Equal("BW1314", Assert.Throws<AuditException>(() => LogProof.Parse(text)).Code);

    [Fact]
    public async Task Proofs_of_what_is_not_there_are_refused()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(3, 3);
        foreach (long n in new[] { -1L, 3, long.MaxValue })
            Assert.Equal("BW1312", (await Assert.ThrowsAsync<AuditException>(() => harness.Log().ProveInclusionAsync(n))).Code);
        foreach (long n in new[] { -1L, 4, long.MaxValue })
            Assert.Equal("BW1312", (await Assert.ThrowsAsync<AuditException>(() => harness.Log().ProveConsistencyAsync(n))).Code);
        Assert.Empty((await harness.Log().ProveConsistencyAsync(3)).Path);
    }

    private static MerkleHash[] Changed(IReadOnlyList<MerkleHash> path, int which)
    {
        MerkleHash[] changed = [.. path];
        changed[which % changed.Length] = MerkleTree.HashLeaf(changed[which % changed.Length].ToArray());
        return changed;
    }
}
