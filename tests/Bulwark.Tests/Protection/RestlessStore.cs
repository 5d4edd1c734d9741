using Bulwark.Storage;

namespace Bulwark.Tests.Protection;

/// <summary>A store in which something happens whenever an object was opened for reading.</summary>
internal sealed class RestlessStore(IObjectStore inner, Action change) : IObjectStore
{
    public int Opened { get; private set; }

    public Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken) => inner.FindAsync(container, name, cancellationToken);

    public async Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken)
    {
        IObjectReader reader = await inner.OpenReadAsync(reference, cancellationToken);
        Opened++;
        change();
        return reader;
    }

    public Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken) =>
        inner.CreateAsync(container, name, condition, cancellationToken);

    public IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, CancellationToken cancellationToken) => inner.ListAsync(container, prefix, cancellationToken);

    public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken) => inner.DeleteAsync(reference, cancellationToken);
}
