namespace Bulwark.Models.Zip;

/// <summary>A rule of the zip format, or of prudence, that an archive breaks.</summary>
internal enum ZipFaultKind
{
    /// <summary>There is no end record.</summary>
    NoEnd,

    /// <summary>More than one end record could be the one.</summary>
    SeveralEnds,

    /// <summary>The end record does not agree with the directory, or with its zip64 form, or names other disks.</summary>
    EndMismatch,

    /// <summary>The directory ends early or holds something that is no entry.</summary>
    BadDirectory,

    /// <summary>Bytes before the first member.</summary>
    Prefix,

    /// <summary>Bytes after the end record.</summary>
    Suffix,

    /// <summary>Bytes between members that belong to none.</summary>
    Gap,

    /// <summary>Members that share bytes with each other or with the directory.</summary>
    Overlap,

    /// <summary>More members or longer names than are followed.</summary>
    TooMany,

    /// <summary>Two members of one name.</summary>
    DuplicateName,

    /// <summary>Two members whose names differ in case only.</summary>
    DuplicateCase,

    /// <summary>A name that leads out of the folder.</summary>
    Traversal,

    /// <summary>A name that begins at the root or a drive.</summary>
    AbsoluteName,

    /// <summary>A name that readers understand differently: a backslash, a NUL, a control character, broken UTF-8, or nothing.</summary>
    OddName,

    /// <summary>The entry points to no local header.</summary>
    NoLocalHeader,

    /// <summary>Directory and local header give different names.</summary>
    NameMismatch,

    /// <summary>Directory and local header give different methods.</summary>
    MethodMismatch,

    /// <summary>Directory and local header give different flags.</summary>
    FlagsMismatch,

    /// <summary>Directory, local header and descriptor give different sizes, or a stored member has two.</summary>
    SizeMismatch,

    /// <summary>Directory, local header and descriptor give different checksums.</summary>
    ChecksumMismatch,

    /// <summary>The data descriptor is missing.</summary>
    NoDescriptor,

    /// <summary>The directory marks the member as encrypted.</summary>
    Encrypted,

    /// <summary>The directory marks the member as something that only other programs read: patch data, reserved bits.</summary>
    OddFlags,

    /// <summary>A method other than stored and deflated.</summary>
    OddMethod,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>A device, pipe or socket.</summary>
    Device,

    /// <summary>A directory entry with content, or extra fields that are broken.</summary>
    BadEntry,

    /// <summary>A declared ratio that only a bomb has.</summary>
    Ratio,
}
