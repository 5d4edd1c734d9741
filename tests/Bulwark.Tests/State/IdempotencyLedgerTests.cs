using System.Text;
using Bulwark.State;
using Bulwark.Testing;

namespace Bulwark.Tests.State;

public sealed class IdempotencyLedgerTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private readonly MemoryStateStore _store = new();
    private readonly ManualClock _clock = new();
    private readonly IdempotencyLedger _ledger;

    public IdempotencyLedgerTests() => _ledger = new IdempotencyLedger(_store, _clock);

    [Fact]
    public async Task The_first_caller_works_and_later_callers_get_its_result()
    {
        IdempotencyClaim claim = await AcquireAsync();
        Assert.Equal(_clock.Now + Lease, claim.LeaseEnds);
        await _ledger.CompleteAsync(claim, "done"u8.ToArray(), None);
        var completed = Assert.IsType<ClaimOutcome.Completed>(await _ledger.ClaimAsync("key", Lease, None));
        Assert.Equal("done"u8.ToArray(), completed.Result.ToArray());
        _clock.Now += TimeSpan.FromDays(3650);
        Assert.IsType<ClaimOutcome.Completed>(await _ledger.ClaimAsync("key", Lease, None));
    }

    [Fact]
    public async Task A_second_caller_is_told_how_long_the_first_ones_lease_lasts()
    {
        await AcquireAsync();
        var busy = Assert.IsType<ClaimOutcome.InProgress>(await _ledger.ClaimAsync("key", Lease, None));
        Assert.Equal(_clock.Now + Lease, busy.Until);
        Assert.IsType<ClaimOutcome.Acquired>(await _ledger.ClaimAsync("another key", Lease, None));
    }

    [Fact]
    public async Task When_the_lease_has_ended_a_retry_takes_over_and_the_late_worker_is_refused()
    {
        IdempotencyClaim dead = await AcquireAsync();
        _clock.Now += Lease;
        IdempotencyClaim heir = await AcquireAsync();
        await RefusedAsync("BW1105", () => _ledger.CompleteAsync(dead, "late"u8.ToArray(), None));
        await RefusedAsync("BW1105", () => _ledger.RenewAsync(dead, Lease, None));
        await RefusedAsync("BW1105", () => _ledger.AbandonAsync(dead, None));
        await _ledger.CompleteAsync(heir, "heir"u8.ToArray(), None);
        await RefusedAsync("BW1105", () => _ledger.CompleteAsync(dead, "late"u8.ToArray(), None));
        var completed = Assert.IsType<ClaimOutcome.Completed>(await _ledger.ClaimAsync("key", Lease, None));
        Assert.Equal("heir"u8.ToArray(), completed.Result.ToArray());
    }

    [Fact]
    public async Task A_late_worker_whose_claim_nobody_took_may_still_complete()
    {
        IdempotencyClaim claim = await AcquireAsync();
        _clock.Now += Lease * 10;
        await _ledger.CompleteAsync(claim, "slow"u8.ToArray(), None);
        Assert.IsType<ClaimOutcome.Completed>(await _ledger.ClaimAsync("key", Lease, None));
    }

    [Fact]
    public async Task A_renewed_claim_lasts_longer_and_the_old_one_is_spent()
    {
        IdempotencyClaim first = await AcquireAsync();
        _clock.Now += Lease / 2;
        IdempotencyClaim renewed = await _ledger.RenewAsync(first, Lease, None);
        _clock.Now += Lease - TimeSpan.FromTicks(1);
        Assert.IsType<ClaimOutcome.InProgress>(await _ledger.ClaimAsync("key", Lease, None));
        await RefusedAsync("BW1105", () => _ledger.CompleteAsync(first, "old"u8.ToArray(), None));
        await _ledger.CompleteAsync(renewed, "new"u8.ToArray(), None);
    }

    [Fact]
    public async Task An_abandoned_claim_is_free_at_once_and_its_worker_cannot_complete_any_more()
    {
        IdempotencyClaim first = await AcquireAsync();
        await _ledger.AbandonAsync(first, None);
        IdempotencyClaim second = await AcquireAsync();
        await RefusedAsync("BW1105", () => _ledger.CompleteAsync(first, default, None));
        await _ledger.CompleteAsync(second, default, None);
    }

    [Fact]
    public async Task Forgotten_work_can_be_claimed_anew_but_not_completed_by_a_worker_from_before()
    {
        IdempotencyClaim dead = await AcquireAsync();
        Assert.False(await _ledger.ForgetAsync("key", None));
        _clock.Now += Lease;
        await _ledger.CompleteAsync(await AcquireAsync(), "first"u8.ToArray(), None);
        Assert.True(await _ledger.ForgetAsync("key", None));
        Assert.False(await _ledger.ForgetAsync("key", None));
        Assert.False(await _ledger.ForgetAsync("never claimed", None));
        IdempotencyClaim next = await AcquireAsync();
        await RefusedAsync("BW1105", () => _ledger.CompleteAsync(dead, "late"u8.ToArray(), None));
        await _ledger.CompleteAsync(next, "second"u8.ToArray(), None);
    }

    [Fact]
    public async Task Completing_twice_with_the_same_result_is_no_error_and_with_another_result_is()
    {
        IdempotencyClaim claim = await AcquireAsync();
        await _ledger.CompleteAsync(claim, "done"u8.ToArray(), None);
        await _ledger.CompleteAsync(claim, "done"u8.ToArray(), None);
        await RefusedAsync("BW1105", () => _ledger.CompleteAsync(claim, "other"u8.ToArray(), None));
    }

    [Fact]
    public async Task Of_many_callers_at_once_one_works()
    {
        ClaimOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => _ledger.ClaimAsync("key", Lease, None))));
        Assert.Single(outcomes, o => o is ClaimOutcome.Acquired);
        Assert.Equal(31, outcomes.Count(o => o is ClaimOutcome.InProgress));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"key\":\"key\",\"state\":7,\"owner\":\"\",\"leaseEnds\":\"2030-01-01T00:00:00Z\",\"result\":null}")]
    [InlineData("{\"key\":\"key\",\"state\":\"Completed\",\"owner\":\"\",\"leaseEnds\":\"2030-01-01T00:00:00Z\",\"result\":null}")]
    [InlineData("{\"key\":\"other\",\"state\":\"Claimed\",\"owner\":\"\",\"leaseEnds\":\"2030-01-01T00:00:00Z\",\"result\":null}")]
    [InlineData("{\"key\":\"key\",\"state\":\"Claimed\",\"owner\":\"\",\"leaseEnds\":\"2030-01-01T00:00:00Z\",\"result\":\"%%\"}")]
    [InlineData("{\"key\":\"key\",\"state\":\"Claimed\",\"owner\":\"\",\"leaseEnds\":\"2030-01-01T00:00:00Z\",\"result\":null,\"x\":1}")]
    public async Task A_damaged_record_is_an_error_and_not_a_free_claim(string content)
    {
        await AcquireAsync();
        StateDocument document = await SingleAsync();
        await _store.TryPutAsync(document.Collection, document.Id, Encoding.UTF8.GetBytes(content), document.Version, None);
        await RefusedAsync("BW1101", () => _ledger.ClaimAsync("key", Lease, None));
    }

    [Fact]
    public async Task The_largest_key_and_result_fit_one_document_and_larger_ones_are_refused()
    {
        // A quotation mark takes six bytes in JSON.
        string key = new('"', IdempotencyLedger.MaxKeyBytes);
        var acquired = Assert.IsType<ClaimOutcome.Acquired>(await _ledger.ClaimAsync(key, Lease, None));
        await RefusedAsync("BW1103", () => _ledger.CompleteAsync(acquired.Claim, new byte[IdempotencyLedger.MaxResultBytes + 1], None));
        await _ledger.CompleteAsync(acquired.Claim, new byte[IdempotencyLedger.MaxResultBytes], None);
        await RefusedAsync("BW1103", () => _ledger.ClaimAsync("", Lease, None));
        await RefusedAsync("BW1103", () => _ledger.ClaimAsync(new string('k', IdempotencyLedger.MaxKeyBytes + 1), Lease, None));
    }

    [Fact]
    public async Task A_lease_without_length_or_end_is_refused()
    {
        foreach (TimeSpan lease in new[] { TimeSpan.Zero, -Lease, TimeSpan.MaxValue })
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _ledger.ClaimAsync("key", lease, None));
    }

    private async Task<IdempotencyClaim> AcquireAsync() =>
        Assert.IsType<ClaimOutcome.Acquired>(await _ledger.ClaimAsync("key", Lease, None)).Claim;

    private async Task<StateDocument> SingleAsync()
    {
        StateDocument? found = null;
        await foreach (StateDocument document in _store.ListAsync("idempotency", "", None))
            found = document;
        return found!;
    }

    private static async Task RefusedAsync(string code, Func<Task> work) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<StateException>(work)).Code);
}
