using System.Text;

namespace Bulwark.Models.Zip;

/// <summary>Judges the names of archive members as a program would that unpacks them somewhere.</summary>
internal static class ArchiveName
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What is wrong with a name; null when nothing is.</summary>
    public static (ZipFaultKind Kind, string Why)? Judge(string name)
    {
        if (name.Length == 0)
            return (ZipFaultKind.OddName, "a member has no name");
        if (name[0] is '/' or '\\' || (name.Length > 1 && name[1] == ':' && char.IsAsciiLetter(name[0])))
            return (ZipFaultKind.AbsoluteName, $"the member {ModelFormatException.Quote(name)} has an absolute path");
        if (LeadsOut(name))
            return (ZipFaultKind.Traversal, $"the member {ModelFormatException.Quote(name)} leads out of the folder it would be unpacked into");
        if (name.Contains('\\', StringComparison.Ordinal))
            return (ZipFaultKind.OddName, $"the member {ModelFormatException.Quote(name)} has a backslash in its name, which only some readers take for a separator");
        if (name.Any(char.IsControl))
            return (ZipFaultKind.OddName, $"the member {ModelFormatException.Quote(name)} has a control character in its name");
        return null;
    }

    /// <summary>Decodes a name: UTF-8 when marked so, otherwise byte by byte.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, bool utf8, out bool broken)
    {
        broken = false;
        if (!utf8)
            return Encoding.Latin1.GetString(bytes);
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            broken = true;
            return Encoding.Latin1.GetString(bytes);
        }
    }

    // Windows drops dots and spaces at the end of a name, so ".. " climbs there too.
    private static bool LeadsOut(string name)
    {
        foreach (Range part in name.AsSpan().SplitAny('/', '\\', '\0'))
        {
            ReadOnlySpan<char> trimmed = name.AsSpan(part).TrimEnd(' ');
            if (trimmed is "..")
                return true;
        }

        return false;
    }
}
