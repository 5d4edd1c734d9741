namespace Bulwark.Local.Files;

/// <summary>One name in a folder.</summary>
/// <param name="Name">The name, or a printable stand-in when it is not UTF-8.</param>
/// <param name="IsUtf8">Whether <paramref name="Name"/> is the name itself.</param>
internal readonly record struct FolderEntry(string Name, bool IsUtf8);
