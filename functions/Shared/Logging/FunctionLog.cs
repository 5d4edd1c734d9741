using Microsoft.Extensions.Logging;

namespace Bulwark.Functions.Logging;

/// <summary>What the functions tell, one event id each. The object concerned stands in the scope.</summary>
internal static partial class FunctionLog
{
    [LoggerMessage(2201, LogLevel.Information, "The object is gone; nothing to do.")]
    public static partial void Gone(this ILogger logger);

    [LoggerMessage(2202, LogLevel.Information, "Version {eventVersion} was superseded by {presentVersion}, whose own event brings it here.")]
    public static partial void Superseded(this ILogger logger, string eventVersion, string presentVersion);

    [LoggerMessage(2203, LogLevel.Warning, "Refused [{code}]: {reason}")]
    public static partial void Refused(this ILogger logger, string code, string reason);

    [LoggerMessage(2204, LogLevel.Information, "Handed over to job {job}: {size} bytes are more than a function's time allows.")]
    public static partial void HandedOver(this ILogger logger, string job, long size);

    [LoggerMessage(2205, LogLevel.Information, "Another worker is protecting this version; waiting for it.")]
    public static partial void Waiting(this ILogger logger);

    [LoggerMessage(2206, LogLevel.Information, "What was there changed meanwhile ({code}); looking again.")]
    public static partial void LookingAgain(this ILogger logger, string code);

    [LoggerMessage(2207, LogLevel.Warning, "{objectName} is a part of a protected model or no model at all; left alone.")]
    public static partial void NotAModel(this ILogger logger, string objectName);

    [LoggerMessage(2208, LogLevel.Error, "Message {messageId} failed; the queue delivers it again.")]
    public static partial void MessageFailed(this ILogger logger, string messageId, Exception error);

    [LoggerMessage(2209, LogLevel.Warning, "Message {messageId} was not begun: {why}; the queue delivers it again.")]
    public static partial void MessageNotBegun(this ILogger logger, string messageId, string why);
}
