using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bulwark.State;

/// <summary>
/// Lets a piece of work that is asked for many times be done once: the first caller claims it, later callers get its result.
/// A claim is a lease: when its worker dies, a retry takes over once the lease has ended, and the old worker, should it
/// come back, is refused.
/// </summary>
/// <remarks>
/// Records are versioned and never deleted, so a version fences (Kleppmann, "How to do distributed locking", 2016): whoever wrote
/// the latest version holds the claim, whatever the clocks say. Clocks only decide how early another may take over.
/// </remarks>
/// <param name="store">Where the records live, in the collection <c>idempotency</c>.</param>
/// <param name="clock">Tells when leases end.</param>
public sealed class IdempotencyLedger(IStateStore store, TimeProvider clock)
{
    /// <summary>Longest key, in bytes of UTF-8.</summary>
    public const int MaxKeyBytes = 16 * 1024;

    /// <summary>Largest result, in bytes; base64 and the escaped key leave room for no more in one document.</summary>
    public const int MaxResultBytes = 96 * 1024;

    private const string Collection = "idempotency";
    private const int MaxAttempts = 32;

    /// <summary>Longest lease.</summary>
    public static TimeSpan MaxLease { get; } = TimeSpan.FromDays(7);

    /// <summary>Claims the work that a key names.</summary>
    /// <param name="key">Names the work, for example store, container, name and version of an object.</param>
    /// <param name="lease">How long the claim lasts; more than zero, at most <see cref="MaxLease"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StateException">
    /// BW1101 when the record is damaged, BW1103 when the key is too long, BW1104 when others kept changing the record.
    /// </exception>
    public async Task<ClaimOutcome> ClaimAsync(string key, TimeSpan lease, CancellationToken cancellationToken)
    {
        string id = IdOf(key);
        CheckLease(lease);
        string owner = RandomNumberGenerator.GetHexString(32, lowercase: true);
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            StateDocument? present = await store.GetAsync(Collection, id, cancellationToken);
            DateTimeOffset now = clock.GetUtcNow();
            if (present is not null)
            {
                IdempotencyRecord record = Parse(present, key);
                if (record.State == IdempotencyState.Completed)
                    return new ClaimOutcome.Completed(record.Result);
                if (record.State == IdempotencyState.Claimed && record.LeaseEnds > now)
                    return new ClaimOutcome.InProgress(record.LeaseEnds);
            }

            var claim = new IdempotencyRecord(key, IdempotencyState.Claimed, owner, now + lease, null);
            if (await PutAsync(id, claim, present?.Version ?? 0, cancellationToken) is { } written)
                return new ClaimOutcome.Acquired(new IdempotencyClaim(key, owner, written.Version, claim.LeaseEnds));
        }

        throw StateException.Busy($"The claim on '{key}'");
    }

    /// <summary>Lengthens a claim from now. The old claim is spent; go on with the returned one.</summary>
    /// <exception cref="StateException">BW1105 when another worker took over.</exception>
    public async Task<IdempotencyClaim> RenewAsync(IdempotencyClaim claim, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        CheckLease(lease);
        var record = new IdempotencyRecord(claim.Key, IdempotencyState.Claimed, claim.Owner, clock.GetUtcNow() + lease, null);
        long version = await ReplaceAsync(claim, record, cancellationToken);
        return new IdempotencyClaim(claim.Key, claim.Owner, version, record.LeaseEnds);
    }

    /// <summary>Records the result of the work. Doing it again with the same claim and result changes nothing.</summary>
    /// <param name="claim">The claim under which the work was done; its lease may have ended as long as nobody took over.</param>
    /// <param name="result">At most <see cref="MaxResultBytes"/>; later claimants get it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StateException">BW1103 when the result is too large, BW1105 when another worker took over.</exception>
    public async Task CompleteAsync(IdempotencyClaim claim, ReadOnlyMemory<byte> result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (result.Length > MaxResultBytes)
            throw StateException.OutsideLimits("The result", $"it has {result.Length} bytes, more than {MaxResultBytes}");
        var record = new IdempotencyRecord(claim.Key, IdempotencyState.Completed, claim.Owner, claim.LeaseEnds, result.ToArray());
        await ReplaceAsync(claim, record, cancellationToken);
    }

    /// <summary>Gives the work back, so that the next caller may claim it at once.</summary>
    /// <exception cref="StateException">BW1105 when another worker took over.</exception>
    public async Task AbandonAsync(IdempotencyClaim claim, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        var record = new IdempotencyRecord(claim.Key, IdempotencyState.Abandoned, claim.Owner, clock.GetUtcNow(), null);
        await ReplaceAsync(claim, record, cancellationToken);
    }

    /// <summary>Drops the record of completed work, so that it can be claimed anew. Work in progress is left alone.</summary>
    /// <returns>False when there was nothing to drop, or someone claimed it meanwhile.</returns>
    public async Task<bool> ForgetAsync(string key, CancellationToken cancellationToken)
    {
        string id = IdOf(key);
        StateDocument? present = await store.GetAsync(Collection, id, cancellationToken);
        if (present is null || Parse(present, key) is not { State: IdempotencyState.Completed } record)
            return false;

        // Written over, not deleted: versions that began again at 1 would let a claim from before pass for the next one.
        IdempotencyRecord dropped = record with { State = IdempotencyState.Abandoned, Result = null };
        return await PutAsync(id, dropped, present.Version, cancellationToken) is not null;
    }

    private static string IdOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length is 0 or > MaxKeyBytes || Encoding.UTF8.GetByteCount(key) > MaxKeyBytes)
            throw StateException.OutsideLimits("The key", $"it does not have 1 to {MaxKeyBytes} bytes");
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
    }

    private static void CheckLease(TimeSpan lease)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lease, MaxLease);
    }

    private static IdempotencyRecord Parse(StateDocument document, string key)
    {
        string what = $"The idempotency record {document.Id}";
        try
        {
            IdempotencyRecord? record = JsonSerializer.Deserialize(document.Content.Span, IdempotencyJson.Default.IdempotencyRecord);
            if (record is null || record.Key != key || !Enum.IsDefined(record.State) || (record.State == IdempotencyState.Completed && record.Result is null))
                throw StateException.Damaged(what, "it is not the record of this key");
            return record;
        }
        catch (JsonException e)
        {
            throw StateException.Damaged(what, "it is not the ledger's JSON", e);
        }
    }

    private static bool IsSame(IdempotencyRecord a, IdempotencyRecord b) =>
        a.Owner == b.Owner && a.State == b.State && a.Result.AsSpan().SequenceEqual(b.Result);

    private async Task<long> ReplaceAsync(IdempotencyClaim claim, IdempotencyRecord record, CancellationToken cancellationToken)
    {
        string id = IdOf(claim.Key);
        if (await PutAsync(id, record, claim.Version, cancellationToken) is { } written)
            return written.Version;

        // The store may have taken this very write and lost the answer; a client that then asked again is not refused.
        StateDocument? present = await store.GetAsync(Collection, id, cancellationToken);
        return present is not null && present.Version == claim.Version + 1 && IsSame(Parse(present, claim.Key), record)
            ? present.Version
            : throw StateException.ClaimLost(claim.Key);
    }

    private Task<StateDocument?> PutAsync(string id, IdempotencyRecord record, long version, CancellationToken cancellationToken) =>
        store.TryPutAsync(Collection, id, JsonSerializer.SerializeToUtf8Bytes(record, IdempotencyJson.Default.IdempotencyRecord), version, cancellationToken);
}
