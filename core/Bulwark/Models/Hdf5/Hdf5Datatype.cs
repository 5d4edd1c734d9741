namespace Bulwark.Models.Hdf5;

/// <summary>Type of elements.</summary>
/// <param name="Class">0 integer, 1 float, 2 time, 3 string, 4 bits, 5 opaque, 6 compound, 7 reference, 8 enumeration, 9 variable length, 10 array.</param>
/// <param name="Bits">24 bits whose meaning depends on the class.</param>
/// <param name="Size">Bytes of one element.</param>
/// <param name="DType">The same as a tensor's element type; null when it is none.</param>
/// <remarks>
/// <code>
/// class u4, version u4 | bits u24 | size u32 | properties
/// integer   bits: 0 big-endian, 3 signed                              properties: bit offset u16 | precision u16
/// float     bits: 0 and 6 byte order, 4-5 normalisation, 8-15 sign    properties: bit offset u16 | precision u16 | exponent at u8, bits u8 | mantissa at u8, bits u8 | bias u32
/// variable  bits: 0-3 0 for a sequence, 1 for a string                properties: type of the elements
/// </code>
/// Source: HDF5 File Format Specification 3.0, IV.A.2.d.
/// </remarks>
internal sealed record Hdf5Datatype(int Class, int Bits, long Size, DType? DType)
{
    private const int String = 3;
    private const int Enumeration = 8;
    private const int VariableLength = 9;

    /// <summary>True for strings of a fixed length.</summary>
    public bool IsFixedText => Class == String;

    /// <summary>True for strings that lie in the global heap.</summary>
    public bool IsVariableText => Class == VariableLength && (Bits & 0xF) == 1;

    /// <summary>Reads it.</summary>
    public static Hdf5Datatype Read(Hdf5Fields fields)
    {
        int classAndVersion = fields.Byte();
        int bits = fields.Byte() | (fields.Byte() << 8) | (fields.Byte() << 16);
        long size = fields.UInt32();
        int kind = classAndVersion & 0xF;
        if (classAndVersion >> 4 is < 1 or > 5 || kind > 11)
            throw fields.Broken("a type is unknown");
        if (size == 0 && kind != String)
            throw fields.Broken("a type has no size");
        return new Hdf5Datatype(kind, bits, size, kind switch
        {
            0 => Integer(fields, bits, size),
            1 => Float(fields, bits, size),
            Enumeration => Boolean(fields, bits, size),
            _ => null,
        });
    }

    private static DType? Integer(Hdf5Fields fields, int bits, long size)
    {
        if (fields.Remaining < 4 || (bits & 1) != 0 || fields.UInt16() != 0 || fields.UInt16() != size * 8)
            return null;
        bool signed = (bits & 8) != 0;
        return size switch
        {
            1 => signed ? Models.DType.I8 : Models.DType.U8,
            2 => signed ? Models.DType.I16 : Models.DType.U16,
            4 => signed ? Models.DType.I32 : Models.DType.U32,
            8 => signed ? Models.DType.I64 : Models.DType.U64,
            _ => null,
        };
    }

    private static DType? Float(Hdf5Fields fields, int bits, long size)
    {
        const int ImpliedMantissaBit = 2;
        if (fields.Remaining < 12 || (bits & 0x41) != 0 || ((bits >> 4) & 3) != ImpliedMantissaBit || ((bits >> 8) & 0xFF) != (size * 8) - 1
            || fields.UInt16() != 0 || fields.UInt16() != size * 8)
            return null;
        (int, int, int, int, uint) form = (fields.Byte(), fields.Byte(), fields.Byte(), fields.Byte(), fields.UInt32());
        return (size, form) switch
        {
            (2, (10, 5, 0, 10, 15)) => Models.DType.F16,
            (2, (7, 8, 0, 7, 127)) => Models.DType.BF16,
            (4, (23, 8, 0, 23, 127)) => Models.DType.F32,
            (8, (52, 11, 0, 52, 1023)) => Models.DType.F64,
            _ => null,
        };
    }

    // As h5py writes numpy's booleans: an enumeration of one byte with FALSE and TRUE.
    private static DType? Boolean(Hdf5Fields fields, int bits, long size) =>
        size == 1 && (bits & 0xFFFF) == 2 && fields.Remaining > 12 && (fields.Byte() & 0xF) == 0 && fields.Take(fields.Remaining).IndexOf("TRUE\0"u8) >= 0 ? Models.DType.BOOL : null;
}
