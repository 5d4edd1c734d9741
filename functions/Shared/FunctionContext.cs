namespace Bulwark.Functions;

/// <summary>What a function may know of the call it serves, whatever cloud it runs on.</summary>
public sealed record FunctionContext
{
    /// <summary>The platform's id of this invocation; the same on a retry where the platform keeps it.</summary>
    public required string InvocationId { get; init; }

    /// <summary>The function's name in the catalogue.</summary>
    public required string Function { get; init; }

    /// <summary>
    /// When the platform will stop the function whatever it does; the cancellation token fires a little before.
    /// <see cref="DateTimeOffset.MaxValue"/> for a job that may take as long as it takes.
    /// </summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>W3C <c>traceparent</c> of the caller; null where there is none.</summary>
    public string? TraceParent { get; init; }
}
