namespace Bulwark.Models.SevenZip;

/// <summary>A file in a 7z archive.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">The block of compressed data it lies in; -1 when it is empty.</param>
/// <param name="Offset">Its first byte in the block, decompressed.</param>
/// <param name="Length">Its length.</param>
/// <param name="UnixMode">Unix file type and mode; 0 where the archive says none.</param>
internal sealed record SevenZipMember(string Name, int Folder, long Offset, long Length, int UnixMode);
