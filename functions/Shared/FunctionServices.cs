using Bulwark.Protection;
using Microsoft.Extensions.Logging;

namespace Bulwark.Functions;

/// <summary>What the functions stand on. A host fills it in once and keeps it for every invocation.</summary>
public sealed record FunctionServices
{
    /// <summary>Stores, keys, audit log and state.</summary>
    public required ProtectionServices Protection { get; init; }

    /// <summary>Container for protected models.</summary>
    public required string ProtectedContainer { get; init; }

    /// <summary>
    /// The only container that models are taken from; null for any. Whoever may write events must not be able to name another, such as
    /// the audit log's.
    /// </summary>
    public string? UploadContainer { get; init; }

    /// <summary>Told what the functions do.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>What the operator decided.</summary>
    public FunctionSettings Settings { get; init; } = new();

    /// <summary>Takes models that are too large for a function; null where no job queue is configured.</summary>
    public ILargeModelJobs? Jobs { get; init; }

    /// <summary>
    /// Whether an event's version (first) names a version that the store gave (second). Some triggers know less of a version than the
    /// store does.
    /// </summary>
    public Func<string, string, bool> IsVersion { get; init; } = string.Equals;

    /// <summary>The clock.</summary>
    public TimeProvider Clock => Protection.Clock;
}
