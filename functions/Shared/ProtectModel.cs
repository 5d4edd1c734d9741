using System.Text;
using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;
using Bulwark.Functions.Logging;
using Bulwark.Protection;
using Bulwark.State;
using Bulwark.Storage;

namespace Bulwark.Functions;

/// <summary>
/// Protects a model that was uploaded. What cannot become better by trying again (a malicious or empty model, one that is gone) is an
/// answer; everything else is a failure, so that the platform tries again and at last puts the event aside.
/// </summary>
/// <param name="services">What it stands on.</param>
public sealed class ProtectModel(FunctionServices services)
{
    private const int MostLooks = 8;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan HandOverLease = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Parts of protected models. They are left alone wherever they turn up, or an event from the wrong bucket would protect what is
    /// protected, and so on for ever. Nothing is let through by that: what is not protected never reaches the protected bucket.
    /// </summary>
    private static readonly string[] OwnSuffixes = [".enc", ".enc.json", ".sig", ".claims.jsonl"];

    private readonly ModelProtector _protector = new(services.Protection);
    private readonly IdempotencyLedger _ledger = new(services.Protection.State, services.Clock);

    /// <summary>Looks the object up, and protects it or says why not.</summary>
    /// <param name="uploaded">The event.</param>
    /// <param name="context">The call.</param>
    /// <param name="cancellationToken">Fires before the deadline; nothing is published then, and the claim is given back.</param>
    /// <exception cref="FunctionException">BW2206: too large, and no job queue; BW2211: the object does not rest.</exception>
    /// <exception cref="BulwarkException">A store, a key, the audit log or the state failed.</exception>
    public async Task<ProtectAnswer> RunAsync(ObjectUploaded uploaded, FunctionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(uploaded);
        ArgumentNullException.ThrowIfNull(context);
        if (IsOwn(uploaded))
        {
            services.Logger.NotAModel(uploaded.Name);
            return Answer(uploaded, uploaded.Version, ProtectAnswer.NotAModel);
        }

        for (int looks = 1; ; looks++)
        {
            ObjectRef? present;
            try
            {
                present = await services.Protection.Store.FindAsync(uploaded.Container, uploaded.Name, cancellationToken);
            }
            catch (StorageException error) when (error.Code == "BW1002")
            {
                services.Logger.Refused(error.Code, error.Message);
                return Answer(uploaded, uploaded.Version, ProtectAnswer.Refused) with { Code = error.Code, Reason = error.Message };
            }

            if (present is null)
            {
                services.Logger.Gone();
                return Answer(uploaded, uploaded.Version, ProtectAnswer.Gone);
            }

            if (uploaded.Version is { } version && !services.IsVersion(version, present.Version))
            {
                // Events come late, twice and out of order; only the present version can be read under its name.
                services.Logger.Superseded(version, present.Version);
                return Answer(uploaded, version, ProtectAnswer.Superseded);
            }

            try
            {
                return present.Size > services.Settings.HandOverBytes
                    ? await HandOverAsync(uploaded, present, cancellationToken)
                    : await ProtectAsync(uploaded, present, cancellationToken);
            }
            catch (BulwarkException error) when (error.Code is "BW1001" or "BW1004" or "BW1005" or "BW1105")
            {
                // It changed, or went away, or another worker was faster with a newer version: what is there now decides.
                if (looks == MostLooks)
                    throw FunctionException.Restless(present.ToString(), looks, error);
                services.Logger.LookingAgain(error.Code);
                await Task.Delay(BetweenLooks * looks, services.Clock, cancellationToken);
            }
        }
    }

    private bool IsOwn(ObjectUploaded uploaded) =>
        uploaded.Container == services.ProtectedContainer
        || (services.UploadContainer is { } uploads && uploaded.Container != uploads)
        || uploaded.Name.EndsWith('/')
        || OwnSuffixes.Any(suffix => uploaded.Name.EndsWith(suffix, StringComparison.Ordinal));

