using System.Globalization;

namespace Bulwark.Local.Files;

/// <summary>What the file system says about one inode at one moment.</summary>
/// <param name="Kind">Regular file, folder, link, ...</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedNs">mtime, nanoseconds since 1970. Any user may set it.</param>
/// <param name="ChangedNs">ctime, nanoseconds since 1970. The kernel sets it on every change of content or metadata; no call forges it.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="Permissions">The lower twelve mode bits.</param>
/// <param name="OwnerId">User id of the owner.</param>
internal readonly record struct FileFacts(
    FileKind Kind, long Size, long ModifiedNs, long ChangedNs, ulong Inode, uint Permissions, uint OwnerId)
{
    /// <summary>The version written into an <see cref="Storage.ObjectRef"/>: size, mtime, ctime, inode.</summary>
    public string Version =>
        string.Create(CultureInfo.InvariantCulture, $"{Size:x}-{ModifiedNs:x}-{ChangedNs:x}-{Inode:x}");

    /// <summary>The kind in words, for errors.</summary>
    public string KindInWords => Kind switch
    {
        FileKind.Regular => "a file",
        FileKind.Folder => "a folder",
        FileKind.SymbolicLink => "a symbolic link",
        FileKind.Device => "a device",
        FileKind.Pipe => "a pipe",
        FileKind.Socket => "a socket",
        _ => "something else",
    };
}
