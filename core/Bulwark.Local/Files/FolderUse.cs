namespace Bulwark.Local.Files;

/// <summary>What a folder is opened for.</summary>
internal enum FolderUse
{
    /// <summary>To reach what is in it; needs no permission to list it.</summary>
    Pass,

    /// <summary>To list it, or to change names in it.</summary>
    Read,

    /// <summary>As <see cref="Read"/>, and it is made when it is missing.</summary>
    Make,

    /// <summary>As <see cref="Make"/>, and nobody but the owner can use what is made.</summary>
    MakePrivate,
}
