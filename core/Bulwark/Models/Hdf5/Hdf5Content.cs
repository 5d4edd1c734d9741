namespace Bulwark.Models.Hdf5;

/// <summary>What was found in an HDF5 file. What is broken is collected, since a library that does not come by it would not notice.</summary>
internal sealed class Hdf5Content
{
    /// <summary>Data sets in the order they were found.</summary>
    public List<Hdf5Dataset> Datasets { get; } = [];

    /// <summary>Attributes of all objects.</summary>
    public List<Hdf5Attribute> Attributes { get; } = [];

    /// <summary>Where the file reaches outside itself.</summary>
    public List<Hdf5Reference> References { get; } = [];

    /// <summary>What is broken.</summary>
    public List<ModelFormatException> Faults { get; } = [];

    /// <summary>What is there but in a form that is not read here.</summary>
    public List<string> Unseen { get; } = [];

    /// <summary>Ranges of the file in which structures lie.</summary>
    public IReadOnlyList<(long Start, long End)> Structures { get; set; } = [];

    /// <summary>Offset of the first byte after the content, as the superblock declares it; null when that could not be read.</summary>
    public long? End { get; set; }

    /// <summary>Length of the block before the superblock.</summary>
    public long UserBlock { get; set; }
}
