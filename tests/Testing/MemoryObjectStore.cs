using System.Runtime.CompilerServices;
using System.Text;
using Bulwark.Storage;

namespace Bulwark.Testing;

/// <summary>An object store in memory that keeps the port's promises, for tests of what stands on it.</summary>
public sealed class MemoryObjectStore : IObjectStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Container, string Name), (byte[] Bytes, string Version)> _objects = [];
    private long _versions;

    /// <summary>Puts an object there, unconditionally.</summary>
    public ObjectRef Put(string container, string name, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            string version = $"v{++_versions}";
            _objects[(container, name)] = (bytes.ToArray(), version);
            return new ObjectRef("memory", container, name, version, bytes.Length);
        }
    }

    /// <summary>The bytes of an object.</summary>
    public byte[] Get(string container, string name)
    {
        lock (_lock)
            return _objects.TryGetValue((container, name), out var found) ? found.Bytes : throw StorageException.NotFound($"memory://{container}/{name}");
    }

    /// <inheritdoc />
    public Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_objects.TryGetValue((container, name), out var found)
                ? new ObjectRef("memory", container, name, found.Version, found.Bytes.Length)
                : null);
        }
    }

    /// <inheritdoc />
    public Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken) =>
        Task.FromResult<IObjectReader>(new Reader(this, reference));

    /// <inheritdoc />
    public Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken) =>
        Task.FromResult<IObjectWriter>(new Writer(this, container, name, condition));

    /// <inheritdoc />
    public async IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectRef[] found;
        lock (_lock)
        {
            found = [.. _objects
                .Where(o => o.Key.Container == container && o.Key.Name.StartsWith(prefix, StringComparison.Ordinal))
                .OrderBy(o => Convert.ToHexString(Encoding.UTF8.GetBytes(o.Key.Name)), StringComparer.Ordinal)
                .Select(o => new ObjectRef("memory", container, o.Key.Name, o.Value.Version, o.Value.Bytes.Length))];
        }

        foreach (ObjectRef reference in found)
        {
            await Task.CompletedTask;
            cancellationToken.ThrowIfCancellationRequested();
            yield return reference;
        }
    }

    /// <inheritdoc />
    public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_objects.TryGetValue((reference.Container, reference.Name), out var found))
            {
                if (found.Version != reference.Version)
                    throw StorageException.Changed(reference.ToString());
                _objects.Remove((reference.Container, reference.Name));
            }
        }

        return Task.CompletedTask;
    }

    private sealed class Reader(MemoryObjectStore store, ObjectRef reference) : IObjectReader
    {
        public ObjectRef Source => reference;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] bytes = Present();
            if (offset < 0 || offset > bytes.Length - buffer.Length)
                throw StorageException.OutOfRange(reference.ToString(), offset, buffer.Length);
            bytes.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
            return ValueTask.CompletedTask;
        }

        public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken)
        {
            Present();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private byte[] Present()
        {
            lock (store._lock)
            {
                return store._objects.TryGetValue((reference.Container, reference.Name), out var found) && found.Version == reference.Version
                    ? found.Bytes
                    : throw StorageException.Changed(reference.ToString());
            }
        }
    }

    private sealed class Writer(MemoryObjectStore store, string container, string name, WriteCondition condition) : IObjectWriter
    {
        private readonly MemoryStream _bytes = new();

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _bytes.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public Task<ObjectRef> CommitAsync(CancellationToken cancellationToken)
        {
            lock (store._lock)
            {
                bool exists = store._objects.TryGetValue((container, name), out var found);
                if ((condition.MustNotExist && exists) || (condition.MustMatch is { } version && (!exists || found.Version != version)))
                    throw StorageException.Conflict($"memory://{container}/{name}");
                return Task.FromResult(store.Put(container, name, _bytes.ToArray()));
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
