using System.Diagnostics.CodeAnalysis;

namespace Bulwark.Keys;

/// <summary>
/// Reads one protocol-buffer message (proto3 wire format) from bytes that may be hostile. It allocates nothing and hands out
/// slices of its input. Stricter than a generated parser: a field that appears twice, a group, or a number that
/// does not fit 32 bits is refused; unknown fields are skipped, as proto3 asks.
/// </summary>
/// <remarks>
/// <code>
/// tag      varint = field number &lt;&lt; 3 | wire type
/// type 0   varint, at most 10 bytes, 7 bits each, least significant first
/// type 1   8 bytes      type 5   4 bytes
/// type 2   varint length, then that many bytes
/// </code>
/// Source: protobuf.dev, "Encoding".
/// </remarks>
internal ref struct ProtoReader(ReadOnlySpan<byte> message, string what)
{
    private const int HighestTrackedField = 31;
    private const int MaximumVarintLength = 10;
    private ReadOnlySpan<byte> _rest = message;
    private uint _seen;
    private int _wireType;

    /// <summary>Number of the field that <see cref="Next"/> found.</summary>
    public int Field { get; private set; }

    /// <summary>Moves to the next field. False at the end. <paramref name="repeated"/> names the only field that may repeat.</summary>
    public bool Next(int repeated = 0)
    {
        if (_rest.IsEmpty)
            return false;
        ulong tag = Varint();
        if (tag > uint.MaxValue || tag >> 3 == 0)
            Fail("it has an invalid field number");
        Field = (int)(tag >> 3);
        _wireType = (int)(tag & 7);
        if (Field <= HighestTrackedField && Field != repeated)
        {
            uint bit = 1u << Field;
            if ((_seen & bit) != 0)
                Fail($"field {Field} appears twice");
            _seen |= bit;
        }

        return true;
    }

    /// <summary>Reads the value of the field as an unsigned 32-bit number.</summary>
    public uint UInt32()
    {
        if (_wireType != 0)
            Fail($"field {Field} is not a number");
        ulong value = Varint();
        if (value > uint.MaxValue)
            Fail($"field {Field} does not fit 32 bits");
        return (uint)value;
    }

    /// <summary>Reads the value of the field as bytes: a slice of the input.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        if (_wireType != 2)
            Fail($"field {Field} is not a byte string");
        return Take(Varint());
    }

    /// <summary>Steps over a field this reader does not know.</summary>
    public void Skip()
    {
        switch (_wireType)
        {
            case 0:
                Varint();
                break;
            case 1:
                Take(8);
                break;
            case 2:
                Take(Varint());
                break;
            case 5:
                Take(4);
                break;
            default:
                Fail($"field {Field} has wire type {_wireType}");
                break;
        }
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
            Fail("it ends in the middle of a field");
        ReadOnlySpan<byte> taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int i = 0; i < MaximumVarintLength; i++)
        {
            if (i >= _rest.Length)
                Fail("it ends in the middle of a number");
            byte b = _rest[i];
            if (i == MaximumVarintLength - 1 && b > 1)
                break;
            value |= (ulong)(b & 0x7F) << (7 * i);
            if (b < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        Fail("it holds a number of more than 64 bits");
        return 0;
    }

    [DoesNotReturn]
    private readonly void Fail(string why) => throw KeyException.Malformed(what, why);
}
