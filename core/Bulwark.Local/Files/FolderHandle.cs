namespace Bulwark.Local.Files;

/// <summary>
/// One open folder. Everything in it is reached from this handle by a single name, so that no part of a path can be swapped
/// for a link between a check and its use.
/// </summary>
internal abstract class FolderHandle : IDisposable
{
    /// <summary>Opens a container. The way to it is the operator's choice, so links in it are followed.</summary>
    /// <returns>Null when there is none and it is not to be made.</returns>
    public static FolderHandle? OpenContainer(string container, FolderUse use) =>
        OperatingSystem.IsLinux() ? LinuxFolder.Open(container, use) : PortableFolder.Open(container, use);

    /// <summary>Opens the folder that holds an object, never through a link.</summary>
    /// <returns>Null when there is none and it is not to be made.</returns>
    public static FolderHandle? OpenParent(string container, ObjectPath path, FolderUse use)
    {
        FolderHandle? folder = OpenContainer(container, use);
        foreach (string part in path.Folders)
        {
            if (folder is null)
                return null;
            using FolderHandle parent = folder;
            folder = parent.OpenFolder(part, use, path.Display(container));
        }

        return folder;
    }

    /// <summary>What the file system says about this folder.</summary>
    public abstract FileFacts Facts(string what);

    /// <summary>Opens a folder in this one, without following a link.</summary>
    public abstract FolderHandle? OpenFolder(string part, FolderUse use, string what);

    /// <summary>What stands under the name; null for nothing. Links are not followed.</summary>
    public abstract FileFacts? Look(string leaf, string what);

    /// <summary>Opens a regular file for reading; anything else is refused without blocking.</summary>
    public abstract FileForReading OpenFile(string leaf, string what);

    /// <summary>Makes a new, hidden, locked file that nobody but its owner can read.</summary>
    /// <param name="leaf">A name of <see cref="TemporaryName"/>'s kind.</param>
    /// <param name="permissions">Mode of the file once it is published.</param>
    /// <param name="what">The object, for errors.</param>
    public abstract FileForWriting CreateFile(string leaf, uint permissions, string what);

    /// <summary>Gives a temporary file its final name in one step. False when <paramref name="replace"/> is false and the name is taken.</summary>
    public abstract bool Publish(FileForWriting file, string leaf, bool replace, string what);

    /// <summary>Removes a name; nothing happens when it is gone.</summary>
    public abstract void Remove(string leaf, string what);

    /// <summary>Makes the folder's names durable.</summary>
    public abstract void Sync(string what);

    /// <summary>Keeps other publishers and sweepers, in this and other processes, out of this folder until disposed.</summary>
    public abstract IDisposable Lock(string what, CancellationToken cancellationToken);

    /// <summary>Removes a temporary file unless its writer lives. Call it under <see cref="Lock"/>.</summary>
    public abstract bool RemoveIfAbandoned(string leaf, string what);

    /// <summary>The entries, in no order. Names that are not UTF-8 come with each wrong byte written as <c>\xNN</c>, and marked.</summary>
    public abstract List<FolderEntry> Entries(string what);

    /// <inheritdoc />
    public abstract void Dispose();

    /// <summary>Whether a missing folder is made.</summary>
    protected static bool Makes(FolderUse use) => use is FolderUse.Make or FolderUse.MakePrivate;

    /// <summary>Mode of a folder that is made.</summary>
    protected static uint ModeFor(FolderUse use) => use == FolderUse.MakePrivate ? 0b111_000_000u : 0b111_101_101u;
}
