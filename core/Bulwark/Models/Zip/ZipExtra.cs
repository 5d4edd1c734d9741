using System.Buffers.Binary;
using System.Text;

namespace Bulwark.Models.Zip;

/// <summary>Sizes and offset of an entry with what its extra fields add to them.</summary>
internal readonly record struct ZipExtra(long Length, long CompressedLength, long HeaderOffset, string? UnicodeName, bool IsBroken)
{
    private const int Zip64 = 1;
    private const int UnicodePath = 0x7075;
    private const int UnicodePathHead = 5;

    /// <summary>Reads the extra fields of an entry or a local header.</summary>
    /// <param name="extra">The fields.</param>
    /// <param name="length">The size of 32 bits.</param>
    /// <param name="compressed">The compressed size of 32 bits.</param>
    /// <param name="offset">The offset of 32 bits; 0 for a local header.</param>
    public static ZipExtra Read(ReadOnlySpan<byte> extra, uint length, uint compressed, uint offset)
    {
        long[] values = [length, compressed, offset];
        string? name = null;
        bool broken = false;
        bool widened = false;
        while (extra.Length >= 4)
        {
            int id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (size > extra.Length - 4)
            {
                broken = true;
                break;
            }

            ReadOnlySpan<byte> data = extra.Slice(4, size);
            extra = extra[(4 + size)..];
            if (id == Zip64)
            {
                broken |= widened || !Widen(values, data);
                widened = true;
            }
            else if (id == UnicodePath && size > UnicodePathHead && data[0] == 1)
            {
                name = Encoding.UTF8.GetString(data[UnicodePathHead..]);
            }
        }

        // Up to three bytes of padding are what alignment tools leave.
        broken |= !widened && (length == uint.MaxValue || compressed == uint.MaxValue || offset == uint.MaxValue) && extra.Length >= 4;
        return new ZipExtra(values[0], values[1], values[2], name, broken);
    }

    private static bool Widen(long[] values, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] != uint.MaxValue)
                continue;
            if (data.Length < sizeof(long))
                return false;
            long value = BinaryPrimitives.ReadInt64LittleEndian(data);
            if (value < 0)
                return false;
            values[i] = value;
            data = data[sizeof(long)..];
        }

        return true;
    }
}
