using Bulwark.Storage;

namespace Bulwark.Local.Files;

/// <summary>
/// A folder where the Linux calls are not to be had (macOS, Windows): plain .NET calls on paths. Links are refused by a check
/// before the use.
/// </summary>
internal sealed class PortableFolder(string path) : FolderHandle
{
    // Of TemporaryName's kind, so that it is neither listed nor anybody's object.
    private const string LockName = ".bulwark-000000000000000000000000.tmp";
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(60);

    public static PortableFolder? Open(string path, FolderUse use) => Guard($"The folder {path}", () =>
    {
        if (Makes(use) && !OperatingSystem.IsWindows())
            Directory.CreateDirectory(path, (UnixFileMode)ModeFor(use));
        else if (Makes(use))
            Directory.CreateDirectory(path);
        return Directory.Exists(path) ? new PortableFolder(path) : null;
    });

    public override FileFacts Facts(string what) => Guard(what, () => FactsOf(path) ?? throw StorageException.NotFound(what));

    public override FolderHandle? OpenFolder(string part, FolderUse use, string what)
    {
        string below = Path.Combine(path, part);
        FileFacts? facts = Look(part, what);
        if (facts is { Kind: FileKind.SymbolicLink })
            throw StorageException.NotAFile(what, "behind a symbolic link");
        if (facts is { Kind: not FileKind.Folder })
            return Makes(use) ? throw StorageException.NotAFile(what, "below something that is not a folder") : null;
        return Open(below, use);
    }

    public override FileFacts? Look(string leaf, string what) => Guard<FileFacts?>(what, () => FactsOf(Path.Combine(path, leaf)));

    public override FileForReading OpenFile(string leaf, string what) => Guard(what, () =>
    {
        FileFacts facts = Look(leaf, what) ?? throw StorageException.NotFound(what);
        if (facts.Kind != FileKind.Regular)
            throw StorageException.NotAFile(what, facts.KindInWords);
        string full = Path.Combine(path, leaf);
        return new PortableFileForReading(full, File.OpenHandle(full, share: FileShare.ReadWrite | FileShare.Delete), what);
    });

    public override FileForWriting CreateFile(string leaf, uint permissions, string what) => Guard(what, () =>
    {
        string full = Path.Combine(path, leaf);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read | FileShare.Delete, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new PortableFileForWriting(full, new FileStream(full, options), permissions, what);
    });

    public override bool Publish(FileForWriting file, string leaf, bool replace, string what) => Guard(what, () =>
    {
        string target = Path.Combine(path, leaf);
        if (!replace && FactsOf(target) is not null)
            return false;
        File.Move(Path.Combine(path, file.Leaf), target, replace);
        return true;
    });

    public override void Remove(string leaf, string what) => Guard(what, () =>
    {
        File.Delete(Path.Combine(path, leaf));
        return true;
    });

    public override void Sync(string what)
    {
        // .NET offers no durable rename here.
    }

    public override IDisposable Lock(string what, CancellationToken cancellationToken)
    {
        long start = Environment.TickCount64;
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not DirectoryNotFoundException)
            {
                if (Environment.TickCount64 - start > LockPatience.TotalMilliseconds)
                    throw StorageException.Failed(what, e);
                cancellationToken.WaitHandle.WaitOne(Random.Shared.Next(16));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    public override bool RemoveIfAbandoned(string leaf, string what)
    {
        if (leaf == LockName)
            return false;
        Remove(leaf, what);
        return true;
    }

    public override List<FolderEntry> Entries(string what) =>
        Guard(what, () => Directory.EnumerateFileSystemEntries(path).Select(e => new FolderEntry(Path.GetFileName(e), true)).ToList());

    public override void Dispose()
    {
    }

    internal static FileFacts? FactsOf(string full)
    {
        var info = new FileInfo(full);
        FileAttributes attributes = info.Attributes;
        if ((int)attributes == -1)
            return null;
        FileKind kind = info.LinkTarget is not null ? FileKind.SymbolicLink
            : attributes.HasFlag(FileAttributes.Directory) ? FileKind.Folder
            : attributes.HasFlag(FileAttributes.Device) ? FileKind.Device
            : FileKind.Regular;
        long modified = (info.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100;
        long created = (info.CreationTimeUtc - DateTime.UnixEpoch).Ticks * 100;
        uint permissions = OperatingSystem.IsWindows() ? 0b110_000_000 : (uint)info.UnixFileMode;
        return new FileFacts(kind, kind == FileKind.Regular ? info.Length : 0, modified, created, 0, permissions, 0);
    }

    internal static T Guard<T>(string what, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (UnauthorizedAccessException e)
        {
            throw StorageException.AccessDenied(what, e);
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw StorageException.NotFound(what);
        }
        catch (IOException e) when ((e.HResult & 0xffff) is 28 or 112)
        {
            // ENOSPC on Unix, ERROR_DISK_FULL on Windows.
            throw StorageException.NoSpace(what, e);
        }
        catch (IOException e)
        {
            throw StorageException.Failed(what, e);
        }
    }
}
