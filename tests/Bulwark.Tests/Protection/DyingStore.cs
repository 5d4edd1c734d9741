using Bulwark.Storage;

namespace Bulwark.Tests.Protection;

/// <summary>
/// Lets a process die at its n-th call to the store: that call and every later one fail, so no clean-up happens either.
/// With <c>lost</c> the n-th call still takes effect, as when a process dies between the call and what comes after it.
/// </summary>
internal sealed class DyingStore(IObjectStore inner, int calls, bool lost) : IObjectStore
{
    private int _left = calls;

    /// <summary>Done instead of dying, once.</summary>
    public Func<Task>? Instead { get; set; }

    /// <summary>True when the end came before the work was done.</summary>
    public bool Died { get; private set; }

    public async Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken) =>
        await CallAsync(() => inner.FindAsync(container, name, cancellationToken));

    public Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken) =>
        CallAsync(() => inner.OpenReadAsync(reference, cancellationToken));

    public Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken) =>
        CallAsync<IObjectWriter>(async () => new Writer(this, await inner.CreateAsync(container, name, condition, cancellationToken)));

    public IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, CancellationToken cancellationToken) =>
        inner.ListAsync(container, prefix, cancellationToken);

    public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        await inner.DeleteAsync(reference, cancellationToken);
        return true;
    });

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        if (Died)
            throw new Death();
        if (_left-- > 0)
            return await call();
        if (Instead is { } instead)
        {
            (Instead, _left) = (null, int.MaxValue);
            await instead();
            return await call();
        }

        Died = true;
        if (lost)
            await call();
        throw new Death();
    }

    /// <summary>The end of a process; nothing catches it.</summary>
    public sealed class Death : Exception;

    private sealed class Writer(DyingStore store, IObjectWriter inner) : IObjectWriter
    {
        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => inner.WriteAsync(bytes, cancellationToken);

        public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public Task<ObjectRef> CommitAsync(CancellationToken cancellationToken) => store.CallAsync(() => inner.CommitAsync(cancellationToken));

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
