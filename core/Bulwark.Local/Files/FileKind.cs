namespace Bulwark.Local.Files;

/// <summary>What stands under a name.</summary>
internal enum FileKind
{
    Regular,
    Folder,
    SymbolicLink,
    Device,
    Pipe,
    Socket,
    Other,
}
