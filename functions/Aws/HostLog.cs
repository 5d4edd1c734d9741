using Microsoft.Extensions.Logging;

namespace Bulwark.Functions.Aws;

/// <summary>What the host tells outside of invocations.</summary>
internal static partial class HostLog
{
    [LoggerMessage(2251, LogLevel.Critical, "The program cannot go on.")]
    public static partial void CannotGoOn(this ILogger logger, Exception error);
}
