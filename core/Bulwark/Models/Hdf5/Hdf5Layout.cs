namespace Bulwark.Models.Hdf5;

/// <summary>How the data of a data set lies.</summary>
internal enum Hdf5LayoutKind
{
    /// <summary>Inside the object header.</summary>
    Compact,

    /// <summary>In one piece.</summary>
    Contiguous,

    /// <summary>In pieces that are found through an index.</summary>
    Chunked,

    /// <summary>In other data sets, maybe of other files.</summary>
    Virtual,
}

/// <summary>Where the data of a data set lies.</summary>
/// <param name="Kind">How.</param>
/// <param name="Address">Where the data, the index, or the list of sources begins; null when nothing was stored yet.</param>
/// <param name="Length">Bytes of data in one piece; null when the layout does not say.</param>
/// <param name="Index">Number of the list of sources in its heap.</param>
/// <remarks>
/// <code>
/// versions 1, 2   version u8 | rank u8 | 0 compact, 1 contiguous, 2 chunked u8 | 0 u8 u32 | [address] | dimensions u32 ... | [compact: size u32 | data]
/// version 3       3 u8 | class u8 | compact: size u16 | data          contiguous: address | size          chunked: rank u8 | address | dimensions u32 ...
/// versions 4, 5   4 u8 | class u8 | compact and contiguous as in 3    chunked: ...                        virtual: address of a global heap | index u32
/// </code>
/// Source: HDF5 File Format Specification 3.0, IV.A.2.i.
/// </remarks>
internal sealed record Hdf5Layout(Hdf5LayoutKind Kind, long? Address, long? Length, long Index)
{
    /// <summary>Reads it.</summary>
    public static Hdf5Layout Read(Hdf5Fields fields)
    {
        int version = fields.Byte();
        if (version is < 1 or > 5)
            throw fields.Broken("a layout has an unknown version");
        int rank = version < 3 ? fields.Byte() : 0;
        int kind = fields.Byte();
        if (kind > (version < 4 ? 2 : 3))
            throw fields.Broken("a layout is of an unknown class");
        if (version < 3)
        {
            fields.Skip(5);
            long? address = kind == 0 ? null : fields.AddressOrNone();
            fields.Skip(rank * 4L);
            return kind == 0
                ? new Hdf5Layout(Hdf5LayoutKind.Compact, fields.Address + 4, fields.UInt32(), 0)
                : new Hdf5Layout((Hdf5LayoutKind)kind, address, null, 0);
        }

        return (Hdf5LayoutKind)kind switch
        {
            Hdf5LayoutKind.Compact => new Hdf5Layout(Hdf5LayoutKind.Compact, fields.Address + 2, fields.UInt16(), 0),
            Hdf5LayoutKind.Contiguous => new Hdf5Layout(Hdf5LayoutKind.Contiguous, fields.AddressOrNone(), fields.Length(), 0),
            Hdf5LayoutKind.Virtual => new Hdf5Layout(Hdf5LayoutKind.Virtual, fields.AddressOrNone(), null, fields.UInt32()),
            _ => new Hdf5Layout(Hdf5LayoutKind.Chunked, null, null, 0),
        };
    }
}
