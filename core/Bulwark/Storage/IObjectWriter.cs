namespace Bulwark.Storage;

/// <summary>
/// Writes one new object front to back. Disposing without a commit leaves nothing behind.
/// Not safe for concurrent use.
/// </summary>
public interface IObjectWriter : IAsyncDisposable
{
    /// <summary>Appends bytes. The buffer may be reused once the task completes.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>
    /// Makes every byte durable without making the object visible, so that several objects can be published back to back.
    /// Optional; <see cref="CommitAsync"/> does it when it was not called.
    /// </summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>Publishes the object in one step, under the condition given when it was begun.</summary>
    /// <exception cref="StorageException">BW1005 when the condition does not hold.</exception>
    Task<ObjectRef> CommitAsync(CancellationToken cancellationToken);
}
