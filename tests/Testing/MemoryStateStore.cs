using System.Runtime.CompilerServices;
using System.Text;
using Bulwark.State;

namespace Bulwark.Testing;

/// <summary>A state store in memory that keeps the port's promises, for tests of what stands on it.</summary>
public sealed class MemoryStateStore : IStateStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Collection, string Id), StateDocument> _documents = [];

    /// <inheritdoc />
    public Task<StateDocument?> GetAsync(string collection, string id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        StateLimits.CheckCollection(collection);
        StateLimits.CheckId(id);
        lock (_lock)
            return Task.FromResult(_documents.GetValueOrDefault((collection, id)));
    }

    /// <inheritdoc />
    public Task<StateDocument?> TryPutAsync(
        string collection, string id, ReadOnlyMemory<byte> content, long expectedVersion, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        StateLimits.CheckCollection(collection);
        StateLimits.CheckId(id);
        StateLimits.CheckContent(content.Span);
        lock (_lock)
        {
            if ((_documents.GetValueOrDefault((collection, id))?.Version ?? 0) != expectedVersion)
                return Task.FromResult<StateDocument?>(null);
            var written = new StateDocument(collection, id, expectedVersion + 1, content.ToArray());
            _documents[(collection, id)] = written;
            return Task.FromResult<StateDocument?>(written);
        }
    }

    /// <inheritdoc />
    public Task<bool> TryDeleteAsync(string collection, string id, long expectedVersion, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return Task.FromResult(
                _documents.TryGetValue((collection, id), out StateDocument? present)
                && present.Version == expectedVersion
                && _documents.Remove((collection, id)));
        }
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<StateDocument> ListAsync(
        string collection, string idPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StateDocument[] found;
        lock (_lock)
        {
            found = [.. _documents.Values
                .Where(d => d.Collection == collection && d.Id.StartsWith(idPrefix, StringComparison.Ordinal))
                .OrderBy(d => Convert.ToHexString(Encoding.UTF8.GetBytes(d.Id)), StringComparer.Ordinal)];
        }

        foreach (StateDocument document in found)
        {
            await Task.CompletedTask;
            cancellationToken.ThrowIfCancellationRequested();
            yield return document;
        }
    }
}
