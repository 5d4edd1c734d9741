using Bulwark.Audit;
using Bulwark.Testing;
using CsCheck;

namespace Bulwark.Tests.Audit;

/// <summary>What was altered, dropped or reordered is found, and the first such entry is named.</summary>
public sealed class AuditLogVerifierTests
{
    [Theory]
    [InlineData(9, 1)]
    [InlineData(270, 90)]
    public async Task An_altered_entry_is_named(int count, int step)
    {
        AuditLogHarness start = await AuditLogHarness.WithAsync(count, step);
        foreach (int n in Positions(count))
        {
            AuditLogHarness harness = await start.CopyAsync();
            harness.EditBundle(BundleOf(n, count), entries => entries[n % 256][10] ^= 1);
            await AssertFirstAsync(harness, AuditFaultKind.Altered, n);
        }
    }

    [Theory]
    [InlineData(9, 1)]
    [InlineData(270, 90)]
    public async Task A_dropped_entry_is_named(int count, int step)
    {
        AuditLogHarness start = await AuditLogHarness.WithAsync(count, step);
        foreach (int n in Positions(count))
        {
            AuditLogHarness harness = await start.CopyAsync();
            harness.EditBundle(BundleOf(n, count), entries => entries.RemoveAt(n % 256));
            await AssertFirstAsync(harness, AuditFaultKind.Missing, n);
        }
    }

