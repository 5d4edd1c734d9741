using Bulwark.Local.Files;
using Bulwark.Storage;

namespace Bulwark.Local;

/// <summary>
/// Writes a hidden temporary file in the object's own folder, and publishes it with one rename:
/// write, fsync the file, lock the folder, check the condition, rename, fsync the folder.
/// </summary>
internal sealed class FolderObjectWriter(FolderHandle folder, FileForWriting file, string container, ObjectPath path, WriteCondition condition)
    : IObjectWriter
{
    private readonly string _what = path.Display(container);
    private bool _committed;
    private bool _disposed;

    /// <inheritdoc />
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        file.Append(bytes.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        return new ValueTask(Task.Run(file.Sync, cancellationToken));
    }

    /// <inheritdoc />
    public Task<ObjectRef> CommitAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        return Task.Run(() => Commit(cancellationToken), cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        if (_disposed)
            return ValueTask.CompletedTask;
        _disposed = true;
        try
        {
            if (!_committed)
                folder.Remove(file.Leaf, _what);
        }
        finally
        {
            file.Dispose();
            folder.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private ObjectRef Commit(CancellationToken cancellationToken)
    {
        file.Sync();
        using (folder.Lock(_what, cancellationToken))
        {
            FileFacts? present = folder.Look(path.Leaf, _what);
            if (present is { Kind: not FileKind.Regular })
                throw StorageException.NotAFile(_what, present.Value.KindInWords);
            if ((condition.MustNotExist && present is not null) || (condition.MustMatch is { } version && present?.Version != version))
                throw StorageException.Conflict(_what);

            // A name that appeared in spite of the lock belongs to a program that does not know the lock.
            if (!folder.Publish(file, path.Leaf, replace: !condition.MustNotExist, _what))
                throw StorageException.Conflict(_what);
            _committed = true;
        }

        folder.Sync(_what);
        FileFacts facts = file.Facts();
        return new ObjectRef(FolderObjectStore.Scheme, container, path.Name, facts.Version, facts.Size);
    }

    private void RequireOpen()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_committed)
            throw new InvalidOperationException("The object was committed already.");
    }
}
