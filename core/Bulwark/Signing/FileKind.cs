namespace Bulwark.Signing;

/// <summary>What stands under a name.</summary>
internal enum FileKind
{
    Regular,
    Folder,
    Link,
    Device,
    Pipe,
    Socket,
    Other,
}
