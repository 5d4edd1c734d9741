using System.Text;

namespace Bulwark.Tests.Models.Onnx;

/// <summary>Writes protocol buffers field by field, right or wrong.</summary>
internal sealed class Proto
{
    private readonly List<byte> _bytes = [];

    public static byte[] Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }

    public Proto Number(int field, long value) => Raw([.. Varint((ulong)field << 3), .. Varint((ulong)value)]);

    public Proto Bytes(int field, ReadOnlySpan<byte> value) => Raw([.. Varint(((ulong)field << 3) | 2), .. Varint((ulong)value.Length), .. value]);

    public Proto Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public Proto Message(int field, Proto value) => Bytes(field, value.Build());

    public Proto Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public byte[] Build() => [.. _bytes];
}
