namespace Bulwark.Models.Hdf5;

/// <summary>What is followed in one HDF5 file.</summary>
internal static class Hdf5Limits
{
    /// <summary>Groups, data sets and named types.</summary>
    public const int Objects = 100_000;

    /// <summary>Links in all groups.</summary>
    public const int Links = 200_000;

    /// <summary>Groups inside groups.</summary>
    public const int Depth = 64;

    /// <summary>Attributes of all objects.</summary>
    public const int Attributes = 200_000;

    /// <summary>Characters of all paths and names of attributes.</summary>
    public const int Text = 12 << 20;

    /// <summary>Strings of all attributes.</summary>
    public const int Strings = 1_000_000;

    /// <summary>Bytes of one structure that is read as a whole.</summary>
    public const int StructureBytes = 4 << 20;

    /// <summary>Structures whose place is remembered.</summary>
    public const int Structures = 1_000_000;

    /// <summary>Pieces of one object header.</summary>
    public const int HeaderChunks = 1024;

    /// <summary>Dimensions of a data set (the library's own limit).</summary>
    public const int Dimensions = 32;

    /// <summary>Faults that are kept.</summary>
    public const int Faults = 100;
}
