using Bulwark.Protection;

namespace Bulwark.Functions;

/// <summary>What an operator decides about the functions; a host reads it from its environment.</summary>
public sealed record FunctionSettings
{
    /// <summary>How models are protected.</summary>
    public ProtectionOptions Protection { get; init; } = new();

    /// <summary>
    /// Models of more bytes than this are handed to a job instead, because a function's time would not do. The default is what half of
    /// the measured throughput does in 14 minutes (docs/performance.md); a deployment sets its own.
    /// </summary>
    public long HandOverBytes { get; init; } = 45L << 30;

    /// <summary>How long before the platform's deadline the work is stopped; null for the function's own default.</summary>
    public TimeSpan? DeadlineMargin { get; init; }

    /// <summary>Messages of a batch that are worked on at once. One by default: a model already keeps all cores busy.</summary>
    public int BatchParallelism { get; init; } = 1;

    /// <summary>How long to wait before asking again whether another worker has finished with the same model.</summary>
    public TimeSpan ClaimPoll { get; init; } = TimeSpan.FromSeconds(2);
}
