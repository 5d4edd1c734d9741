namespace Bulwark.Functions.Events;

/// <summary>A schedule fired.</summary>
public sealed record ScheduleFired : FunctionEvent
{
    /// <summary>The schedule's name or address; null where the platform does not say.</summary>
    public string? Schedule { get; init; }
}
