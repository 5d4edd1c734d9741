namespace Bulwark.Functions.Events;

/// <summary>A request to a function's URL. Who is allowed to ask was decided before it came here.</summary>
public sealed record HttpRequest : FunctionEvent
{
    /// <summary>The method, in upper case.</summary>
    public required string Method { get; init; }

    /// <summary>The path, decoded, with its leading slash.</summary>
    public required string Path { get; init; }

    /// <summary>Query parameters, decoded; of a repeated one the last.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    /// <summary>Headers under their lower-case names.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The body, decoded.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Who asks, as the platform authenticated it: a role, a user; null for nobody.</summary>
    public string? Caller { get; init; }
}
