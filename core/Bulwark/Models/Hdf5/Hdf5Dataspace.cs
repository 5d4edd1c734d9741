using System.Collections.Immutable;

namespace Bulwark.Models.Hdf5;

/// <summary>Dimensions of a data set or an attribute.</summary>
/// <param name="Shape">The dimensions, outermost first; empty for one element.</param>
/// <param name="Count">Elements: the product of the dimensions, 0 for none at all.</param>
/// <remarks>
/// <code>
/// version 1   1 u8 | rank u8 | flags u8 | 0 u8 | 0 u32 | dimensions | [bit 0: largest dimensions]
/// version 2   2 u8 | rank u8 | flags u8 | 0 scalar, 1 simple, 2 null u8 | dimensions | [bit 0: largest dimensions]
/// </code>
/// Source: HDF5 File Format Specification 3.0, IV.A.2.b.
/// </remarks>
internal sealed record Hdf5Dataspace(ImmutableArray<long> Shape, long Count)
{
    /// <summary>Reads it.</summary>
    public static Hdf5Dataspace Read(Hdf5Fields fields)
    {
        const int Null = 2;
        int version = fields.Byte();
        int rank = fields.Byte();
        int flags = fields.Byte();
        int kind = fields.Byte();
        if (version is not (1 or 2) || rank > Hdf5Limits.Dimensions || (flags & ~3) != 0 || (version == 2 && kind > Null))
            throw fields.Broken("dimensions are of an unknown form");
        if (version == 1)
            fields.Skip(4);
        var shape = ImmutableArray.CreateBuilder<long>(rank);
        long count = version == 2 && kind == Null ? 0 : 1;
        for (int i = 0; i < rank; i++)
        {
            long dimension = fields.Length();
            shape.Add(dimension);
            Int128 product = (Int128)count * dimension;
            count = product <= long.MaxValue ? (long)product : throw fields.Broken("the product of the dimensions has more than 63 bits");
        }

        return new Hdf5Dataspace(shape.MoveToImmutable(), count);
    }
}
