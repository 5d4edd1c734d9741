using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Bulwark.Models;
using Bulwark.Models.Pickle;
using Bulwark.Models.Zip;

namespace Bulwark.Scanning.Pickle;

/// <summary>Recognises and unwraps pickles that are stored as strings or bytes of another pickle.</summary>
/// <remarks>What is recognised is a guess by the first bytes, which costs next to nothing; the pickle behind it has to prove itself.</remarks>
internal static class NestedBytes
{
    private const int Shortest = 4;
    private const int ShortestText = 16;
    private const int MostInflated = 1 << 18;
    private const int MostLayers = 4;
    private const int LongestLine = 128;

    private static readonly SearchValues<byte> Base64Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\r\n\t "u8);
    private static readonly SearchValues<byte> Base32Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=\r\n\t "u8);
    private static readonly SearchValues<byte> HexadecimalCharacters = SearchValues.Create("0123456789ABCDEFabcdef\r\n\t "u8);
    private static readonly SearchValues<byte> Identifier = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_."u8);

    // RFC 1924, as Python's b85encode has it; Ascii85 is a run from '!' on.
    private static ReadOnlySpan<byte> Base85Digits => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"u8;

    /// <summary>How a bytes value could hold a pickle, judged by its first bytes; null when it could not.</summary>
    public static NestedForm? FormOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Shortest)
            return null;
        if (IsBinaryPickle(bytes) || IsTextPickle(bytes))
            return NestedForm.Raw;
        return CompressedFormat.Of(bytes) is not null ? NestedForm.Compressed : FormOfText(bytes);
    }

    /// <summary>How a string could hold a pickle, judged by its first characters; null when it could not.</summary>
    public static NestedForm? FormOfText(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length < Shortest)
            return null;
        // 0x80 as a character takes two bytes.
        if (utf8[0] == 0xC2 && utf8[1] == 0x80 && utf8[2] is >= 2 and <= 5)
            return NestedForm.Latin1;
        if (IsTextPickle(utf8))
            return NestedForm.Raw;
        utf8 = utf8.TrimStart(" \t\r\n"u8);
        if (utf8.Length < ShortestText)
            return null;
        if (BeginsHexadecimal(utf8) && !utf8.ContainsAnyExcept(HexadecimalCharacters))
            return NestedForm.Hexadecimal;
        if (BeginsBase64(utf8) && !utf8.ContainsAnyExcept(Base64Characters))
            return NestedForm.Base64;
        // The first ten bits of PROTO 2 to 5, of GLOBAL and a small letter, of MARK and what may follow it.
        if (utf8[0] is (byte)'Q' or (byte)'M' or (byte)'F' && !utf8.ContainsAnyExcept(Base32Characters))
            return NestedForm.Base32;
        return Base85(utf8, 5) is [0x80, >= 2 and <= 5, ..] ? NestedForm.Base85 : null;
    }

    /// <summary>Takes all wrappings off; null when there is no pickle inside.</summary>
    public static byte[]? Unwrap(NestedForm form, byte[] bytes)
    {
        byte[]? unwrapped = bytes;
        NestedForm? next = form;
        for (int layer = 0; layer < MostLayers && next is { } wrapping and not NestedForm.Raw; layer++)
        {
            unwrapped = Peel(wrapping, unwrapped);
            if (unwrapped is null)
                return null;
            next = FormOf(unwrapped);
        }

        return next == NestedForm.Raw ? unwrapped : null;
    }

    /// <summary>Whether bytes begin as pickles of protocol 2 and later do.</summary>
    public static bool IsBinaryPickle(ReadOnlySpan<byte> bytes) => PickleFile.Looks(bytes);

    /// <summary>Whether bytes begin as a payload in protocol 0 or 1 does, which have no magic: with GLOBAL, or with MARK and what INST, OBJ or a tuple begins with.</summary>
    public static bool IsTextPickle(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Shortest)
            return false;
        if (bytes[0] == (byte)'(' && bytes[1] is (byte)'(' or (byte)'S' or (byte)'V' or (byte)'I' or (byte)'L' or (byte)'F' or (byte)'U' or (byte)'X' or (byte)'T' or (byte)'K' or (byte)'d' or (byte)'l')
            return bytes[..Math.Min(bytes.Length, LongestLine)].Contains((byte)'\n');
        ReadOnlySpan<byte> line = bytes[0] switch
        {
            (byte)'c' => bytes[1..],
            (byte)'(' when bytes[1] is (byte)'i' or (byte)'c' => bytes[2..],
            _ => default,
        };
        int end = line.IndexOf((byte)'\n');
        return end > 0 && end < LongestLine && !line[..end].ContainsAnyExcept(Identifier);
    }

    private static byte[]? Peel(NestedForm form, byte[] bytes)
    {
        switch (form)
        {
            case NestedForm.Escaped:
                return PickleText.Unquote(bytes);
            case NestedForm.Latin1:
                string text = Encoding.UTF8.GetString(bytes);
                return text.All(c => c <= 0xFF) ? Encoding.Latin1.GetBytes(text) : null;
            case NestedForm.Base64:
                return FromBase64(bytes);
            case NestedForm.Base32:
                return FromBase32(bytes);
            case NestedForm.Base85:
                return Base85(bytes.AsSpan().TrimStart(" \t\r\n"u8), int.MaxValue);
            case NestedForm.Hexadecimal:
                byte[] digits = Array.FindAll(bytes, b => !IsSpace(b));
                byte[] decoded = new byte[digits.Length / 2];
                return Convert.FromHexString(digits, decoded, out _, out int written) == OperationStatus.Done ? decoded[..written] : null;
            default:
                return Inflate(bytes);
        }
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    private static bool BeginsHexadecimal(ReadOnlySpan<byte> text)
    {
        // 80 and a protocol, GLOBAL and a letter, MARK.
        return (text[0], text[1]) switch
        {
            ((byte)'8', (byte)'0') => text[2] == (byte)'0' && text[3] is >= (byte)'2' and <= (byte)'5',
            ((byte)'6', (byte)'3') => text[2] is >= (byte)'4' and <= (byte)'7',
            ((byte)'2', (byte)'8') => true,
            ((byte)'7', (byte)'8') or ((byte)'1', (byte)'f' or (byte)'F') => true,
            _ => false,
        };
    }

    private static bool BeginsBase64(ReadOnlySpan<byte> text)
    {
        Span<byte> head = stackalloc byte[3];
        Span<byte> characters = stackalloc byte[4];
        text[..4].CopyTo(characters);
        characters.Replace((byte)'-', (byte)'+');
        characters.Replace((byte)'_', (byte)'/');
        if (Base64.DecodeFromUtf8(characters, head, out _, out int written) != OperationStatus.Done || written < 3)
            return false;
        return head switch
        {
            [0x80, >= 2 and <= 5, _] => true,
            [(byte)'c', >= (byte)'A' and <= (byte)'z', _] => true,
            [(byte)'(', (byte)'(' or (byte)'i' or (byte)'c' or (byte)'S' or (byte)'V' or (byte)'I' or (byte)'L' or (byte)'F' or (byte)'U' or (byte)'X' or (byte)'K' or (byte)'d' or (byte)'l', _] => true,
            [0x78, 0x01 or 0x5E or 0x9C or 0xDA, _] or [0x1F, 0x8B, 8] or [(byte)'B', (byte)'Z', (byte)'h'] or [0xFD, (byte)'7', (byte)'z'] => true,
            // Base64 in base64, and pickles in hexadecimal in base64.
            [(byte)'g', (byte)'A', (byte)'J' or (byte)'N' or (byte)'R' or (byte)'S' or (byte)'V' or (byte)'W'] or [(byte)'8', (byte)'0', (byte)'0'] or [(byte)'Y' or (byte)'K' or (byte)'e' or (byte)'H', _, _] => true,
            _ => false,
        };
    }

    private static byte[]? FromBase64(byte[] bytes)
    {
        byte[] clean = Array.FindAll(bytes, b => !IsSpace(b) && b != (byte)'=');
        Span<byte> plain = clean;
        plain.Replace((byte)'-', (byte)'+');
        plain.Replace((byte)'_', (byte)'/');
        byte[] padded = [.. clean, .. "==="u8[..((4 - (clean.Length % 4)) % 4)]];
        byte[] decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        return Base64.DecodeFromUtf8(padded, decoded, out _, out int written) == OperationStatus.Done && written >= Shortest ? decoded[..written] : null;
    }

    private static byte[]? FromBase32(byte[] bytes)
    {
        var decoded = new List<byte>(bytes.Length * 5 / 8);
        int bits = 0, held = 0;
        foreach (byte b in bytes)
        {
            int digit = b switch { >= (byte)'A' and <= (byte)'Z' => b - 'A', >= (byte)'2' and <= (byte)'7' => b - '2' + 26, _ => -1 };
            if (digit < 0)
                continue;
            bits = ((bits << 5) | digit) & 0xFFF;
            held += 5;
            if (held >= 8)
                decoded.Add((byte)(bits >> (held -= 8)));
        }

        return decoded.Count >= Shortest ? [.. decoded] : null;
    }

    /// <summary>Base85 as far as it goes, tried in both alphabets.</summary>
    private static byte[] Base85(ReadOnlySpan<byte> text, int most)
    {
        if (text.StartsWith("<~"u8))
            text = text[2..];
        // PROTO makes the first digit the 41st of its alphabet.
        if (text.Length < 5 || text[0] is not ((byte)'f' or (byte)'J'))
            return [];
        bool ascii = text[0] == (byte)'J';
        var decoded = new List<byte>();
        Span<byte> group = stackalloc byte[5];
        int filled = 0;
        foreach (byte b in text[..Math.Min(text.Length, most)])
        {
            if (IsSpace(b))
                continue;
            int digit = ascii ? (b is >= (byte)'!' and <= (byte)'u' ? b - '!' : -1) : Base85Digits.IndexOf(b);
            if (digit < 0)
                break;
            group[filled++] = (byte)digit;
            if (filled == group.Length)
                filled = Take(group, 4, decoded);
        }

        if (filled > 1)
        {
            group[filled..].Fill(84);
            Take(group, filled - 1, decoded);
        }

        return [.. decoded];
    }

    private static int Take(ReadOnlySpan<byte> group, int count, List<byte> decoded)
    {
        ulong value = 0;
        foreach (byte digit in group)
            value = (value * 85) + digit;
        for (int i = 0; i < count; i++)
            decoded.Add((byte)(value >> (24 - (8 * i))));
        return 0;
    }

    private static byte[]? Inflate(byte[] bytes)
    {
        if (CompressedFormat.Of(bytes) is not { } format)
            return null;
        using var source = new MemoryStream(bytes, format.Offset, bytes.Length - format.Offset);
        using Stream inflater = format.Decoder(source);
        byte[] inflated = new byte[MostInflated];
        int length = 0;
        try
        {
            // What comes before a fault is loaded all the same by readers that go piece by piece.
            while (length < inflated.Length && inflater.Read(inflated, length, Math.Min(4096, inflated.Length - length)) is > 0 and int read)
                length += read;
        }
        catch (Exception e) when (e is InvalidDataException or ModelFormatException)
        {
            // Not compressed after all, or broken from here on.
        }

        return length >= Shortest ? inflated[..length] : null;
    }
}
