using System.Buffers;

namespace Bulwark.Scanning.Configs;

/// <summary>Finds tags of YAML that build Python objects, however they are spelled: in full, by a handle of %TAG, or with escapes.</summary>
/// <remarks>YAML 1.2, sections 5.6 and 6.8.2: a tag is a handle's prefix and the rest, in which %XX stands for a byte.</remarks>
internal static class YamlTags
{
    private const string Own = "tag:yaml.org,2002:";
    private const string Python = Own + "python/";
    private const int MostHandles = 64;
    private const int LongestTag = 512;

    private static readonly SearchValues<char> End = SearchValues.Create(" \t\r\n,[]{}");

    /// <summary>Where the first such tag stands; -1 when there is none.</summary>
    public static int FindPython(string text)
    {
        if (text.IndexOf(Python, StringComparison.Ordinal) is >= 0 and var plain)
            return plain;
        List<(string Handle, string Prefix)> handles = Handles(text);
        for (int at = text.IndexOf('!', StringComparison.Ordinal); at >= 0; at = text.IndexOf('!', at + 1))
        {
            int length = text.AsSpan(at, Math.Min(LongestTag, text.Length - at)).IndexOfAny(End);
            ReadOnlySpan<char> tag = length < 0 ? text.AsSpan(at, Math.Min(LongestTag, text.Length - at)) : text.AsSpan(at, length);
            if (Expand(tag, handles).StartsWith(Python, StringComparison.Ordinal))
                return at;
            // What follows in a tag is none.
            at += Math.Max(0, tag.LastIndexOf('!'));
        }

        return -1;
    }

    private static string Expand(ReadOnlySpan<char> tag, List<(string Handle, string Prefix)> handles)
    {
        if (tag.StartsWith("!<"))
            return Unescape(tag[2..]);
        foreach ((string handle, string prefix) in handles)
        {
            if (tag.StartsWith(handle, StringComparison.Ordinal))
                return Unescape(prefix + tag[handle.Length..].ToString());
        }

        return "";
    }

    private static string Unescape(ReadOnlySpan<char> tag) => tag.Contains('%') ? Uri.UnescapeDataString(tag.ToString()) : tag.ToString();

    /// <summary>The handles that the text declares, longest first, and the one of YAML itself.</summary>
    private static List<(string Handle, string Prefix)> Handles(string text)
    {
        List<(string Handle, string Prefix)> handles = [];
        for (int at = text.IndexOf("%TAG", StringComparison.Ordinal); at >= 0 && handles.Count < MostHandles; at = text.IndexOf("%TAG", at + 1, StringComparison.Ordinal))
        {
            int end = text.IndexOf('\n', at);
            string[] words = text[at..(end < 0 ? Math.Min(text.Length, at + LongestTag) : Math.Min(end, at + LongestTag))].Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words is [_, ['!', ..] handle, var prefix, ..])
                handles.Add((handle, prefix));
        }

        handles.Add(("!!", Own));
        handles.Sort((a, b) => b.Handle.Length.CompareTo(a.Handle.Length));
        return handles;
    }
}
