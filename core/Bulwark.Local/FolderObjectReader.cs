using Bulwark.Local.Files;
using Bulwark.Storage;

namespace Bulwark.Local;

/// <summary>
/// Ranges of one version of a file. Every read is followed by a look at the inode's size, mtime and ctime, so bytes of a file
/// that changed are never returned. (A writer through a shared memory mapping is seen only when the kernel updates its ctime.)
/// </summary>
internal sealed class FolderObjectReader(FileForReading file, ObjectRef source) : IObjectReader
{
    /// <inheritdoc />
    public ObjectRef Source => source;

    /// <inheritdoc />
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (offset < 0 || offset > source.Size - buffer.Length)
            throw StorageException.OutOfRange(source.ToString(), offset, buffer.Length);
        Span<byte> rest = buffer.Span;
        bool ended = false;
        while (rest.Length > 0 && !ended)
        {
            int count = file.Read(offset + (buffer.Length - rest.Length), rest);
            ended = count == 0;
            rest = rest[count..];
        }

        RequireUnchanged();
        return ended ? throw StorageException.OutOfRange(source.ToString(), offset, buffer.Length) : ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireUnchanged();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        file.Dispose();
        return ValueTask.CompletedTask;
    }

    private void RequireUnchanged()
    {
        if (file.Facts().Version != source.Version)
            throw StorageException.Changed(source.ToString());
    }
}
