namespace Bulwark.State;

/// <summary>A small versioned document.</summary>
/// <param name="Collection">Kind of document, <c>[a-z0-9-]+</c>.</param>
/// <param name="Id">Identity inside the collection; any non-empty string of at most 1,024 bytes of UTF-8.</param>
/// <param name="Version">1 for the first write, one more for each later one.</param>
/// <param name="Content">UTF-8 JSON, at most 256 KiB (DynamoDB's item limit leaves room for no more).</param>
public sealed record StateDocument(string Collection, string Id, long Version, ReadOnlyMemory<byte> Content);

/// <summary>Versioned small documents with optimistic concurrency.</summary>
public interface IStateStore
{
    /// <summary>Reads a document. Null when there is none.</summary>
    Task<StateDocument?> GetAsync(string collection, string id, CancellationToken cancellationToken);

    /// <summary>
    /// Compare-and-swap: writes when the present version equals <paramref name="expectedVersion"/> (0 = must not exist).
    /// Returns the written document, or null when the version did not match.
    /// </summary>
    Task<StateDocument?> TryPutAsync(
        string collection, string id, ReadOnlyMemory<byte> content, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>Deletes when the version matches. False when it did not.</summary>
    Task<bool> TryDeleteAsync(string collection, string id, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>Lists a collection's documents whose ids start with the prefix, in ordinal order of their ids.</summary>
    IAsyncEnumerable<StateDocument> ListAsync(string collection, string idPrefix, CancellationToken cancellationToken);
}
