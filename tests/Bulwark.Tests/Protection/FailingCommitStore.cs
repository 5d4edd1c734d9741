using Bulwark.Storage;

namespace Bulwark.Tests.Protection;

/// <summary>Commits one object and answers that it failed: what a lost answer looks like.</summary>
internal sealed class FailingCommitStore(IObjectStore inner, string name) : IObjectStore
{
    public Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken) => inner.FindAsync(container, name, cancellationToken);

    public Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken) => inner.OpenReadAsync(reference, cancellationToken);

    public async Task<IObjectWriter> CreateAsync(string container, string created, WriteCondition condition, CancellationToken cancellationToken)
    {
        IObjectWriter writer = await inner.CreateAsync(container, created, condition, cancellationToken);
        return created == name ? new Writer(writer) : writer;
    }

    public IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, CancellationToken cancellationToken) => inner.ListAsync(container, prefix, cancellationToken);

    public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken) => inner.DeleteAsync(reference, cancellationToken);

    private sealed class Writer(IObjectWriter inner) : IObjectWriter
    {
        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => inner.WriteAsync(bytes, cancellationToken);

        public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public async Task<ObjectRef> CommitAsync(CancellationToken cancellationToken)
        {
            ObjectRef committed = await inner.CommitAsync(cancellationToken);
            throw StorageException.Failed(committed.ToString(), new IOException("the answer was lost"));
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
