namespace Bulwark.Functions.Events;

/// <summary>Messages of a queue that are handled, and fail, one by one.</summary>
public sealed record QueueBatch : FunctionEvent
{
    /// <summary>The messages, in the order in which they came.</summary>
    public required IReadOnlyList<QueueMessage> Messages { get; init; }

    /// <summary>Whether the queue keeps an order: then whatever comes after a failed message of a group has failed too.</summary>
    public bool Ordered { get; init; }
}

/// <summary>One message.</summary>
/// <param name="Id">What the answer calls it when it failed.</param>
/// <param name="Group">The group within which order is kept; null for none.</param>
/// <param name="Content">What it says: an event, or several; or why it cannot be read, in which case it fails by itself.</param>
public sealed record QueueMessage(string Id, string? Group, QueueContent Content);

/// <summary>What a message says.</summary>
/// <param name="Events">Events in it; none for a notice that asks for nothing, such as a test event.</param>
/// <param name="Trouble">Why it cannot be read; null when it could.</param>
public sealed record QueueContent(IReadOnlyList<FunctionEvent> Events, BulwarkException? Trouble);
