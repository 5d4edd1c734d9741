using System.Runtime.CompilerServices;
using Bulwark.State;

namespace Bulwark.Testing;

/// <summary>A state store in memory that keeps the port's promises.</summary>
public sealed class MemoryStateStore : IStateStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, StateDocument> _documents = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public Task<StateDocument?> GetAsync(string collection, string id, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult(_documents.GetValueOrDefault(Key(collection, id)));
    }

    /// <inheritdoc />
    public Task<StateDocument?> TryPutAsync(
        string collection, string id, ReadOnlyMemory<byte> content, long expectedVersion, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if ((_documents.GetValueOrDefault(Key(collection, id))?.Version ?? 0) != expectedVersion)
                return Task.FromResult<StateDocument?>(null);
            StateDocument written = new(collection, id, expectedVersion + 1, content.ToArray());
            _documents[Key(collection, id)] = written;
            return Task.FromResult<StateDocument?>(written);
        }
    }

    /// <inheritdoc />
    public Task<bool> TryDeleteAsync(string collection, string id, long expectedVersion, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(
                _documents.GetValueOrDefault(Key(collection, id))?.Version == expectedVersion && _documents.Remove(Key(collection, id)));
        }
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<StateDocument> ListAsync(
        string collection, string idPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StateDocument[] found;
        lock (_lock)
            found = [.. _documents.Where(d => d.Key.StartsWith(Key(collection, idPrefix), StringComparison.Ordinal)).Select(d => d.Value)];
        foreach (StateDocument document in found)
        {
            await Task.CompletedTask;
            cancellationToken.ThrowIfCancellationRequested();
            yield return document;
        }
    }

    private static string Key(string collection, string id) => $"{collection}\n{id}";
}
