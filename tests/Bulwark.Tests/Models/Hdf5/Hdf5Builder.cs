using System.Buffers.Binary;
using System.Text;
using Bulwark.Models.Hdf5;

namespace Bulwark.Tests.Models.Hdf5;

/// <summary>Writes small HDF5 files of the newest form by hand, honest ones and others.</summary>
internal sealed class Hdf5Builder
{
    private const int SuperblockLength = 48;

    private readonly List<byte> _bytes = [];
    private readonly int _userBlock;

    public Hdf5Builder(byte[]? userBlock = null)
    {
        _userBlock = userBlock?.Length ?? 0;
        _bytes.AddRange(userBlock ?? []);
        _bytes.AddRange(new byte[SuperblockLength]);
    }

    /// <summary>Address of the next byte.</summary>
    public long Address => _bytes.Count - _userBlock;

    /// <summary>Appends raw data.</summary>
    public long Data(byte[] data)
    {
        long address = Address;
        _bytes.AddRange(data);
        return address;
    }

    /// <summary>Appends an object header.</summary>
    public long Header(params byte[][] messages)
    {
        byte[] body = [.. messages.SelectMany(m => m)];
        byte[] header = [.. "OHDR"u8, 2, 2, .. U32((uint)body.Length), .. body];
        return Data([.. header, .. U32(Hdf5Checksum.Of(header))]);
    }

    /// <summary>Appends a data set of 32-bit floats.</summary>
    public long Floats(params long[] shape)
    {
        long count = shape.Aggregate(1L, (a, b) => a * b);
        long data = Data(new byte[count * 4]);
        return Header(Space(shape), FloatType(), Contiguous(data, count * 4));
    }

    /// <summary>Closes the file.</summary>
    public byte[] ToArray(long root, long? declaredEnd = null)
    {
        byte[] file = [.. _bytes];
        byte[] block = [0x89, .. "HDF\r\n\u001A\n"u8, 3, 8, 8, 0, .. U64(_userBlock), .. U64(-1), .. U64(declaredEnd ?? file.Length), .. U64(root)];
        block.CopyTo(file, _userBlock);
        U32(Hdf5Checksum.Of(block)).CopyTo(file, _userBlock + block.Length);
        return file;
    }

    public static byte[] Message(int type, byte[] data, int flags = 0) => [(byte)type, (byte)data.Length, (byte)(data.Length >> 8), (byte)flags, .. data];

    public static byte[] Link(string name, long address) => Message(Hdf5Message.Link, [1, 0, (byte)name.Length, .. Encoding.UTF8.GetBytes(name), .. U64(address)]);

    public static byte[] SoftLink(string name, string target) =>
        Message(Hdf5Message.Link, [1, 8, 1, (byte)name.Length, .. Encoding.UTF8.GetBytes(name), (byte)target.Length, 0, .. Encoding.UTF8.GetBytes(target)]);

    public static byte[] ExternalLink(string name, string file, string target)
    {
        byte[] value = [0, .. Encoding.UTF8.GetBytes(file), 0, .. Encoding.UTF8.GetBytes(target), 0];
        return Message(Hdf5Message.Link, [1, 8, 64, (byte)name.Length, .. Encoding.UTF8.GetBytes(name), (byte)value.Length, 0, .. value]);
    }

    public static byte[] UserLink(string name) => Message(Hdf5Message.Link, [1, 8, 200, (byte)name.Length, .. Encoding.UTF8.GetBytes(name), 1, 0, 7]);

    public static byte[] Space(params long[] shape) => Message(Hdf5Message.Dataspace, SpaceData(shape));

    public static byte[] FloatType() => Message(Hdf5Message.Datatype, [0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0]);

    public static byte[] Contiguous(long address, long length) => Message(Hdf5Message.Layout, [3, 1, .. U64(address), .. U64(length)]);

    public static byte[] Filters(params int[] numbers) =>
        Message(Hdf5Message.Filters, [2, (byte)numbers.Length, .. numbers.SelectMany(n => (byte[])[(byte)n, (byte)(n >> 8), .. n >= 256 ? new byte[2] : [], 0, 0, 0, 0])]);

    public static byte[] Text(string name, string text) => Text(name, Encoding.UTF8.GetBytes(text));

    public static byte[] Text(string name, byte[] text)
    {
        byte[] key = [.. Encoding.UTF8.GetBytes(name), 0];
        byte[] space = SpaceData([]);
        return Message(Hdf5Message.Attribute, [3, 0, (byte)key.Length, 0, 8, 0, (byte)space.Length, 0, 0, .. key, 0x13, 0, 0, 0, .. U32((uint)text.Length), .. space, .. text]);
    }

    public static byte[] Continuation(long address, long length) => Message(Hdf5Message.Continuation, [.. U64(address), .. U64(length)]);

    public static byte[] U32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] U64(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] SpaceData(long[] shape) => [2, (byte)shape.Length, 0, shape.Length == 0 ? (byte)0 : (byte)1, .. shape.SelectMany(U64)];
}
