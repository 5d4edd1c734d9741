using Bulwark.Storage;

namespace Bulwark.Audit;

/// <summary>An object that was read whole, and which version of it.</summary>
internal sealed record LogObject(ObjectRef Reference, byte[] Bytes);

/// <summary>The objects of one log: small, read and written whole.</summary>
internal sealed class LogObjects(IObjectStore store, string container)
{
    private const int MaxReadAttempts = 16;

    /// <summary>Names the log in errors.</summary>
    public string Container => container;

    /// <summary>
    /// Reads an object; null when there is none. Of one that is larger than the limit, one byte more than the limit is read,
    /// so that its parser refuses it.
    /// </summary>
    public async Task<LogObject?> ReadAsync(string name, int limit, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (await store.FindAsync(container, name, cancellationToken) is not { } reference)
                    return null;
                await using IObjectReader reader = await store.OpenReadAsync(reference, cancellationToken);
                byte[] bytes = new byte[Math.Min(reference.Size, limit + 1L)];
                await reader.ReadAsync(0, bytes, cancellationToken);
                return new LogObject(reference, bytes);
            }
            catch (StorageException error) when (error.Code == "BW1008")
            {
                return null;
            }
            catch (StorageException error) when (error.Code is "BW1001" or "BW1003" or "BW1004" && attempt < MaxReadAttempts)
            {
                // Replaced or deleted between the look-up and the read: look again.
                await Task.Yield();
            }
        }
    }

    /// <summary>The present version of an object, or null.</summary>
    public async Task<string?> VersionAsync(string name, CancellationToken cancellationToken) =>
        (await store.FindAsync(container, name, cancellationToken))?.Version;

    /// <summary>Writes an object. Null when the condition did not hold.</summary>
    public async Task<ObjectRef?> TryWriteAsync(string name, ReadOnlyMemory<byte> bytes, WriteCondition condition, CancellationToken cancellationToken)
    {
        try
        {
            await using IObjectWriter writer = await store.CreateAsync(container, name, condition, cancellationToken);
            await writer.WriteAsync(bytes, cancellationToken);
            return await writer.CommitAsync(cancellationToken);
        }
        catch (StorageException error) when (error.Code is "BW1005" or "BW1004")
        {
            return null;
        }
    }

    /// <summary>Deletes an object that nobody needs any more. That it could not be deleted harms nothing.</summary>
    public async Task DiscardAsync(string name)
    {
        try
        {
            if (await store.FindAsync(container, name, CancellationToken.None) is { } reference)
                await store.DeleteAsync(reference, CancellationToken.None);
        }
        catch (StorageException)
        {
        }
    }

    /// <summary>The tiles and bundles that are there, in ordinal order of their names.</summary>
    public async IAsyncEnumerable<TilePath> ListAsync(
        string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ObjectRef reference in store.ListAsync(container, prefix, cancellationToken))
        {
            if (TilePath.TryParse(reference.Name, out TilePath path))
                yield return path;
        }
    }
}
