using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Bulwark.Models.Pickle;

/// <summary>How CPython's unpickler turns the arguments of opcodes into text and numbers.</summary>
internal static class PickleText
{
    /// <summary>Whether the opcode pushes a string.</summary>
    public static bool IsText(PickleOpcode opcode) => opcode is PickleOpcode.Unicode or PickleOpcode.BinUnicode or PickleOpcode.ShortBinUnicode
        or PickleOpcode.BinUnicode8 or PickleOpcode.String or PickleOpcode.BinString or PickleOpcode.ShortBinString;

    /// <summary>The string that an opcode of <see cref="IsText"/> pushes; null when the argument of STRING has no quotes around it.</summary>
    public static string? Decode(PickleOpcode opcode, ReadOnlySpan<byte> payload) => opcode switch
    {
        PickleOpcode.Unicode => RawUnicodeEscape(payload),
        PickleOpcode.String => Unquote(payload) is { } inner ? Encoding.Latin1.GetString(inner) : null,
        PickleOpcode.BinString or PickleOpcode.ShortBinString => Encoding.Latin1.GetString(payload),
        _ => Encoding.UTF8.GetString(payload),
    };

    /// <summary>The bytes that STRING means; null when there are no quotes around them or an escape is broken.</summary>
    public static byte[]? Unquote(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd(" \t\r\n\v\f"u8);
        if (line.Length < 2 || line[0] != line[^1] || line[0] is not ((byte)'\'' or (byte)'"'))
            return null;
        ReadOnlySpan<byte> quoted = line[1..^1];
        byte[] bytes = new byte[quoted.Length];
        int length = 0;
        for (int i = 0; i < quoted.Length; i++)
        {
            if (quoted[i] != (byte)'\\')
            {
                bytes[length++] = quoted[i];
                continue;
            }

            if (++i == quoted.Length)
                return null;
            byte escape = quoted[i];
            if (escape == (byte)'x')
            {
                if (i + 2 >= quoted.Length || !TryHex(quoted.Slice(i + 1, 2), out int code))
                    return null;
                bytes[length++] = (byte)code;
                i += 2;
            }
            else if (escape is >= (byte)'0' and <= (byte)'7')
            {
                int code = escape - '0';
                for (int digits = 1; digits < 3 && i + 1 < quoted.Length && quoted[i + 1] is >= (byte)'0' and <= (byte)'7'; digits++)
                    code = (code * 8) + (quoted[++i] - '0');
                bytes[length++] = (byte)code;
            }
            else if (Simple(escape) is { } simple)
            {
                bytes[length++] = simple;
            }
            else if (escape != (byte)'\n')
            {
                bytes[length++] = (byte)'\\';
                bytes[length++] = escape;
            }
        }

        return bytes[..length];
    }

    /// <summary>An integer in text: INT (which also spells booleans), LONG, GET, PUT. Only what picklers write is taken.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> line, out BigInteger value)
    {
        line = line.TrimEnd((byte)'\r');
        if (line is [.. var digits, (byte)'L'])
            line = digits;
        value = default;
        // Decimal conversion is quadratic: 4,300 digits is CPython's own limit.
        return line.Length is > 0 and <= 4300
            && BigInteger.TryParse(Encoding.Latin1.GetString(line), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>A small non-negative integer in text, as GET and PUT have it.</summary>
    public static bool TryIndex(ReadOnlySpan<byte> line, out long index)
    {
        index = 0;
        line = line.TrimEnd((byte)'\r');
        if (line.Length is 0 or > 18)
            return false;
        foreach (byte digit in line)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;
            index = (index * 10) + (digit - '0');
        }

        return true;
    }

    /// <summary>A float in text, as FLOAT has it: repr of a Python float, <c>inf</c> and <c>nan</c> included.</summary>
    public static bool TryFloat(ReadOnlySpan<byte> line, out double value)
    {
        string text = Encoding.Latin1.GetString(line.TrimEnd((byte)'\r'));
        switch (text)
        {
            case "inf" or "+inf":
                value = double.PositiveInfinity;
                return true;
            case "-inf":
                value = double.NegativeInfinity;
                return true;
            case "nan" or "-nan":
                value = double.NaN;
                return true;
            default:
                return double.TryParse(text, NumberStyles.Float & ~(NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite), CultureInfo.InvariantCulture, out value);
        }
    }

    /// <summary>The argument of LONG1 and LONG4: two's complement, little-endian.</summary>
    public static BigInteger Long(ReadOnlySpan<byte> payload) => payload.Length switch
    {
        0 => BigInteger.Zero,
        8 => BinaryPrimitives.ReadInt64LittleEndian(payload),
        _ => new BigInteger(payload),
    };

    private static string RawUnicodeEscape(ReadOnlySpan<byte> payload)
    {
        if (payload.IndexOf((byte)'\\') < 0)
            return Encoding.Latin1.GetString(payload);
        var text = new StringBuilder(payload.Length);
        for (int i = 0; i < payload.Length; i++)
        {
            int digits = payload[i] == (byte)'\\' && i + 1 < payload.Length ? payload[i + 1] switch { (byte)'u' => 4, (byte)'U' => 8, _ => 0 } : 0;
            if (digits > 0 && i + 1 + digits < payload.Length && TryHex(payload.Slice(i + 2, digits), out int code) && code is >= 0 and <= 0x10FFFF)
            {
                text.Append(code <= 0xFFFF ? ((char)code).ToString() : char.ConvertFromUtf32(code));
                i += 1 + digits;
            }
            else
            {
                text.Append((char)payload[i]);
            }
        }

        return text.ToString();
    }

    private static byte? Simple(byte escape) => escape switch
    {
        (byte)'\\' or (byte)'\'' or (byte)'"' => escape,
        (byte)'a' => 7,
        (byte)'b' => 8,
        (byte)'t' => 9,
        (byte)'n' => 10,
        (byte)'v' => 11,
        (byte)'f' => 12,
        (byte)'r' => 13,
        _ => null,
    };

    private static bool TryHex(ReadOnlySpan<byte> digits, out int value) =>
        int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
