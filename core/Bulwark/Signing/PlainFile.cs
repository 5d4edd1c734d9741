using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Bulwark.Signing;

/// <summary>
/// Looks at files and opens plain ones without ever waiting on, or waking, something that is not one: opening a named pipe blocks,
/// opening a device may do something to it. On Linux by statx(2) and open(2); elsewhere with what .NET offers.
/// </summary>
internal static partial class PlainFile
{
    // asm-generic/fcntl.h; O_NOFOLLOW differs on arm64.
    private const int ReadOnly = 0;
    private const int NoControllingTerminal = 0x100;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    // linux/fcntl.h and linux/stat.h
    private const int AtCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const int AtEmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;
    private const int NoEntry = 2;

    private static int NoFollow => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>What stands under a path; a link is not followed. Null where nothing does.</summary>
    /// <exception cref="SigningException">BW1809.</exception>
    public static FileFacts? Look(string path, string name)
    {
        if (!OperatingSystem.IsLinux())
            return LookPortably(path);
        if (Statx(AtCwd, path, AtSymlinkNoFollow, BasicStats, out StatxBuffer buffer) == 0)
            return FactsOf(buffer);
        int errno = Marshal.GetLastPInvokeError();
        return errno == NoEntry ? null : throw Failed(name, errno);
    }

    /// <summary>Opens a plain file that must still be what was seen.</summary>
    /// <exception cref="SigningException">BW1809: it cannot be opened. BW1810: it is another file by now.</exception>
    public static SafeFileHandle Open(string path, string name, FileFacts seen)
    {
        SafeFileHandle handle = OperatingSystem.IsLinux() ? OpenOnLinux(path, name) : OpenPortably(path, name);
        try
        {
            EnsureUnchanged(handle, path, name, seen);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Compares an open file with what was seen before.</summary>
    /// <exception cref="SigningException">BW1810: it was written to, or replaced.</exception>
    public static void EnsureUnchanged(SafeFileHandle handle, string path, string name, FileFacts seen)
    {
        FileFacts? now;
        if (OperatingSystem.IsLinux())
        {
            now = Statx((int)handle.DangerousGetHandle(), "", AtEmptyPath, BasicStats, out StatxBuffer buffer) == 0
                ? FactsOf(buffer)
                : throw Failed(name, Marshal.GetLastPInvokeError());
        }
        else
        {
            now = LookPortably(path);
        }

        if (now != seen)
            throw SigningException.Changed(name);
    }

    private static SafeFileHandle OpenOnLinux(string path, string name)
    {
        int fd = Open(path, ReadOnly | NonBlocking | NoFollow | NoControllingTerminal | CloseOnExec, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Failed(name, Marshal.GetLastPInvokeError());
    }

    private static SafeFileHandle OpenPortably(string path, string name)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw SigningException.Unreadable(name, error);
        }
    }

    private static FileFacts? LookPortably(string path)
    {
        FileInfo info = new(path);
        if (info.LinkTarget is not null)
            return new FileFacts(FileKind.Link, 0, 0, 0, 0, 0);
        if (Directory.Exists(path))
            return new FileFacts(FileKind.Folder, 0, 0, 0, 0, 0);
        return !info.Exists ? null
            : info.Attributes.HasFlag(FileAttributes.Device) ? new FileFacts(FileKind.Device, 0, 0, 0, 0, 0)
            : new FileFacts(FileKind.Regular, info.Length, 0, 0, info.LastWriteTimeUtc.Ticks * 100, 0);
    }

    private static FileFacts FactsOf(in StatxBuffer s) => new(
        (s.Mode & 0xf000) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Folder,
            0xa000 => FileKind.Link,
            0x2000 or 0x6000 => FileKind.Device,
            0x1000 => FileKind.Pipe,
            0xc000 => FileKind.Socket,
            _ => FileKind.Other,
        },
        (long)Math.Min(s.Size, long.MaxValue),
        ((ulong)s.DeviceMajor << 32) | s.DeviceMinor,
        s.Inode,
        unchecked((s.ModifiedSeconds * 1_000_000_000) + s.ModifiedNanoseconds),
        unchecked((s.ChangedSeconds * 1_000_000_000) + s.ChangedNanoseconds));

    private static SigningException Failed(string name, int errno) =>
        SigningException.Unreadable(name, new IOException($"{Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})."));

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out StatxBuffer buffer);

    /// <summary><c>struct statx</c>: 256 bytes, the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(96)] public long ChangedSeconds;
        [FieldOffset(104)] public uint ChangedNanoseconds;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(120)] public uint ModifiedNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }
}
