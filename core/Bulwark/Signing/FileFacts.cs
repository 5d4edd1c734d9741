namespace Bulwark.Signing;

/// <summary>What the file system says about one inode at one moment. Two equal values mean that nothing wrote in between.</summary>
/// <param name="Kind">Plain file, folder, link, …</param>
/// <param name="Size">Bytes.</param>
/// <param name="Device">Device number; 0 where the system does not tell.</param>
/// <param name="Inode">Inode number; 0 where the system does not tell.</param>
/// <param name="ModifiedNs">mtime in nanoseconds.</param>
/// <param name="ChangedNs">ctime in nanoseconds: the kernel sets it on every change and no call forges it; 0 where there is none.</param>
internal readonly record struct FileFacts(FileKind Kind, long Size, ulong Device, ulong Inode, long ModifiedNs, long ChangedNs);
