using Bulwark.Storage;

namespace Bulwark.Functions.Tests;

/// <summary>A store whose source never finishes reading, until the reader is cancelled.</summary>
internal sealed class StallingStore(IObjectStore inner) : IObjectStore
{
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when somebody waits.</summary>
    public Task Stalled => _stalled.Task;

    public Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken) => inner.FindAsync(container, name, cancellationToken);

    public async Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken)
    {
        _stalled.TrySetResult();
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return await inner.OpenReadAsync(reference, cancellationToken);
    }

    public Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken) =>
        inner.CreateAsync(container, name, condition, cancellationToken);

    public IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, CancellationToken cancellationToken) => inner.ListAsync(container, prefix, cancellationToken);

    public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken) => inner.DeleteAsync(reference, cancellationToken);
}

/// <summary>A store in which something happens whenever an object was opened for reading.</summary>
internal sealed class ChangingStore(IObjectStore inner, Action change) : IObjectStore
{
    public Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken) => inner.FindAsync(container, name, cancellationToken);

    public async Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken)
    {
        IObjectReader reader = await inner.OpenReadAsync(reference, cancellationToken);
        change();
        return reader;
    }

    public Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken) =>
        inner.CreateAsync(container, name, condition, cancellationToken);

    public IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, CancellationToken cancellationToken) => inner.ListAsync(container, prefix, cancellationToken);

    public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken) => inner.DeleteAsync(reference, cancellationToken);
}
