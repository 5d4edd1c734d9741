namespace Bulwark.Models.Tar;

/// <summary>A member of a tar archive.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type flag: <c>0</c> file, <c>1</c> hard link, <c>2</c> symbolic link, <c>3</c>, <c>4</c> devices, <c>5</c> folder, <c>6</c> pipe.</param>
/// <param name="LinkName">What a link points to.</param>
/// <param name="HeaderOffset">Offset of its header.</param>
/// <param name="DataOffset">Offset of its content.</param>
/// <param name="Length">Bytes of its content.</param>
internal sealed record TarMember(string Name, char Type, string LinkName, long HeaderOffset, long DataOffset, long Length)
{
    /// <summary>Whether it is a file with content.</summary>
    public bool IsFile => Type is '0' or '\0' or '7' or 'S';

    /// <summary>Whether it is a hard or symbolic link.</summary>
    public bool IsLink => Type is '1' or '2';

    /// <summary>Whether it is a device or a pipe.</summary>
    public bool IsDevice => Type is '3' or '4' or '6';
}
