using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bulwark.Audit;
using Bulwark.State;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>One claim on the idempotency ledger: at most one worker protects a source version, and a repeat gets the first result.</summary>
internal sealed class ClaimedWork : IAsyncDisposable
{
    private const string AuditedCollection = "audited";

    // A host that asks for less keeps workers apart by other means.
    private static readonly TimeSpan ShortestKept = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _keeping = Task.CompletedTask;
    private readonly IdempotencyLedger _ledger;
    private readonly ProtectionServices _services;
    private readonly string _key;
    private IdempotencyClaim? _claim;

    private ClaimedWork(IdempotencyLedger ledger, ProtectionServices services, string key)
    {
        _ledger = ledger;
        _services = services;
        _key = key;
    }

    /// <summary>The result of an earlier run whose parts are still there; null when the work is ours to do.</summary>
    public ProtectionResult? Finished { get; private set; }

    /// <summary>Claims the work, or finds it done.</summary>
    public static async Task<ClaimedWork> BeginAsync(
        IdempotencyLedger ledger, ProtectionServices services, ObjectRef source, string container, ProtectionOptions options, CancellationToken cancellationToken)
    {
        ClaimedWork work = new(ledger, services, KeyFor(source, container, options));
        for (; ; )
        {
            switch (await ledger.ClaimAsync(work._key, services.ClaimLease, cancellationToken))
            {
                case ClaimOutcome.Acquired acquired:
                    work._claim = acquired.Claim;
                    if (services.ClaimLease >= ShortestKept)
                        work._keeping = work.KeepAsync();
                    return work;
                case ClaimOutcome.InProgress busy:
                    throw ProtectionException.InProgress(source.ToString(), busy.Until);
                case ClaimOutcome.Completed completed:
                    ProtectionResult result = JsonSerializer.Deserialize(completed.Result.Span, ProtectionJson.Default.ProtectionResult)!;
                    if (!options.Force && await IsStillThereAsync(services, result, cancellationToken))
                    {
                        work.Finished = result;
                        return work;
                    }

                    // Someone removed or replaced what that run wrote, or asked for it again: the record no longer tells the truth.
                    await ledger.ForgetAsync(work._key, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Extends the claim before the last, quick steps.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // Not to be cancelled in between: the store may take it, and the claim that is held here would be spent.
            _claim = await _ledger.RenewAsync(_claim!, _services.ClaimLease, CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Records the result.</summary>
    public async Task CompleteAsync(ProtectionResult result, CancellationToken cancellationToken)
    {
        await StopKeepingAsync();
        await _ledger.CompleteAsync(_claim!, JsonSerializer.SerializeToUtf8Bytes(result, ProtectionJson.Default.ProtectionResult), cancellationToken);
        _claim = null;
    }

    /// <summary>Writes the audit entry, unless a run before this one did: a crash may have come between the record and the entry.</summary>
    public async Task AuditOnceAsync(ObjectRef source, ProtectionResult result, CancellationToken cancellationToken)
    {
        string id = Hash($"{_key}\n{result.BodyVersion}");
        if (await _services.State.GetAsync(AuditedCollection, id, cancellationToken) is not null)
            return;
        await _services.Audit.AppendAsync(
            new AuditEntry
            {
                // The same id, time and actor on every attempt, whoever makes it, make the entry the same entry.
                Id = id,
                Time = result.ProtectedAt,
                Actor = result.ProtectedBy ?? _services.Actor,
                Action = "model.protected",
                Subject = new AuditSubject { Store = source.Store, Container = result.Container, Name = result.Body, Version = result.BodyVersion },
                Outcome = "success",
                Digests = new Dictionary<string, string> { ["sha256"] = result.Sha256 },
                Details = new Dictionary<string, string>
                {
                    ["source"] = source.ToString(),
                    ["sourceVersion"] = source.Version,
                    ["format"] = result.Format,
                    ["size"] = result.Size.ToString(CultureInfo.InvariantCulture),
                    ["signedBy"] = result.SignedBy,
                },
            },
            cancellationToken);
        await _services.State.TryPutAsync(AuditedCollection, id, "{}"u8.ToArray(), expectedVersion: 0, cancellationToken);
    }

    /// <summary>Gives the claim back when the work did not finish.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopKeepingAsync();
        _stop.Dispose();
        _gate.Dispose();
        if (_claim is null)
            return;
        try
        {
            await _ledger.AbandonAsync(_claim, CancellationToken.None);
        }
        catch (StateException)
        {
            // Lost, or its lease will end by itself; what made the work fail is the error to report.
        }
    }

    /// <summary>A pass over a large model takes longer than a lease; the claim is kept as long as this process lives.</summary>
    private async Task KeepAsync()
    {
        using PeriodicTimer timer = new(_services.ClaimLease / 3, _services.Clock);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (await timer.WaitForNextTickAsync(_stop.Token))
                    await RenewAsync(_stop.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or StateException { Code: "BW1105" })
            {
                // Stopped, or lost to another worker: the renewal before the last steps says so.
                return;
            }
            catch (StateException)
            {
                // A store that fails for a moment may work again at the next tick, before the lease ends.
            }
        }
    }

    private async Task StopKeepingAsync()
    {
        await _stop.CancelAsync();
        await _keeping;
    }

    /// <summary>There, and whole: a caller may delete the source on the strength of this.</summary>
    private static async Task<bool> IsStillThereAsync(ProtectionServices services, ProtectionResult result, CancellationToken cancellationToken)
    {
        ObjectRef? body = await services.Store.FindAsync(result.Container, result.Body, cancellationToken);
        if (body is null || body.Version != result.BodyVersion)
            return false;
        try
        {
            await using OpenedModel opened = await new ModelOpener(services).OpenQuietlyAsync(body, cancellationToken);
            return true;
        }
        catch (BulwarkException error) when (error.Kind == ErrorKind.Refused || error.Code is "BW1001" or "BW1004")
        {
            return false;
        }
    }

    private static string KeyFor(ObjectRef source, string container, ProtectionOptions options)
    {
        // The others say what to do about the result, not what it is.
        ProtectionOptions outcome = options with { Force = false, DeleteSource = false, AllowSuspicious = false };
        string settings = JsonSerializer.Serialize(outcome, ProtectionJson.Default.ProtectionOptions);
        return Hash(string.Join('\n', source.Store, source.Container, source.Name, source.Version, container, settings));
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
