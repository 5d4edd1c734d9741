using System.Buffers.Binary;

namespace Bulwark.Models.Hdf5;

/// <summary>Fields of one structure, taken front to back. Every step is checked against its end.</summary>
/// <param name="bytes">The file it is from.</param>
/// <param name="address">Its address.</param>
/// <param name="data">Its bytes.</param>
internal sealed class Hdf5Fields(Hdf5Bytes bytes, long address, ReadOnlyMemory<byte> data)
{
    private int _at;

    /// <summary>Address of the next byte.</summary>
    public long Address => address + _at;

    /// <summary>Bytes left.</summary>
    public int Remaining => data.Length - _at;

    /// <summary>All of its bytes.</summary>
    public ReadOnlySpan<byte> All => data.Span;

    /// <summary>The error for something broken at the next byte.</summary>
    public ModelFormatException Broken(string why) => bytes.Broken(Address, why);

    /// <summary>Steps over bytes.</summary>
    public void Skip(long count) => _ = Take(count);

    /// <summary>Takes bytes.</summary>
    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > Remaining)
            throw Broken("a structure ends early");
        ReadOnlySpan<byte> taken = data.Span.Slice(_at, (int)count);
        _at += (int)count;
        return taken;
    }

    /// <summary>Takes a part as a structure of its own.</summary>
    public Hdf5Fields Part(long count)
    {
        long at = Address;
        if (count < 0 || count > Remaining)
            throw Broken("a structure ends early");
        var part = new Hdf5Fields(bytes, at, data.Slice(_at, (int)count));
        _at += (int)count;
        return part;
    }

    /// <summary>Takes an unsigned number of one byte.</summary>
    public int Byte() => Take(1)[0];

    /// <summary>Takes an unsigned number of two bytes.</summary>
    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    /// <summary>Takes an unsigned number of four bytes.</summary>
    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>Takes an unsigned number of one to eight bytes; one beyond 63 bits is broken.</summary>
    public long Number(int width)
    {
        ulong value = Raw(width);
        return value <= long.MaxValue ? (long)value : throw Broken("a number has more than 63 bits");
    }

    /// <summary>Takes a length.</summary>
    public long Length() => Number(bytes.LengthSize);

    /// <summary>Takes a length of which all bits set mean that there is none.</summary>
    public long? LengthOrNone()
    {
        ulong value = Raw(bytes.LengthSize);
        return IsUndefined(value, bytes.LengthSize) ? null : value <= long.MaxValue ? (long)value : throw Broken("a length has more than 63 bits");
    }

    /// <summary>Takes an address; null when it is the one that means none.</summary>
    public long? AddressOrNone()
    {
        ulong value = Raw(bytes.AddressSize);
        return IsUndefined(value, bytes.AddressSize) ? null : value <= long.MaxValue ? (long)value : throw Broken("an address has more than 63 bits");
    }

    /// <summary>Takes an address that must be there.</summary>
    public long RequireAddress(string what) => AddressOrNone() ?? throw Broken($"{what} has no address");

    /// <summary>Takes bytes that must be as given.</summary>
    public void Expect(ReadOnlySpan<byte> signature, string what)
    {
        if (Remaining < signature.Length || !data.Span.Slice(_at, signature.Length).SequenceEqual(signature))
            throw Broken($"{what} does not begin as such a thing does");
        _at += signature.Length;
    }

    /// <summary>Checks that the last four bytes are the checksum of those before.</summary>
    public void Verify(string what)
    {
        ReadOnlySpan<byte> all = data.Span;
        if (all.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(all[^4..]) != Hdf5Checksum.Of(all[..^4]))
            throw Broken($"the checksum of {what} is wrong");
    }

    private ulong Raw(int width)
    {
        ReadOnlySpan<byte> taken = Take(width);
        ulong value = 0;
        for (int i = 0; i < width; i++)
            value |= (ulong)taken[i] << (8 * i);
        return value;
    }

    private static bool IsUndefined(ulong value, int width) => value == ulong.MaxValue >> (64 - (8 * width));
}
