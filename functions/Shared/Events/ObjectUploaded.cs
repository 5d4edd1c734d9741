namespace Bulwark.Functions.Events;

/// <summary>An object appeared in a store, or was replaced. The fields are CloudEvents' and the three clouds' common part.</summary>
public sealed record ObjectUploaded : FunctionEvent
{
    /// <summary>The store's scheme, as in <see cref="Storage.ObjectRef.Store"/>: <c>s3</c>, <c>azblob</c>, <c>gs</c>.</summary>
    public required string Store { get; init; }

    /// <summary>Bucket or container.</summary>
    public required string Container { get; init; }

    /// <summary>The object's key, decoded.</summary>
    public required string Name { get; init; }

    /// <summary>The version that the event is about, in the form that the store's adapter gives it; null where the event does not say.</summary>
    public string? Version { get; init; }

    /// <summary>Size in bytes; null where the event does not say.</summary>
    public long? Size { get; init; }

    /// <summary>Orders the events of one object: compared as hexadecimal numbers; null where there is none.</summary>
    public string? Sequencer { get; init; }
}
