using System.Runtime.CompilerServices;
using Bulwark.Local.Files;
using Bulwark.Storage;

namespace Bulwark.Local;

/// <summary>
/// An object store in folders: the container is the absolute path of a folder, the name is relative to it, <c>/</c>-separated.
/// </summary>
/// <remarks>
/// <para>
/// The operator chooses the container, so links on the way to it are followed; what is inside it may come from anyone, so no link
/// inside it is ever followed, and only regular files are read or replaced. On Linux each part of a name is opened from the
/// descriptor of the folder before it, so nothing can be swapped between a check and its use.
/// </para>
/// <para>
/// Versions are size, mtime, ctime and inode. The kernel moves the ctime on every change and no call sets it back.
/// A program that changes a file twice within one tick of a coarse kernel clock (before Linux 6.13, 1-4 ms) without changing its
/// size is not told apart.
/// </para>
/// <para>
/// New objects get mode 0644 less the process's umask, or less when the file they replace had less. Calls that only look are quick;
/// reads and writes do their I/O on the calling thread.
/// </para>
/// </remarks>
/// <param name="clock">Tells how old an abandoned file is; the system's by default.</param>
public sealed class FolderObjectStore(TimeProvider? clock = null) : IObjectStore
{
    /// <summary>The store's scheme in an <see cref="ObjectRef"/>.</summary>
    public const string Scheme = "file";

    private const uint PublishedMode = 0b110_100_100;
    private readonly uint _mode = PublishedMode & ~ProcessUmask.Read();

    /// <inheritdoc />
    /// <exception cref="StorageException">BW1002 for a refused name, BW1008 for something that is not a regular file.</exception>
    public Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            ObjectPath path = Checked(container, name);
            string what = path.Display(container);
            using FolderHandle? folder = FolderHandle.OpenParent(container, path, FolderUse.Pass);
            if (folder?.Look(path.Leaf, what) is not { } facts)
                return null;
            return facts.Kind == FileKind.Regular
                ? Reference(container, name, facts)
                : throw StorageException.NotAFile(what, facts.KindInWords);
        },
        cancellationToken);

    /// <inheritdoc />
    /// <exception cref="StorageException">
    /// BW1001 when it is gone, BW1004 when it is another version, BW1007 when it may not be read, BW1008 when it is no regular file.
    /// </exception>
    public Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return Task.Run<IObjectReader>(() => OpenRead(reference), cancellationToken);
    }

    /// <inheritdoc />
    /// <remarks>Missing folders, the container among them, are made.</remarks>
    public Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken) =>
        Task.Run<IObjectWriter>(() => Create(container, name, condition), cancellationToken);

    /// <inheritdoc />
    /// <remarks>
    /// Links, devices, pipes, sockets and files that are still being written are left out. A name that is not UTF-8 or that
    /// <see cref="FindAsync"/> would refuse (BW1002), and a folder below that may not be read (BW1007), is an error raised after every
    /// good name was returned: whoever goes by this list learns that there is more in the folder.
    /// </remarks>
    public async IAsyncEnumerable<ObjectRef> ListAsync(
        string container, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ObjectPath.CheckContainer(container);
        var walk = new FolderWalk(container, prefix);
        while (await Task.Run(walk.Next, cancellationToken) is { } reference)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return reference;
        }

        walk.ThrowIfSomethingWasLeftOut();
    }

    /// <inheritdoc />
    public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return Task.Run(() => Delete(reference, cancellationToken), cancellationToken);
    }

    /// <summary>Removes what writers that died left behind: temporary files that no living process holds.</summary>
    /// <param name="container">The folder; those below it are containers of their own.</param>
    /// <param name="olderThan">Only files that were not written for so long.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    /// <returns>How many files were removed.</returns>
    public Task<int> SweepAbandonedAsync(string container, TimeSpan olderThan, CancellationToken cancellationToken)
    {
        ObjectPath.CheckContainer(container);
        long newest = (long)((clock ?? TimeProvider.System).GetUtcNow() - olderThan - DateTimeOffset.UnixEpoch).TotalMicroseconds * 1000;
        return Task.Run(() => FolderWalk.Sweep(container, newest, cancellationToken), cancellationToken);
    }

    internal static ObjectRef Reference(string container, string name, FileFacts facts) =>
        new(Scheme, container, name, facts.Version, facts.Size);

    private static FolderObjectReader OpenRead(ObjectRef reference)
    {
        ObjectPath path = Checked(reference.Container, reference.Name);
        string what = path.Display(reference.Container);
        using FolderHandle folder = FolderHandle.OpenParent(reference.Container, path, FolderUse.Pass) ?? throw StorageException.NotFound(what);
        FileForReading file = folder.OpenFile(path.Leaf, what);
        if (file.Facts().Version == reference.Version)
            return new FolderObjectReader(file, reference);
        file.Dispose();
        throw StorageException.Changed(what);
    }

    private static void Delete(ObjectRef reference, CancellationToken cancellationToken)
    {
        ObjectPath path = Checked(reference.Container, reference.Name);
        string what = path.Display(reference.Container);
        using FolderHandle? folder = FolderHandle.OpenParent(reference.Container, path, FolderUse.Read);
        if (folder is null)
            return;
        using (folder.Lock(what, cancellationToken))
        {
            if (folder.Look(path.Leaf, what) is not { } facts)
                return;
            if (facts.Version != reference.Version || facts.Kind != FileKind.Regular)
                throw StorageException.Changed(what);
            folder.Remove(path.Leaf, what);
        }

        folder.Sync(what);
    }

    private static ObjectPath Checked(string container, string name)
    {
        ObjectPath.CheckContainer(container);
        return ObjectPath.Parse(name);
    }

    private FolderObjectWriter Create(string container, string name, WriteCondition condition)
    {
        ObjectPath path = Checked(container, name);
        string what = path.Display(container);
        FolderHandle folder = FolderHandle.OpenParent(container, path, FolderUse.Make) ?? throw StorageException.NotFound(what);
        try
        {
            FileFacts? present = folder.Look(path.Leaf, what);
            if (present is { Kind: not FileKind.Regular })
                throw StorageException.NotAFile(what, present.Value.KindInWords);
            uint mode = present is null ? _mode : _mode & present.Value.Permissions;
            return new FolderObjectWriter(folder, folder.CreateFile(TemporaryName.Next(), mode, what), container, path, condition);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }
}
