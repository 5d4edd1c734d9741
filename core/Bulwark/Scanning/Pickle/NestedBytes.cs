using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using Bulwark.Models.Pickle;

namespace Bulwark.Scanning.Pickle;

/// <summary>Recognises and unwraps pickles that are stored as strings or bytes of another pickle.</summary>
internal static class NestedBytes
{
    private const int Shortest = 4;
    private const int ShortestText = 16;
    private const int MostInflated = 1 << 18;

    private static readonly SearchValues<byte> Base64Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\r\n"u8);

    /// <summary>How a bytes value could hold a pickle, judged by its first bytes; null when it could not.</summary>
    public static NestedForm? FormOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Shortest)
            return null;
        if (IsBinaryPickle(bytes) || IsTextPickle(bytes))
            return NestedForm.Raw;
        if ((bytes[0] == 0x78 && bytes[1] is 0x01 or 0x5E or 0x9C or 0xDA) || (bytes[0] == 0x1F && bytes[1] == 0x8B))
            return NestedForm.Compressed;
        return FormOfText(bytes);
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
        if (utf8.Length < ShortestText)
            return null;
        if (utf8[0] == (byte)'8' && utf8[1] == (byte)'0' && utf8[2] == (byte)'0' && utf8[3] is >= (byte)'2' and <= (byte)'5' && utf8.Length % 2 == 0)
            return NestedForm.Hexadecimal;
        // The six bits of the first character, for PROTO, GLOBAL, MARK, EMPTY_DICT, EMPTY_LIST; H is that of gzip, e that of zlib.
        bool begins = utf8[0] is (byte)'g' or (byte)'Y' or (byte)'K' or (byte)'f' or (byte)'X' or (byte)'H' or (byte)'e';
        return begins && !utf8.ContainsAnyExcept(Base64Characters) ? NestedForm.Base64 : null;
    }

    /// <summary>Unwraps bytes; null when they are not of that form.</summary>
    public static byte[]? Unwrap(NestedForm form, byte[] bytes)
    {
        switch (form)
        {
            case NestedForm.Latin1:
                string text = Encoding.UTF8.GetString(bytes);
                return text.All(c => c <= 0xFF) ? Encoding.Latin1.GetBytes(text) : null;
            case NestedForm.Base64:
                return FromBase64(bytes);
            case NestedForm.Hexadecimal:
                byte[] decoded = new byte[bytes.Length / 2];
                return Convert.FromHexString(bytes, decoded, out _, out int written) == OperationStatus.Done ? decoded[..written] : null;
            case NestedForm.Compressed:
                return Inflate(bytes);
            default:
                return bytes;
        }
    }

    /// <summary>Whether bytes begin as pickles of protocol 2 and later do.</summary>
    public static bool IsBinaryPickle(ReadOnlySpan<byte> bytes) => PickleFile.Looks(bytes);

    // Protocols 0 and 1 have no magic; a payload in them begins with GLOBAL, or with MARK and INST or OBJ.
    private static bool IsTextPickle(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> line = bytes[0] switch
        {
            (byte)'c' => bytes[1..],
            (byte)'(' when bytes[1] is (byte)'i' or (byte)'c' => bytes[2..],
            _ => default,
        };
        int end = line.IndexOf((byte)'\n');
        return end > 0 && end < 100 && !line[..end].ContainsAnyExcept(Identifier);
    }

    private static readonly SearchValues<byte> Identifier = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_."u8);

    private static byte[]? FromBase64(byte[] bytes)
    {
        Span<byte> plain = bytes;
        plain.Replace((byte)'-', (byte)'+');
        plain.Replace((byte)'_', (byte)'/');
        int length = bytes.AsSpan().TrimEnd("=\r\n"u8).Length;
        byte[] padded = [.. bytes[..length], .. new byte[(4 - (length % 4)) % 4].Select(_ => (byte)'=')];
        byte[] decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        return Base64.DecodeFromUtf8(padded, decoded, out _, out int written) == OperationStatus.Done && written >= Shortest ? decoded[..written] : null;
    }

    private static byte[]? Inflate(byte[] bytes)
    {
        try
        {
            using var source = new MemoryStream(bytes);
            using Stream inflater = bytes[0] == 0x78 ? new ZLibStream(source, CompressionMode.Decompress) : new GZipStream(source, CompressionMode.Decompress);
            byte[] inflated = new byte[MostInflated];
            int length = inflater.ReadAtLeast(inflated, MostInflated, throwOnEndOfStream: false);
            return inflated[..length];
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