    [Fact]
    public async Task An_entry_dropped_from_the_middle_with_all_later_ones_moved_up_is_named()
    {
        AuditLogHarness start = await AuditLogHarness.WithAsync(270, 90);
        foreach (int n in new[] { 0, 100, 254, 255 })
        {
            AuditLogHarness harness = await start.CopyAsync();
            harness.EditBundle("tile/entries/000", entries =>
            {
                entries.RemoveAt(n);
                entries.Add(AuditLogHarness.Entry(256).ToBytes());
            });
            harness.EditBundle("tile/entries/001.p/14", entries => entries.RemoveAt(0));
            await AssertFirstAsync(harness, AuditFaultKind.Missing, n);
        }
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(0, 255)]
    [InlineData(12, 260)]
    [InlineData(257, 269)]
    public async Task Swapped_entries_are_named(int first, int second)
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(270, 90);
        harness.EditBundle(BundleOf(first, 270), entries => entries[first % 256] = AuditLogHarness.Entry(second).ToBytes());
        harness.EditBundle(BundleOf(second, 270), entries => entries[second % 256] = AuditLogHarness.Entry(first).ToBytes());
        AuditReport report = await AssertFirstAsync(harness, AuditFaultKind.OutOfOrder, first);
        Assert.Contains($" {second}", report.FirstFault!.Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(9)]
    public async Task An_inserted_entry_is_named(int n)
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(9, 3);
        harness.EditBundle("tile/entries/000.p/9", entries => entries.Insert(n, AuditLogHarness.Entry(77).ToBytes()));
        await AssertFirstAsync(harness, AuditFaultKind.Inserted, n);
    }

    [Fact]
    public async Task An_entry_replaced_by_a_copy_of_another_is_altered_not_moved()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(9, 3);
        harness.EditBundle("tile/entries/000.p/9", entries => entries[2] = entries[3]);
        await AssertFirstAsync(harness, AuditFaultKind.Altered, 2);
    }

    [Fact]
    public async Task Exchanged_bundles_are_named()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(600, 100);
        byte[] first = harness.Get("tile/entries/000");
        harness.Put("tile/entries/000", harness.Get("tile/entries/001"));
        harness.Put("tile/entries/001", first);
        await AssertFirstAsync(harness, AuditFaultKind.OutOfOrder, 0);
    }

    [Theory]
    [InlineData("tile/entries/000", 0, 255)]
    [InlineData("tile/entries/001.p/14", 256, 269)]
    public async Task A_missing_bundle_is_named(string name, int first, int last)
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(270, 90);
        await harness.DeleteAsync(name);
        AuditFault fault = (await harness.VerifyAsync()).FirstFault!;
        Assert.Equal((AuditFaultKind.Missing, first, last), (fault.Kind, fault.FirstEntry, fault.LastEntry));
    }

    [Fact]
    public async Task A_damaged_tile_over_sound_entries_is_named_as_such()
    {
        AuditLogHarness start = await AuditLogHarness.WithAsync(270, 90);
        foreach ((string name, int at, int first, int last) in new[] { ("tile/0/000", 70, 2, 2), ("tile/0/001.p/14", 447, 269, 269), ("tile/1/000.p/1", 3, 0, 255) })
        {
            AuditLogHarness harness = await start.CopyAsync();
            byte[] bytes = harness.Get(name);
            bytes[at] ^= 0x80;
            harness.Put(name, bytes);
            AuditFault fault = Assert.Single((await harness.VerifyAsync()).Faults);
            Assert.Equal((AuditFaultKind.TileDamaged, first, last, name), (fault.Kind, fault.FirstEntry, fault.LastEntry, fault.ObjectName));
            await harness.DeleteAsync(name);
            Assert.Equal(AuditFaultKind.TileDamaged, (await harness.VerifyAsync()).FirstFault?.Kind);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(8)]
    public async Task An_entry_altered_together_with_its_tile_is_named_by_the_older_tiles(int n)
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(9, 1);
        harness.EditBundle("tile/entries/000.p/9", entries => entries[n][10] ^= 1);
        Rehash(harness, "tile/entries/000.p/9", "tile/0/000.p/9");
        await AssertFirstAsync(harness, AuditFaultKind.Altered, n);
    }

    [Fact]
    public async Task An_entry_altered_together_with_its_full_tile_is_narrowed_to_that_tile()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(800, 256);
        harness.EditBundle("tile/entries/001", entries => entries[40][10] ^= 1);
        Rehash(harness, "tile/entries/001", "tile/0/001");
        AuditFault fault = Assert.Single((await harness.VerifyAsync()).Faults);
        Assert.Equal((AuditFaultKind.Altered, 256L, 511L), (fault.Kind, fault.FirstEntry, fault.LastEntry));
    }

    [Fact]
    public async Task An_altered_entry_is_named_though_upper_tiles_are_damaged_too()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(800, 256);
        harness.EditBundle("tile/entries/001", entries => entries[40][10] ^= 1);
        byte[] upper = harness.Get("tile/1/000.p/3");
        upper[0] ^= 1;
        harness.Put("tile/1/000.p/3", upper);
        await AssertFirstAsync(harness, AuditFaultKind.Altered, 256 + 40);
    }

    [Fact]
    public async Task Everything_rewritten_but_the_signature_is_found()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(300, 100);
        AuditLogHarness forged = new();
        AuditEntry[] entries = AuditLogHarness.Entries(0, 300);
        entries[120] = AuditLogHarness.Entry(9999);
        await forged.Log().AppendAsync(entries);
        foreach (string name in (await forged.NamesAsync()).Where(n => n != "checkpoint"))
            harness.Put(name, forged.Get(name));
        AuditFault fault = (await harness.VerifyAsync()).FirstFault!;
        Assert.Equal(AuditFaultKind.Altered, fault.Kind);
        Assert.InRange(120, fault.FirstEntry, fault.LastEntry);
    }

    [Fact]
    public async Task A_tail_cut_off_below_the_checkpoint_is_named()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(9, 1);
        foreach (string name in new[] { "tile/entries/000.p/9", "tile/0/000.p/9", "tile/entries/000.p/8", "tile/0/000.p/8" })
            await harness.DeleteAsync(name);
        AuditFault fault = (await harness.VerifyAsync()).FirstFault!;
        Assert.Equal((AuditFaultKind.Missing, 7L, 8L), (fault.Kind, fault.FirstEntry, fault.LastEntry));
    }

    [Fact]
    public async Task Several_faults_are_reported_in_the_order_of_the_log()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(800, 256);
        foreach (int n in new[] { 700, 10, 300, 799 })
            harness.EditBundle(BundleOf(n, 800), entries => entries[n % 256][10] ^= 1);
        Assert.Equal([10L, 300, 700, 799], (await harness.VerifyAsync()).Faults.Select(f => f.FirstEntry));
    }

    [Fact]
    public async Task A_verifier_remembers_what_it_saw()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(4, 1);
        byte[] old = harness.Get("checkpoint");
        await harness.Log().AppendAsync(AuditLogHarness.Entry(4));
        AuditLogHarness auditor = new() { Store = harness.Store, Key = harness.Key, State = new MemoryStateStore() };
        Assert.True((await auditor.VerifyAsync()).IsIntact);
        harness.Put("checkpoint", old);
        AuditReport report = await auditor.VerifyAsync();
        Assert.Equal((AuditFaultKind.Missing, 4L), (report.FirstFault!.Kind, report.FirstFault.FirstEntry));
        Assert.Equal(5, report.Remembered?.Size);
    }

    [Fact]
    public async Task A_log_that_grows_while_it_is_verified_is_intact()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(250, 50);
        AuditLog writer = harness.Log(new AuditLogHarness.YieldingStore(harness.Store));
        Task appending = Task.Run(async () =>
        {
            for (int n = 250; n < 290; n++)
                await writer.AppendAsync(AuditLogHarness.Entry(n));
        });
        while (!appending.IsCompleted)
        {
            AuditReport report = await harness.Log(new AuditLogHarness.YieldingStore(harness.Store)).VerifyAsync();
            Assert.True(report.IsIntact, report.FirstFault?.ToString());
        }

        await appending;
    }

    [Fact]
    public async Task A_flipped_byte_in_any_object_of_the_log_is_found_at_its_entry()
    {
        AuditLogHarness start = await AuditLogHarness.WithAsync(262, 262);
        string[] names = ["tile/entries/000", "tile/entries/001.p/6", "tile/0/000", "tile/0/001.p/6", "tile/1/000.p/1", "checkpoint"];
        await Gen.Select(Gen.Int[0, names.Length - 1], Gen.Double.Unit, Gen.Byte[1, 255]).SampleAsync(async (which, where, mask) =>
        {
            AuditLogHarness harness = await start.CopyAsync();
            byte[] bytes = harness.Get(names[which]);
            int at = (int)(where * bytes.Length);
            int entry = EntryAt(names[which], bytes, at);
            bytes = [.. bytes];
            bytes[at] ^= mask;
            harness.Put(names[which], bytes);
            if (names[which] == "checkpoint")
            {
                Assert.Contains((await Assert.ThrowsAsync<AuditException>(harness.VerifyAsync)).Code, new[] { "BW1302", "BW1303" });
                return;
            }

            AuditFault fault = (await harness.VerifyAsync()).FirstFault!;
            Assert.Equal(entry, fault.FirstEntry);
        }, iter: 150, threads: 1);
    }

    [Fact]
    public async Task Hostile_objects_raise_audit_errors_and_no_others()
    {
        AuditLogHarness start = await AuditLogHarness.WithAsync(262, 131);
        string[] names = [.. await start.NamesAsync()];
        Gen<byte[]> hostile = Gen.Byte.Array[0, 9000];
        await Gen.Select(Gen.Int[0, names.Length - 1], Gen.Int[0, 3], hostile).SampleAsync(async (which, how, noise) =>
        {
            AuditLogHarness harness = await start.CopyAsync();
            byte[] bytes = harness.Get(names[which]);
            harness.Put(names[which], how switch
            {
                0 => noise,
                1 => bytes[..(noise.Length % (bytes.Length + 1))],
                2 => [.. bytes, .. noise],
                _ => [.. noise.Take(bytes.Length / 2), .. bytes.Skip(noise.Length)],
            });
            await CatchAsync(harness.VerifyAsync);
            await CatchAsync(() => harness.Log().AppendAsync(AuditLogHarness.Entry(262)));
            await CatchAsync(() => harness.Log().ProveInclusionAsync(5));
            await CatchAsync(async () =>
            {
                await foreach (AuditRecord record in harness.Log().ReadAsync())
                    Assert.Equal($"event-{record.Index}", record.Entry.Id);
            });
        }, iter: 120, threads: 1);
    }

    private static async Task CatchAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (AuditException error)
        {
            Assert.StartsWith("BW13", error.Code, StringComparison.Ordinal);
        }
    }

    private static async Task<AuditReport> AssertFirstAsync(AuditLogHarness harness, AuditFaultKind kind, long entry)
    {
        AuditReport report = await harness.VerifyAsync();
        Assert.False(report.IsIntact);
        Assert.Equal((kind, entry, entry), (report.FirstFault!.Kind, report.FirstFault.FirstEntry, report.FirstFault.LastEntry));
        Assert.ThrowsAny<InvalidDataException>(() => harness.ReadNaively());
        return report;
    }

    private static void Rehash(AuditLogHarness harness, string bundle, string tile) =>
        harness.Put(tile, TileCodec.Encode([.. AuditLogHarness.Split(harness.Get(bundle)).Select(e => MerkleTree.HashLeaf(e))]));

    private static string BundleOf(int n, int count) => TileReader.TileAt(TilePath.Entries, n / 256, count).ToString();

    private static IEnumerable<int> Positions(int count) => count < 20 ? Enumerable.Range(0, count) : [0, 1, 100, 254, 255, 256, 263, count - 1];

    /// <summary>The first entry that a byte of an object has to do with.</summary>
    private static int EntryAt(string name, byte[] bytes, int at)
    {
        if (!TilePath.TryParse(name, out TilePath path))
            return -1;
        int first = (int)path.Index * 256;
        if (path.Level >= 0)
            return (first + (at / 32)) << (8 * path.Level);
        for (int start = 0; ; first++)
        {
            start += 2 + (bytes[start] * 256) + bytes[start + 1];
            if (at < start)
                return first;
        }
    }
}
