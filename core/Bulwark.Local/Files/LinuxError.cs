using System.Runtime.InteropServices;
using Bulwark.Storage;

namespace Bulwark.Local.Files;

/// <summary>Errno values (<c>asm-generic/errno.h</c>) and what each means for an object.</summary>
internal static class LinuxError
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int NoDeviceOrAddress = 6;
    public const int BadFile = 9;
    public const int TryAgain = 11;
    public const int Denied = 13;
    public const int Exists = 17;
    public const int NotAFolder = 20;
    public const int IsAFolder = 21;
    public const int Invalid = 22;
    public const int FileTooBig = 27;
    public const int NoSpace = 28;
    public const int ReadOnlySystem = 30;
    public const int NameTooLong = 36;
    public const int NotImplemented = 38;
    public const int TooManyLinks = 40;
    public const int NotSupported = 95;
    public const int QuotaExceeded = 122;

    /// <summary>The error of the last call that failed on this thread.</summary>
    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>Turns an errno into the store's error.</summary>
    public static StorageException For(int errno, string what)
    {
        var cause = new IOException($"{Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})");
        return errno switch
        {
            NoSpace or QuotaExceeded or FileTooBig => StorageException.NoSpace(what, cause),
            Denied or NotPermitted or ReadOnlySystem => StorageException.AccessDenied(what, cause),
            NoEntry => StorageException.NotFound(what),
            IsAFolder => StorageException.NotAFile(what, "a folder"),
            TooManyLinks => StorageException.NotAFile(what, "a symbolic link"),
            NoDeviceOrAddress => StorageException.NotAFile(what, "a device, pipe or socket"),
            NameTooLong => StorageException.BadName(what, "this file system does not allow names that long"),
            _ => StorageException.Failed(what, cause),
        };
    }
}
