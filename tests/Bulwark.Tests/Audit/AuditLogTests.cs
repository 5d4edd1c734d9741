using System.Text;
using Bulwark.Audit;
using Bulwark.Keys;
using Bulwark.Testing;
using CsCheck;

namespace Bulwark.Tests.Audit;

/// <summary>Appending: layout, exactly once, crashes, concurrency, refusals.</summary>
public sealed class AuditLogTests
{
    [Fact]
    public async Task Entries_come_back_in_order_and_a_naive_reader_agrees()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(7, 1);
        Assert.Equal(AuditLogHarness.Bytes(7), harness.ReadNaively());
        List<AuditRecord> read = [];
        await foreach (AuditRecord record in harness.Log().ReadAsync(3))
            read.Add(record);
        Assert.Equal([3L, 4, 5, 6], read.Select(r => r.Index));
        Assert.Equal("m3.safetensors", read[0].Entry.Subject.Name);
        await harness.AssertHoldsAsync(7);
    }

    [Theory]
    [InlineData(256, 1)]
    [InlineData(257, 100)]
    [InlineData(600, 600)]
    public async Task A_log_that_fills_tiles_keeps_the_layout(int count, int step)
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(count, step);
        await harness.AssertHoldsAsync(count);
        List<string> names = await harness.NamesAsync();
        Assert.Contains("tile/entries/000", names);
        Assert.Contains("tile/0/000", names);
        Assert.Contains($"tile/1/000.p/{count / 256}", names);
        Assert.DoesNotContain(names, n => n.StartsWith("intent/", StringComparison.Ordinal));
        List<long> read = [];
        await foreach (AuditRecord record in harness.Log().ReadAsync(200))
            read.Add(record.Index);
        Assert.Equal(Enumerable.Range(200, count - 200).Select(i => (long)i), read);
    }

    [Fact]
    public async Task Partial_tiles_go_while_the_next_tile_grows()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(520, 1);
        List<string> names = await harness.NamesAsync();
        Assert.DoesNotContain(names, n => n.StartsWith("tile/0/000.p/", StringComparison.Ordinal) || n.StartsWith("tile/entries/000.p/", StringComparison.Ordinal));
        Assert.True(names.Count < 600);
        await harness.AssertHoldsAsync(520);
    }

    [Fact]
    public async Task The_checkpoint_is_a_signed_note_of_the_verifier_key()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(3, 1);
        string[] lines = Encoding.UTF8.GetString(harness.Get("checkpoint")).Split('\n');
        Assert.Equal(AuditLogHarness.Origin, lines[0]);
        Assert.Equal("3", lines[1]);
        Assert.Equal(Convert.ToBase64String(NaiveTree.Root(AuditLogHarness.Bytes(3))), lines[2]);
        Assert.Equal("", lines[3]);
        Assert.StartsWith($"— {AuditLogHarness.Origin} ", lines[4], StringComparison.Ordinal);
        NoteVerifierKey key = NoteVerifierKey.Parse(harness.Log().VerifierKey.ToString());
        AuditReport report = await new AuditLogVerifier(harness.Store, AuditLogHarness.Container, AuditLogHarness.Origin, [key]).VerifyAsync();
        Assert.True(report.IsIntact);
    }

    [Fact]
    public async Task A_receipt_names_the_place_and_its_checkpoint()
    {
        AuditLogHarness harness = new();
        AuditLog log = harness.Log();
        IReadOnlyList<AuditReceipt> receipts = await log.AppendAsync(AuditLogHarness.Entries(0, 300));
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (long)i), receipts.Select(r => r.Index));
        Assert.Equal(256, receipts[0].Checkpoint.Size);
        Assert.Equal(300, receipts[299].Checkpoint.Size);
        Assert.Equal(Encoding.UTF8.GetString(harness.Get("checkpoint")), receipts[299].SignedCheckpoint);
        Assert.Equal(MerkleTree.HashLeaf(AuditLogHarness.Entry(5).ToBytes()), receipts[5].EntryHash);
        Assert.Empty(await log.AppendAsync([]));
    }

    [Fact]
    public async Task The_same_entry_appended_again_is_in_the_log_once()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(260, 50);
        foreach (int n in new[] { 4, 255, 259 })
            Assert.Equal(n, (await harness.Log().AppendAsync(AuditLogHarness.Entry(n))).Index);
        IReadOnlyList<AuditReceipt> receipts = await harness.Log().AppendAsync([AuditLogHarness.Entry(260), AuditLogHarness.Entry(258), AuditLogHarness.Entry(260)]);
        Assert.Equal([260L, 258, 260], receipts.Select(r => r.Index));
        await harness.AssertHoldsAsync(261);
    }

    [Fact]
    public async Task Two_events_without_an_id_are_two_entries()
    {
        AuditLogHarness harness = new();
        AuditEntry bare = AuditLogHarness.Entry(0) with { Id = null, Time = null };
        await harness.Log().AppendAsync([bare, bare]);
        Assert.Equal(2, harness.ReadNaively().Count);
        AuditEntry stamped = harness.Log().Stamp(bare);
        Assert.Equal(stamped, harness.Log().Stamp(stamped));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(5, 1)]
    [InlineData(5, 3)]
    [InlineData(255, 1)]
    [InlineData(254, 5)]
    [InlineData(256, 2)]
    public async Task A_crash_at_any_write_leaves_a_sound_log_and_a_retry_appends_once(int before, int added)
    {
        AuditLogHarness start = await AuditLogHarness.WithAsync(before, 64);
        foreach (bool afterwards in new[] { false, true })
        {
            for (int failAt = 1; ; failAt++)
            {
                AuditLogHarness harness = await start.CopyAsync();
                AuditLogHarness.FailingStore store = new(harness.Store, failAt, afterwards);
                AuditEntry[] entries = AuditLogHarness.Entries(before, added);
                try
                {
                    await harness.Log(store).AppendAsync(entries);
                }
                catch (IOException)
                {
                }

                if (!store.HasFailed)
                    break;
                AuditReport report = await harness.VerifyAsync();
                Assert.True(report.IsIntact, report.FirstFault?.ToString());

                // Someone else comes first: finishes what was begun, or clears it away.
                if (failAt % 2 == 0)
                    await harness.Log().AppendAsync(AuditLogHarness.Entry(1_000_000));
                IReadOnlyList<AuditReceipt> receipts = await harness.Log().AppendAsync(entries);
                await harness.AssertHoldsAsync(before + added + (failAt % 2 == 0 ? 1 : 0));
                List<byte[]> logged = harness.ReadNaively();
                for (int i = 0; i < added; i++)
                    Assert.Equal(entries[i].ToBytes(), logged[(int)receipts[i].Index]);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(250)]
    public async Task Eight_appenders_at_once_lose_and_repeat_nothing(int before)
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(before, 250, new MemoryStateStore());
        AuditLogHarness.YieldingStore store = new(harness.Store);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(appender => Task.Run(async () =>
        {
            AuditLog log = harness.Log(store);
            for (int i = 0; i < 6; i++)
                await log.AppendAsync(AuditLogHarness.Entries(1000 + (100 * appender) + (10 * i), 1 + (i % 3)));
        })));
        await harness.AssertHoldsAsync(before + (8 * 12));
    }

    [Fact]
    public async Task One_log_serves_many_threads()
    {
        AuditLogHarness harness = new();
        AuditLog log = harness.Log(new AuditLogHarness.YieldingStore(harness.Store));
        AuditReceipt[] receipts = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => log.AppendAsync(AuditLogHarness.Entry(n))));
        Assert.Equal(20, receipts.Select(r => r.Index).Distinct().Count());
        await harness.AssertHoldsAsync(20);
    }

    [Fact]
    public async Task A_bundle_planted_without_the_key_is_not_signed()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(5, 1);
        byte[] forged = EntryBundle.Append(harness.Get("tile/entries/000.p/5"), [AuditLogHarness.Entry(666).ToBytes()]);
        harness.Put("tile/entries/000.p/6", forged);
        AuditReceipt receipt = await harness.Log().AppendAsync(AuditLogHarness.Entry(5));
        Assert.Equal(5, receipt.Index);
        Assert.Equal(AuditLogHarness.Bytes(6), harness.ReadNaively());
    }

    [Fact]
    public async Task Rubbish_beyond_the_checkpoint_is_replaced()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(5, 1);
        foreach (string name in new[] { "tile/entries/000.p/6", "tile/0/000.p/6", "tile/entries/000.p/7", "tile/0/000.p/7" })
            harness.Put(name, [1, 2, 3]);
        await harness.Log().AppendAsync(AuditLogHarness.Entry(5));
        await harness.Log().AppendAsync(AuditLogHarness.Entry(6));
        await harness.AssertHoldsAsync(7);
    }

    [Fact]
    public async Task A_rolled_back_log_is_refused_where_its_last_checkpoint_is_remembered()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(5, 1, new MemoryStateStore());
        byte[] old = harness.Get("checkpoint");
        await harness.Log().AppendAsync(AuditLogHarness.Entry(5));
        harness.Put("checkpoint", old);
        AuditException error = await Assert.ThrowsAsync<AuditException>(() => harness.Log().AppendAsync(AuditLogHarness.Entry(6)));
        Assert.Equal("BW1305", error.Code);
        AuditFault fault = Assert.Single((await harness.VerifyAsync()).Faults);
        Assert.Equal((AuditFaultKind.Missing, 5L, 5L), (fault.Kind, fault.FirstEntry, fault.LastEntry));
    }

    [Fact]
    public async Task A_history_rewritten_by_the_key_holder_is_refused_where_the_old_one_is_remembered()
    {
        MemoryStateStore state = new();
        await AuditLogHarness.WithAsync(5, 1, state);
        AuditLogHarness other = new() { State = null };
        await other.Log().AppendAsync(AuditLogHarness.Entries(100, 7));
        AuditLogHarness seen = new() { Store = other.Store, Key = other.Key, State = state };
        AuditException error = await Assert.ThrowsAsync<AuditException>(() => seen.Log().AppendAsync(AuditLogHarness.Entry(6)));
        Assert.Equal("BW1306", error.Code);
        Assert.Equal(AuditFaultKind.Rewritten, (await seen.VerifyAsync()).FirstFault?.Kind);
    }

    [Fact]
    public async Task A_deleted_checkpoint_is_noticed()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(5, 1);
        await harness.DeleteAsync("checkpoint");
        Assert.Equal("BW1301", (await Assert.ThrowsAsync<AuditException>(() => harness.Log().AppendAsync(AuditLogHarness.Entry(9)))).Code);
        Assert.Equal("BW1301", (await Assert.ThrowsAsync<AuditException>(harness.VerifyAsync)).Code);
        AuditLogHarness remembered = await AuditLogHarness.WithAsync(1, 1, new MemoryStateStore());
        await remembered.DeleteAsync("checkpoint");
        Assert.Equal("BW1305", (await Assert.ThrowsAsync<AuditException>(() => remembered.Log().AppendAsync(AuditLogHarness.Entry(9)))).Code);
    }

    [Fact]
    public async Task A_log_that_was_never_written_is_intact_and_empty()
    {
        AuditReport report = await new AuditLogHarness().VerifyAsync();
        Assert.True(report.IsIntact);
        Assert.Equal(0, report.Size);
    }

    [Fact]
    public async Task A_checkpoint_of_another_key_or_log_is_refused()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(2, 1);
        AuditLog stranger = new(harness.Store, AuditLogHarness.Container, Ed25519SigningKey.Generate(), AuditLogHarness.Origin, TimeProvider.System);
        Assert.Equal("BW1303", (await Assert.ThrowsAsync<AuditException>(() => stranger.AppendAsync(AuditLogHarness.Entry(2)))).Code);
        AuditLog rotated = new(
            harness.Store, AuditLogHarness.Container, Ed25519SigningKey.Generate(), AuditLogHarness.Origin, TimeProvider.System,
            retiredKeys: [harness.Log().VerifierKey]);
        Assert.Equal(2, (await rotated.AppendAsync(AuditLogHarness.Entry(2))).Index);
        Assert.True((await rotated.VerifyAsync()).IsIntact);
    }

    [Fact]
    public async Task Appending_reads_little_of_a_long_log()
    {
        AuditLogHarness harness = await AuditLogHarness.WithAsync(2000, 256);

        // Everything but the right edge and the last full tile may be gone.
        for (int i = 0; i < 6; i++)
        {
            await harness.DeleteAsync($"tile/entries/{i:000}");
            await harness.DeleteAsync($"tile/0/{i:000}");
        }

        Assert.Equal(2000, (await harness.Log().AppendAsync(AuditLogHarness.Entry(2000))).Index);
    }

    [Fact]
    public async Task A_damaged_right_edge_is_not_built_upon()
    {
        foreach (string name in new[] { "tile/0/001.p/4", "tile/1/000.p/1", "tile/entries/001.p/4" })
        {
            AuditLogHarness harness = await AuditLogHarness.WithAsync(260, 260);
            byte[] bytes = harness.Get(name);
            bytes[^1] ^= 1;
            harness.Put(name, bytes);
            Assert.Equal("BW1307", (await Assert.ThrowsAsync<AuditException>(() => harness.Log().AppendAsync(AuditLogHarness.Entry(260)))).Code);
            await harness.DeleteAsync(name);
            Assert.Equal("BW1307", (await Assert.ThrowsAsync<AuditException>(() => harness.Log().AppendAsync(AuditLogHarness.Entry(260)))).Code);
        }
    }

    [Fact]
    public async Task A_poisoned_memory_is_refused()
    {
        MemoryStateStore state = new();
        AuditLogHarness harness = await AuditLogHarness.WithAsync(2, 1, state);
        foreach (string content in new[] { "[]", "{}", "not json", """{"checkpoint":3}""", """{"checkpoint":"forged"}""" })
        {
            long version = (await state.GetAsync("audit-checkpoint", AuditLogHarness.Origin, default))!.Version;
            await state.TryPutAsync("audit-checkpoint", AuditLogHarness.Origin, Encoding.UTF8.GetBytes(content), version, default);
            Assert.Equal("BW1313", (await Assert.ThrowsAsync<AuditException>(() => harness.Log().AppendAsync(AuditLogHarness.Entry(2)))).Code);
        }
    }

    [Fact]
    public async Task Any_sequence_of_batches_gives_the_log_of_their_entries()
    {
        await Gen.Int[1, 90].List[1, 8].SampleAsync(async steps =>
        {
            AuditLogHarness harness = new();
            int count = 0;
            foreach (int step in steps)
            {
                await harness.Log().AppendAsync(AuditLogHarness.Entries(count, step));
                count += step;
            }

            await harness.AssertHoldsAsync(count);
        }, iter: 12);
    }
}
