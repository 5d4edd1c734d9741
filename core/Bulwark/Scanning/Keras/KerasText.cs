using System.Buffers.Text;

namespace Bulwark.Scanning.Keras;

/// <summary>Recognises what strings of a configuration are.</summary>
internal static class KerasText
{
    /// <summary>The longest string that is looked through for code.</summary>
    public const int LongestCode = 1 << 16;

    private static readonly string[] UnsafeParts = ["py_func", "py_function", "numpy_function", "read_file", "write_file", "load_op_library", "matching_files", "load_library", "system"];

    /// <summary>Whether a string is base64 of a code object as Python's marshal writes it: 'c' with or without the mark of a reference, then small counts.</summary>
    public static bool IsMarshal(string text)
    {
        const int ArgumentCountLength = 4;
        if (text.Length < 8 || text[0] is not ('4' or 'Y'))
            return false;
        Span<char> head = stackalloc char[12];
        int filled = 0;
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, 16)))
        {
            if (c is not ('\n' or '\r') && filled < head.Length)
                head[filled++] = c;
        }

        Span<byte> bytes = stackalloc byte[9];
        filled = filled / 4 * 4;
        if (!Base64.IsValid(head[..filled]) || !Convert.TryFromBase64Chars(head[..filled], bytes, out int written) || written < 1 + ArgumentCountLength)
            return false;
        return bytes[0] is 0xE3 or 0x63 && bytes[2] == 0 && bytes[3] == 0 && bytes[4] == 0 && (written < 9 || (bytes[6] == 0 && bytes[7] == 0 && bytes[8] == 0));
    }

    /// <summary>The last part of a dotted name; null when the text is no such thing.</summary>
    public static string? LastPart(string text)
    {
        const int LongestName = 256;
        if (text.Length is 0 or > LongestName)
            return null;
        int start = Math.Max(text.LastIndexOf('.'), Math.Max(text.LastIndexOf(':'), text.LastIndexOf('>'))) + 1;
        string last = text[start..];
        return KerasModules.IsName(last) ? last : null;
    }

    /// <summary>Whether a string is an address such as https://host/file.</summary>
    public static bool IsAddress(string text)
    {
        int colon = text.AsSpan(0, Math.Min(text.Length, 24)).IndexOf("://");
        if (colon > 1 && char.IsAsciiLetter(text[0]) && text.AsSpan(0, colon).IndexOfAnyExcept(SchemeCharacters) < 0)
            return true;
        return text.StartsWith("\\\\", StringComparison.Ordinal) || text.StartsWith("//", StringComparison.Ordinal) || text.StartsWith("file:", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether a path is absolute, is a home folder's, or climbs out of a folder.</summary>
    public static bool LeadsOut(string text) =>
        text.Length > 1 && (text[0] is '/' or '\\' or '~' or '$' or '%' || text.StartsWith("..", StringComparison.Ordinal) || text.Contains("../", StringComparison.Ordinal) || text.Contains("..\\", StringComparison.Ordinal)
            || (char.IsAsciiLetter(text[0]) && text[1] == ':' && text.Length > 2 && text[2] is '/' or '\\'));

    /// <summary>Whether values of a key are paths.</summary>
    public static bool IsPathKey(string key) =>
        key.Contains("path", StringComparison.OrdinalIgnoreCase) || key.Contains("file", StringComparison.OrdinalIgnoreCase) || key.Contains("dir", StringComparison.OrdinalIgnoreCase)
        || key is "origin" or "url" or "uri" or "location" or "handle" or "weights" or "source" or "asset" or "fname";

    /// <summary>Whether an operation of TensorFlow, by its public name, reads or writes files or runs Python.</summary>
    public static bool IsUnsafeOperation(string name) =>
        name.StartsWith("io.", StringComparison.Ordinal) && name is not ("io.decode_raw" or "io.decode_jpeg" or "io.decode_png" or "io.decode_image" or "io.decode_base64" or "io.encode_base64" or "io.parse_tensor" or "io.parse_example")
        || name.Contains("raw_ops.", StringComparison.Ordinal) || UnsafeParts.Any(p => name.Contains(p, StringComparison.OrdinalIgnoreCase));

    private static ReadOnlySpan<char> SchemeCharacters => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
}
