namespace Bulwark.Keys;

/// <summary>
/// Writes one protocol-buffer message into memory the caller sized with the <c>…Size</c> functions. Fields whose value is zero
/// or empty are left out, as proto3 serialisers do. The wire format stands at <see cref="ProtoReader"/>.
/// </summary>
internal ref struct ProtoWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Encoded size of a number field (field numbers below 16).</summary>
    public static int UInt32Size(uint value) => value == 0 ? 0 : 1 + VarintSize(value);

    /// <summary>Encoded size of a byte-string field (field numbers below 16).</summary>
    public static int BytesSize(int length) => length == 0 ? 0 : 1 + VarintSize((uint)length) + length;

    /// <summary>Writes a number field.</summary>
    public void UInt32(int field, uint value)
    {
        if (value == 0)
            return;
        _destination[Length++] = (byte)(field << 3);
        Varint(value);
    }

    /// <summary>Writes a byte-string field.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return;
        value.CopyTo(Reserve(field, value.Length));
    }

    /// <summary>Writes the tag and length of a byte-string field and returns the room for its value.</summary>
    public Span<byte> Reserve(int field, int length)
    {
        _destination[Length++] = (byte)((field << 3) | 2);
        Varint((uint)length);
        Span<byte> room = _destination.Slice(Length, length);
        Length += length;
        return room;
    }

    private static int VarintSize(uint value)
    {
        int size = 1;
        for (; value >= 0x80; value >>= 7)
            size++;
        return size;
    }

    private void Varint(uint value)
    {
        for (; value >= 0x80; value >>= 7)
            _destination[Length++] = (byte)(value | 0x80);
        _destination[Length++] = (byte)value;
    }
}
