namespace Bulwark.Models.Hdf5;

/// <summary>One message of an object header.</summary>
/// <param name="Type">What it is about.</param>
/// <param name="IsShared">Whether it only says where the message is.</param>
/// <param name="Address">Where its data lies.</param>
/// <param name="Data">Its data.</param>
internal sealed record Hdf5Message(int Type, bool IsShared, long Address, ReadOnlyMemory<byte> Data)
{
    /// <summary>Dimensions.</summary>
    public const int Dataspace = 0x01;

    /// <summary>Where the links of a group are indexed.</summary>
    public const int LinkInfo = 0x02;

    /// <summary>Type of elements.</summary>
    public const int Datatype = 0x03;

    /// <summary>One link of a group.</summary>
    public const int Link = 0x06;

    /// <summary>Other files that hold the data.</summary>
    public const int ExternalFiles = 0x07;

    /// <summary>Where the data lies.</summary>
    public const int Layout = 0x08;

    /// <summary>Compression and the like.</summary>
    public const int Filters = 0x0B;

    /// <summary>An attribute.</summary>
    public const int Attribute = 0x0C;

    /// <summary>Where the table of shared messages lies; of the superblock's extension.</summary>
    public const int SharedTable = 0x0F;

    /// <summary>Where the header goes on.</summary>
    public const int Continuation = 0x10;

    /// <summary>Where the links of an old group lie.</summary>
    public const int SymbolTable = 0x11;

    /// <summary>The driver that spreads the file over several; of the superblock's extension.</summary>
    public const int Driver = 0x14;

    /// <summary>Where the attributes are indexed.</summary>
    public const int AttributeInfo = 0x15;

    /// <summary>Its fields.</summary>
    public Hdf5Fields Fields(Hdf5Bytes bytes) => new(bytes, Address, Data);
}
