namespace Bulwark.Functions.Events;

/// <summary>What a function is called with, whatever cloud it runs on.</summary>
public abstract record FunctionEvent
{
    /// <summary>The event's own id, the same on every delivery; null where the platform gives none.</summary>
    public string? Id { get; init; }

    /// <summary>When it happened; null where the platform does not say.</summary>
    public DateTimeOffset? Time { get; init; }
}
