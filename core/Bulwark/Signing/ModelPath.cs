using System.Text;

namespace Bulwark.Signing;

/// <summary>
/// The rules for names in a signature: relative, <c>/</c>-separated, each part something, none <c>.</c> or <c>..</c>. One file has
/// one spelling, so that two readers cannot take one name for two files.
/// </summary>
internal static class ModelPath
{
    /// <summary>The name of a model that is one file.</summary>
    public const string WholeModel = ".";

    private const int MaximumLength = 4096;

    /// <summary>Why a resource's name is refused, or null where it is good.</summary>
    public static string? Refuse(string name)
    {
        if (name.Length is 0 or > MaximumLength)
            return name.Length == 0 ? "it is empty" : "it is too long";
        if (name.Contains('\0', StringComparison.Ordinal) || !IsWellFormed(name))
            return "it holds a character that no name can hold";
        if (OperatingSystem.IsWindows() && name.AsSpan().ContainsAny('\\', ':'))
            return "it cannot stand on this system";
        foreach (Range part in name.AsSpan().Split('/'))
        {
            if (name.AsSpan(part) is "" or "." or "..")
                return "it is not a plain relative path";
        }

        return null;
    }

    /// <summary>Why a path to ignore is refused, or null. A slash may end it; wildcards mean nothing in this format and are refused.</summary>
    public static string? RefuseIgnored(string path) =>
        path.AsSpan().ContainsAny('*', '?', '[') ? "it holds a wildcard" : Refuse(path.EndsWith('/') ? path[..^1] : path);

    /// <summary>Code-point order, which is the byte order of UTF-8 and not that of UTF-16.</summary>
    public static int CompareByCodePoint(string a, string b)
    {
        int common = a.AsSpan().CommonPrefixLength(b);
        return common == a.Length || common == b.Length ? a.Length.CompareTo(b.Length) : Rank(a[common]).CompareTo(Rank(b[common]));
    }

    // Surrogates stand for code points above every other char.
    private static int Rank(char c) => c >= 0xe000 ? c - 0x800 : c >= 0xd800 ? c + 0x2000 : c;

    private static bool IsWellFormed(string name)
    {
        foreach (Rune rune in name.EnumerateRunes())
        {
            // .NET shows bytes that are no UTF-8, and half surrogates, as U+FFFD: the name it shows is not the name on disk.
            if (rune == Rune.ReplacementChar)
                return false;
        }

        return true;
    }
}
