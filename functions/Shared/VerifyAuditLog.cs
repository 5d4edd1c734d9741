using Bulwark.Audit;
using Bulwark.Findings;
using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;

namespace Bulwark.Functions;

/// <summary>Verifies the whole audit log. Damage is a critical finding, and a failure of the function.</summary>
/// <param name="services">What it stands on.</param>
public sealed class VerifyAuditLog(FunctionServices services)
{
    /// <summary>The rule of the finding.</summary>
    public const string Rule = "BWL1001";

    /// <summary>Reads everything, and compares it with the signed checkpoint and with what was seen before.</summary>
    /// <param name="schedule">The event.</param>
    /// <param name="context">The call.</param>
    /// <param name="cancellationToken">Fires before the deadline.</param>
    /// <exception cref="FunctionException">BW2210: entries or tiles are not what was logged.</exception>
    /// <exception cref="AuditException">The checkpoint is missing or not to be trusted.</exception>
    public async Task<AuditLogAnswer> RunAsync(ScheduleFired schedule, FunctionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(context);
        string log = services.Protection.Audit.VerifierKey.Name;
        AuditReport report;
        try
        {
            report = await services.Protection.Audit.VerifyAsync(progress: null, cancellationToken);
        }
        catch (AuditException error) when (error.Kind == ErrorKind.Refused)
        {
            await ReportAsync(schedule, log, [$"{error.Message} [{error.Code}]"], cancellationToken);
            throw;
        }

        if (report.IsIntact)
            return new AuditLogAnswer(report.Size, report.Checkpoint?.Root.ToBase64());
        await ReportAsync(schedule, log, [.. report.Faults.Select(f => f.ToString())], cancellationToken);
        throw FunctionException.LogDamaged(log, report.Faults.Count, report.FirstFault!.ToString());
    }

    private Task ReportAsync(ScheduleFired schedule, string log, string[] faults, CancellationToken cancellationToken)
    {
        // The time of the event, so that its second delivery is the same finding.
        DateTimeOffset at = schedule.Time ?? services.Clock.GetUtcNow();
        return services.Protection.Findings.WriteAsync(
            [.. faults.Select(fault => new Finding(Rule, "Audit log is not what was logged", Severity.Critical, fault, log, Location: null, [], at))],
            cancellationToken);
    }
}