    private async Task<ProtectAnswer> ProtectAsync(ObjectUploaded uploaded, ObjectRef present, CancellationToken cancellationToken)
    {
        try
        {
            ProtectionResult result = await WhenFreeAsync(
                () => _protector.ProtectAsync(present, services.ProtectedContainer, services.Settings.Protection, progress: null, cancellationToken),
                cancellationToken);
            return Answer(uploaded, present.Version, result.AlreadyProtected ? ProtectAnswer.AlreadyProtected : ProtectAnswer.Protected) with
            {
                Model = result,
            };
        }
        catch (ProtectionException error) when (error.Code is "BW2007" or "BW2008" or "BW2011" or "BW2012" or "BW2013" or "BW2014")
        {
            // Trying again would find the same; of what the scanner refused, the quarantine has the copy and what was found.
            services.Logger.Refused(error.Code, error.Message);
            return Answer(uploaded, present.Version, ProtectAnswer.Refused) with { Code = error.Code, Reason = error.Message };
        }
    }

    /// <summary>
    /// A second delivery while the first is being worked on waits for it. It must not fail, or a platform that allows few attempts puts
    /// an event aside whose work is done; nor be answered at once, because the platform would then forget the event, and if the first
    /// worker dies nobody would finish its work. When the deadline comes first, this delivery fails and a later one looks again.
    /// </summary>
    private async Task<T> WhenFreeAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        for (bool told = false; ; told = true)
        {
            try
            {
                return await work();
            }
            catch (ProtectionException error) when (error.Code == "BW2001")
            {
                if (!told)
                    services.Logger.Waiting();
            }

            await Task.Delay(services.Settings.ClaimPoll, services.Clock, cancellationToken);
        }
    }

    private async Task<ProtectAnswer> HandOverAsync(ObjectUploaded uploaded, ObjectRef present, CancellationToken cancellationToken)
    {
        if (services.Jobs is not { } jobs)
        {
            // A failure though it would fail again: it is put aside with the events that a person looks at, and not forgotten.
            throw FunctionException.TooLarge(present.ToString(), present.Size, services.Settings.HandOverBytes);
        }

        // Once for each version, however often its event comes.
        string key = string.Join('\n', "hand-over", present.Store, present.Container, present.Name, present.Version);
        for (; ; )
        {
            switch (await _ledger.ClaimAsync(key, HandOverLease, cancellationToken))
            {
                case ClaimOutcome.Completed completed:
                    return HandedOver(Encoding.UTF8.GetString(completed.Result.Span));
                case ClaimOutcome.Acquired acquired:
                    return HandedOver(await SubmitAsync(jobs, present, acquired.Claim, cancellationToken));
                default:
                    await Task.Delay(services.Settings.ClaimPoll, services.Clock, cancellationToken);
                    break;
            }
        }

        ProtectAnswer HandedOver(string job) => Answer(uploaded, present.Version, ProtectAnswer.HandedOver) with { Job = job };
    }

    private async Task<string> SubmitAsync(ILargeModelJobs jobs, ObjectRef present, IdempotencyClaim claim, CancellationToken cancellationToken)
    {
        string job;
        try
        {
            job = await jobs.SubmitAsync(present, cancellationToken);
        }
        catch
        {
            try
            {
                await _ledger.AbandonAsync(claim, CancellationToken.None);
            }
            catch (StateException)
            {
                // Its lease will end by itself; why the job was not taken is the error to report.
            }

            throw;
        }

        await _ledger.CompleteAsync(claim, Encoding.UTF8.GetBytes(job), CancellationToken.None);
        services.Logger.HandedOver(job, present.Size);
        return job;
    }

    private static ProtectAnswer Answer(ObjectUploaded uploaded, string? version, string result) => new()
    {
        Result = result,
        Source = $"{uploaded.Store}://{uploaded.Container}/{uploaded.Name}",
        Version = version,
    };
}
