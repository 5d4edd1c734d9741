using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Bulwark.Storage;
using Microsoft.Win32.SafeHandles;

namespace Bulwark.Local.Files;

/// <summary>A folder on Linux, held by its descriptor; see openat(2), statx(2), renameat2(2), flock(2).</summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxFolder : FolderHandle
{
    private const int FirstRetryMs = 1;
    private const int MostSwept = 16;
    private const int LongestRetryMs = 16;
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(60);
    private readonly SafeFileHandle _handle;

    private LinuxFolder(SafeFileHandle handle) => _handle = handle;

    public static LinuxFolder? Open(string path, FolderUse use)
    {
        int fd = Libc.OpenAt(Libc.AtCwd, path, FlagsFor(use), 0);
        if (fd < 0 && Makes(use) && LinuxError.Last == LinuxError.NoEntry)
        {
            MakeContainer(path, ModeFor(use));
            fd = Libc.OpenAt(Libc.AtCwd, path, FlagsFor(use), 0);
        }

        if (fd >= 0)
            return new LinuxFolder(Own(fd));
        int errno = LinuxError.Last;
        return errno is LinuxError.NoEntry or LinuxError.NotAFolder && !Makes(use)
            ? null
            : throw LinuxError.For(errno, $"The folder {path}");
    }

    public override FileFacts Facts(string what) => FactsOf(_handle, what);

    public override FolderHandle? OpenFolder(string part, FolderUse use, string what)
    {
        int fd = Libc.OpenAt(_handle, part, FlagsFor(use) | Libc.NoFollow, 0);
        if (fd < 0 && Makes(use) && LinuxError.Last == LinuxError.NoEntry)
        {
            if (Libc.MakeFolderAt(_handle, part, ModeFor(use)) == 0)
                Sync(what);
            else if (LinuxError.Last != LinuxError.Exists)
                throw LinuxError.For(LinuxError.Last, what);
            fd = Libc.OpenAt(_handle, part, FlagsFor(use) | Libc.NoFollow, 0);
        }

        if (fd >= 0)
            return new LinuxFolder(Own(fd));
        int errno = LinuxError.Last;
        if (errno is LinuxError.NotAFolder or LinuxError.TooManyLinks)
        {
            if (Look(part, what) is { Kind: FileKind.SymbolicLink })
                throw StorageException.NotAFile(what, "behind a symbolic link");
            return Makes(use) ? throw StorageException.NotAFile(what, "below something that is not a folder") : null;
        }

        return errno == LinuxError.NoEntry && !Makes(use) ? null : throw LinuxError.For(errno, what);
    }

    public override FileFacts? Look(string leaf, string what)
    {
        if (Libc.Statx(_handle, leaf, Libc.AtSymlinkNoFollow, Libc.BasicStats, out Libc.StatxBuffer buffer) == 0)
            return FactsOf(buffer);
        return LinuxError.Last == LinuxError.NoEntry ? null : throw LinuxError.For(LinuxError.Last, what);
    }

    public override FileForReading OpenFile(string leaf, string what)
    {
        // Opening a device may already do something to it, so its kind is looked up first; the descriptor's kind decides.
        FileFacts seen = Look(leaf, what) ?? throw StorageException.NotFound(what);
        RequireRegular(seen, what);
        int flags = Libc.ReadOnly | Libc.NoFollow | Libc.NonBlocking | Libc.NoControllingTerminal | Libc.CloseOnExec;
        int fd = Libc.OpenAt(_handle, leaf, flags, 0);
        if (fd < 0)
            throw LinuxError.For(LinuxError.Last, what);
        SafeFileHandle handle = Own(fd);
        try
        {
            RequireRegular(FactsOf(handle, what), what);
            return new LinuxFileForReading(handle, what);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public override FileForWriting CreateFile(string leaf, uint permissions, string what)
    {
        int flags = Libc.ReadWrite | Libc.Create | Libc.Exclusive | Libc.NoFollow | Libc.CloseOnExec;
        for (int attempt = 0; ; attempt++)
        {
            int fd = Libc.OpenAt(_handle, leaf, flags, 0b110_000_000);
            if (fd < 0)
                throw LinuxError.For(LinuxError.Last, what);
            SafeFileHandle handle = Own(fd);

            // Held until the file has its name: a sweeper leaves locked files alone, and the kernel unlocks what a dead process held.
            while (Libc.Flock(handle, Libc.LockExclusive) != 0 && LinuxError.Last == LinuxError.Interrupted)
            {
            }

            // A sweeper may have come between the two calls; then the file has no name any more.
            if (attempt == MostSwept || Look(leaf, what)?.Inode == FactsOf(handle, what).Inode)
                return new LinuxFileForWriting(handle, leaf, permissions, what);
            handle.Dispose();
        }
    }

    public override bool Publish(FileForWriting file, string leaf, bool replace, string what)
    {
        // Unlocked first, so that a reader who locks what it reads (.NET's FileStream does) is not turned away.
        ((LinuxFileForWriting)file).Unlock();
        if (replace)
            return Libc.RenameAt(_handle, file.Leaf, _handle, leaf) == 0 ? true : throw LinuxError.For(LinuxError.Last, what);
        return RenameWithoutReplacing(file.Leaf, leaf, what);
    }

    public override void Remove(string leaf, string what)
    {
        if (Libc.UnlinkAt(_handle, leaf, 0) != 0 && LinuxError.Last != LinuxError.NoEntry)
            throw LinuxError.For(LinuxError.Last, what);
    }

    public override void Sync(string what)
    {
        // EINVAL: a file system that has no such thing as a durable folder.
        while (Libc.Fsync(_handle) != 0)
        {
            if (LinuxError.Last == LinuxError.Invalid)
                return;
            if (LinuxError.Last != LinuxError.Interrupted)
                throw LinuxError.For(LinuxError.Last, what);
        }
    }

    public override IDisposable Lock(string what, CancellationToken cancellationToken)
    {
        long start = Environment.TickCount64;
        int wait = FirstRetryMs;
        while (Libc.Flock(_handle, Libc.LockExclusive | Libc.LockNonBlocking) != 0)
        {
            int errno = LinuxError.Last;
            if (errno is not (LinuxError.TryAgain or LinuxError.Interrupted))
                throw LinuxError.For(errno, what);
            if (Environment.TickCount64 - start > LockPatience.TotalMilliseconds)
                throw StorageException.Failed(what, new TimeoutException("another process keeps its folder locked"));
            cancellationToken.WaitHandle.WaitOne(Random.Shared.Next(wait + 1));
            cancellationToken.ThrowIfCancellationRequested();
            wait = Math.Min(wait * 2, LongestRetryMs);
        }

        return new FolderLock(_handle);
    }

    public override bool RemoveIfAbandoned(string leaf, string what)
    {
        int fd = Libc.OpenAt(_handle, leaf, Libc.ReadOnly | Libc.NoFollow | Libc.NonBlocking | Libc.CloseOnExec, 0);
        if (fd < 0)
            return false;
        using SafeFileHandle handle = Own(fd);
        if (FactsOf(handle, what).Kind != FileKind.Regular
            || (Libc.Flock(handle, Libc.LockExclusive | Libc.LockNonBlocking) != 0 && LinuxError.Last == LinuxError.TryAgain))
        {
            return false;
        }

        Remove(leaf, what);
        return true;
    }

    public override List<FolderEntry> Entries(string what)
    {
        // readdir takes the descriptor over and moves its position, so it gets its own.
        int fd = Libc.OpenAt(_handle, ".", FlagsFor(FolderUse.Read), 0);
        if (fd < 0)
            throw LinuxError.For(LinuxError.Last, what);
        nint stream = Libc.OpenStream(fd);
        if (stream == 0)
        {
            int errno = LinuxError.Last;
            _ = Libc.Close(fd);
            throw LinuxError.For(errno, what);
        }

        try
        {
            return ReadEntries(stream, what);
        }
        finally
        {
            _ = Libc.CloseStream(stream);
        }
    }

    public override void Dispose() => _handle.Dispose();

    internal static FileFacts FactsOf(SafeFileHandle handle, string what) =>
        Libc.Statx(handle, "", Libc.AtEmptyPath, Libc.BasicStats, out Libc.StatxBuffer buffer) == 0
            ? FactsOf(buffer)
            : throw LinuxError.For(LinuxError.Last, what);

    private static FileFacts FactsOf(in Libc.StatxBuffer s) => new(
        (s.Mode & 0xf000) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Folder,
            0xa000 => FileKind.SymbolicLink,
            0x2000 or 0x6000 => FileKind.Device,
            0x1000 => FileKind.Pipe,
            0xc000 => FileKind.Socket,
            _ => FileKind.Other,
        },
        (long)Math.Min(s.Size, long.MaxValue),
        unchecked((s.ModifiedSeconds * 1_000_000_000) + s.ModifiedNanoseconds),
        unchecked((s.ChangedSeconds * 1_000_000_000) + s.ChangedNanoseconds),
        s.Inode,
        s.Mode & 0xfffu,
        s.UserId);

    private static unsafe List<FolderEntry> ReadEntries(nint stream, string what)
    {
        // struct dirent of 64-bit glibc and musl: d_ino 8, d_off 8, d_reclen 2, d_type 1, then the name, ended by NUL.
        const int NameAt = 19;
        var entries = new List<FolderEntry>();
        while (true)
        {
            Marshal.SetLastSystemError(0);
            nint entry = Libc.ReadEntry(stream);
            if (entry == 0)
                return LinuxError.Last == 0 ? entries : throw LinuxError.For(LinuxError.Last, what);
            ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry + NameAt);
            if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
                continue;
            entries.Add(System.Text.Unicode.Utf8.IsValid(name)
                ? new FolderEntry(Encoding.UTF8.GetString(name), true)
                : new FolderEntry(Escaped(name), false));
        }
    }

    private static string Escaped(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder();
        foreach (byte b in name)
            _ = b is >= 0x20 and < 0x7f ? text.Append((char)b) : text.Append("\\x").Append(Convert.ToHexStringLower([b]));
        return text.ToString();
    }

    private static void RequireRegular(FileFacts facts, string what)
    {
        if (facts.Kind != FileKind.Regular)
            throw StorageException.NotAFile(what, facts.KindInWords);
    }

    private static void MakeContainer(string path, uint mode)
    {
        try
        {
            Directory.CreateDirectory(path, (UnixFileMode)mode);
        }
        catch (UnauthorizedAccessException e)
        {
            throw StorageException.AccessDenied($"The folder {path}", e);
        }
        catch (IOException e)
        {
            // .NET puts the errno there.
            throw e.HResult is LinuxError.ReadOnlySystem or LinuxError.NoSpace or LinuxError.QuotaExceeded or LinuxError.NameTooLong
                ? LinuxError.For(e.HResult, $"The folder {path}")
                : StorageException.Failed($"The folder {path}", e);
        }
    }

    private static int FlagsFor(FolderUse use) =>
        Libc.Directory | Libc.CloseOnExec | (use == FolderUse.Pass ? Libc.PathOnly : Libc.ReadOnly);

    private static SafeFileHandle Own(int fd) => new(fd, ownsHandle: true);

    private bool RenameWithoutReplacing(string temporary, string leaf, string what)
    {
        try
        {
            if (Libc.RenameAt2(_handle, temporary, _handle, leaf, Libc.RenameNoReplace) == 0)
                return true;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the call (musl before 1.2.6).
            return LinkWithoutReplacing(temporary, leaf, what);
        }

        return LinuxError.Last switch
        {
            LinuxError.Exists => false,
            LinuxError.Invalid or LinuxError.NotImplemented or LinuxError.NotSupported => LinkWithoutReplacing(temporary, leaf, what),
            int errno => throw LinuxError.For(errno, what),
        };
    }

    private bool LinkWithoutReplacing(string temporary, string leaf, string what)
    {
        if (Libc.LinkAt(_handle, temporary, _handle, leaf, 0) != 0)
            return LinuxError.Last == LinuxError.Exists ? false : throw LinuxError.For(LinuxError.Last, what);
        Remove(temporary, what);
        return true;
    }

    private sealed class FolderLock(SafeFileHandle folder) : IDisposable
    {
        public void Dispose() => _ = Libc.Flock(folder, Libc.Unlock);
    }
}
