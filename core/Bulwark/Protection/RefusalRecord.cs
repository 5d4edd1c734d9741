using Bulwark.Audit;

namespace Bulwark.Protection;

/// <summary>Writes refusals to the audit log.</summary>
internal static class RefusalRecord
{
    /// <summary>
    /// Writes an entry about a refusal. A log that cannot take it does not take the refusal's place, because what is wrong with the model
    /// is what its user must hear; it is noted on it (<see cref="BulwarkException.Unrecorded"/>).
    /// </summary>
    public static async Task WriteAsync(AuditLog log, AuditEntry entry, BulwarkException refusal, CancellationToken cancellationToken)
    {
        try
        {
            await log.AppendAsync(entry, cancellationToken);
        }
        catch (BulwarkException error)
        {
            refusal.Unrecorded = error;
        }
    }
}
