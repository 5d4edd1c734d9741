using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Protection;

/// <summary>A process that dies at any call to the store, and a second worker that comes at any: what is visible always opens.</summary>
public sealed class CrashTests
{
    private const string Body = "m.bin.enc";
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Old = [.. Enumerable.Repeat((byte)1, 3000)];
    private static readonly byte[] New = [.. Enumerable.Repeat((byte)2, 5000)];

    private readonly MemoryObjectStore _store = new();
    private readonly ProtectionServices _services;

    public CrashTests() => _services = ProtectionTests.Services(_store) with { ClaimLease = TimeSpan.FromMilliseconds(1) };

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, true, true)]
    public async Task A_death_at_any_step_of_replacing_a_model_leaves_one_of_the_two_and_a_retry_finishes(bool lost, bool secondBefore, bool secondAfter)
    {
        int step = 0, sawOld = 0, sawNew = 0;
        for (bool died = true; died; step++)
        {
            await ProtectAsync(_services, Old, new ProtectionOptions { Force = true, PostQuantum = secondBefore });
            died = await DieAsync(step, lost, New, new ProtectionOptions { PostQuantum = secondAfter });
            byte[] seen = await OpenAsync();
            Assert.True(seen.AsSpan().SequenceEqual(Old) || seen.AsSpan().SequenceEqual(New), $"step {step}");
            _ = seen.Length == Old.Length ? sawOld++ : sawNew++;

            // Dies again at the same step of the retry: spare copies of two bodies may be about.
            await DieAsync(step, lost, New, new ProtectionOptions { PostQuantum = secondAfter, Force = true });
            await OpenAsync();
            await ProtectAsync(_services, New, new ProtectionOptions { PostQuantum = secondAfter });
            Assert.Equal(New, await OpenAsync());
            await AssertTidyAsync(secondAfter);
        }

        Assert.True(sawOld > 5 && sawNew > 5, $"{sawOld} {sawNew}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_death_at_any_step_of_protecting_for_the_first_time_shows_no_body_or_a_whole_one(bool lost)
    {
        int absent = 0;
        for (int step = 0; ; step++)
        {
            foreach (string name in await NamesAsync())
                await _store.DeleteAsync((await _store.FindAsync("out", name, None))!, None);
            bool died = await DieAsync(step, lost, New, new ProtectionOptions());
            if (await _store.FindAsync("out", Body, None) is null)
            {
                absent++;
            }
            else
            {
                Assert.Equal(New, await OpenAsync());
                // Nobody who sees the body misses its companions.
                Assert.Empty(new[] { "m.bin.enc.json", "m.bin.sig", "m.bin.claims.jsonl" }.Except(await NamesAsync()));
            }

            await ProtectAsync(_services, New, new ProtectionOptions());
            Assert.Equal(New, await OpenAsync());
            await AssertTidyAsync(second: false);
            if (!died)
                break;
        }

        Assert.True(absent > 5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_worker_at_any_step_of_the_first_never_leaves_a_mixture(bool somethingBefore)
    {
        for (int step = 0, conflicts = 0; ; step++)
        {
            foreach (string name in await NamesAsync())
                await _store.DeleteAsync((await _store.FindAsync("out", name, None))!, None);
            if (somethingBefore)
                await ProtectAsync(_services, [9, 9, 9], new ProtectionOptions { Force = true });
            ObjectRef first = _store.Put("in", "m.bin", Old), second = _store.Put("other", "m.bin", New);
            bool came = false;
            DyingStore store = new(_store, step, lost: false)
            {
                Instead = async () =>
                {
                    came = true;
                    await new ModelProtector(_services).ProtectAsync(second, "out", new ProtectionOptions { Force = true }, null, None);
                },
            };
            ProtectionOptions options = new() { Force = true };
            try
            {
                await new ModelProtector(_services with { Store = store }).ProtectAsync(first, "out", options, null, None);
            }
            catch (StorageException error)
            {
                Assert.True(error.Code is "BW1004" or "BW1005", error.Code);
                conflicts++;
            }

            Assert.Contains((await OpenAsync()).Length, new[] { Old.Length, New.Length });
            if (!came)
            {
                Assert.True(conflicts > 3);
                break;
            }
        }
    }

    [Fact]
    public async Task A_reader_that_comes_while_a_model_is_replaced_is_never_refused()
    {
        for (int step = 0; ; step++)
        {
            await ProtectAsync(_services, Old, new ProtectionOptions { Force = true });
            bool came = false;
            ObjectRef source = _store.Put("in", "m.bin", New);
            // The reader is the one that is held up: at each of its steps the model is replaced.
            DyingStore store = new(_store, step, lost: false)
            {
                Instead = async () =>
                {
                    came = true;
                    await new ModelProtector(_services).ProtectAsync(source, "out", new ProtectionOptions(), null, None);
                },
            };
            await using OpenedModel opened = await new ModelOpener(_services with { Store = store }).OpenAsync("out", Body, None);
            Assert.Contains(opened.Length, new long[] { Old.Length, New.Length });
            if (!came)
                break;
        }
    }

    [Fact]
    public async Task An_answer_that_was_lost_does_not_take_the_spare_copies_away()
    {
        // The commit of the body took effect, and its caller lives on and sees an error.
        await ProtectAsync(_services, Old, new ProtectionOptions());
        ObjectRef source = _store.Put("in", "m.bin", New);
        FailingCommitStore store = new(_store, Body);
        await Assert.ThrowsAsync<StorageException>(() => new ModelProtector(_services with { Store = store }).ProtectAsync(source, "out", new ProtectionOptions(), null, None));
        Assert.Equal(New, await OpenAsync());
        await ProtectAsync(_services, New, new ProtectionOptions());
        await AssertTidyAsync(second: false);
    }

    private async Task<bool> DieAsync(int step, bool lost, byte[] model, ProtectionOptions options)
    {
        DyingStore store = new(_store, step, lost);
        try
        {
            await ProtectAsync(_services with { Store = store }, model, options);
        }
        catch (DyingStore.Death)
        {
            await Task.Delay(2); // the dead worker's claim ends
        }

        return store.Died;
    }

    private Task<ProtectionResult> ProtectAsync(ProtectionServices services, byte[] model, ProtectionOptions options) =>
        new ModelProtector(services with { PostQuantumKey = ProtectionTests.PostQuantumKey })
            .ProtectAsync(_store.Put("in", "m.bin", model), "out", options, null, None);

    private async Task<byte[]> OpenAsync()
    {
        await using OpenedModel opened = await new ModelOpener(_services).OpenAsync("out", Body, None);
        await using IObjectWriter writer = await _store.CreateAsync("opened", "m.bin", WriteCondition.Any, None);
        await opened.CopyToAsync(writer, null, None);
        return _store.Get("opened", "m.bin");
    }

    private async Task AssertTidyAsync(bool second) =>
        Assert.Equal(
            new[] { "m.bin.claims.jsonl", "m.bin.enc", "m.bin.enc.json", "m.bin.sig" }.Concat(second ? ["m.bin.mldsa.sig"] : []).Order(StringComparer.Ordinal),
            await NamesAsync());

    private async Task<List<string>> NamesAsync()
    {
        List<string> names = [];
        await foreach (ObjectRef found in _store.ListAsync("out", "", None))
            names.Add(found.Name);
        return names;
    }
}
