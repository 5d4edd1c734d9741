namespace Bulwark.Storage;

/// <summary>A port to an object store: ranges in, streams out, conditional writes.</summary>
/// <remarks>
/// Every method throws <see cref="StorageException"/> for failures of the store (not found, conflict, changed, no space,
/// refused name) and <see cref="OperationCanceledException"/> when cancelled.
/// </remarks>
public interface IObjectStore
{
    /// <summary>Looks an object up. Null when there is none.</summary>
    Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken);

    /// <summary>Opens one version for reading. Reads fail with BW1004 once the object is no longer that version.</summary>
    Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken);

    /// <summary>Begins a new object. Nothing is visible under the name before <see cref="IObjectWriter.CommitAsync"/> returns.</summary>
    Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken);

    /// <summary>Lists the objects whose names start with the prefix, in ordinal order of their UTF-8 names.</summary>
    IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, CancellationToken cancellationToken);

    /// <summary>Deletes that version of the object; an object that is already gone is no error, a changed one is (BW1004).</summary>
    Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken);
}
