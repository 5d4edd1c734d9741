namespace Bulwark.Models.Hdf5;

/// <summary>Ways in which a file reaches outside itself.</summary>
internal enum Hdf5ReferenceKind
{
    /// <summary>A link to an object of another file.</summary>
    ExternalLink,

    /// <summary>A data set whose bytes lie in another file of any kind.</summary>
    ExternalStorage,

    /// <summary>A data set that is put together from others, of other files.</summary>
    VirtualDataset,

    /// <summary>A link that only a program understands.</summary>
    UserDefinedLink,

    /// <summary>A driver that spreads the file over several.</summary>
    Driver,
}

/// <summary>One place where a file reaches outside itself.</summary>
/// <param name="Kind">How.</param>
/// <param name="Path">Path of the object.</param>
/// <param name="File">The other file, as it is named; empty when it is not.</param>
internal sealed record Hdf5Reference(Hdf5ReferenceKind Kind, string Path, string File);
