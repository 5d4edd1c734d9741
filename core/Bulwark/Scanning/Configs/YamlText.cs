using System.Buffers;
using System.Globalization;
using System.Text;

namespace Bulwark.Scanning.Configs;

/// <summary>
/// Finds the values of keys in YAML text, line by line and forgiving: enough to read a template out of a configuration, not a
/// YAML parser. Of aliases, the first anchor of the name counts.
/// </summary>
internal static class YamlText
{
    private const int MostValues = 1024;
    private const int MostProperties = 8;

    /// <summary>What may stand before a key: indentation, dashes of a list, a brace or comma of a flow, a quote.</summary>
    private static readonly SearchValues<char> Leading = SearchValues.Create(" \t-{,'\"?");

    private static readonly SearchValues<char> PropertyEnd = SearchValues.Create(" \t\r\n,]}");

    /// <summary>Each value of a key, at any depth, with the number of its first character; the first of them.</summary>
    public static IEnumerable<(string Value, int Offset)> Values(string text, string key)
    {
        int found = 0;
        for (int at = text.IndexOf(key, StringComparison.Ordinal); at >= 0; at = text.IndexOf(key, at + key.Length, StringComparison.Ordinal))
        {
            int line = at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1;
            ReadOnlySpan<char> before = text.AsSpan(line, at - line);
            if (before.ContainsAnyExcept(Leading) && !before.TrimEnd("'\" \t").EndsWith("{") && !before.TrimEnd("'\" \t").EndsWith(","))
                continue;
            int colon = at + key.Length;
            if (colon < text.Length && text[colon] is '\'' or '"')
                colon++;
            while (colon < text.Length && text[colon] is ' ' or '\t')
                colon++;
            if (colon >= text.Length || text[colon] != ':')
                continue;
            int indent = before.Length - before.TrimStart(" -\t").Length;
            if (++found > MostValues)
                yield break;
            if (Scalar(text, colon + 1, indent) is { } value)
                yield return (value, at);
        }
    }

    private static string? Scalar(string text, int at, int indent)
    {
        for (int followed = 0; ; followed++)
        {
            while (at < text.Length && text[at] is ' ' or '\t' or '\r' or '\n')
                at++;
            if (at >= text.Length || followed > MostProperties)
                return null;
            if (text[at] is not ('&' or '!' or '*'))
                break;
            int end = text.AsSpan(at).IndexOfAny(PropertyEnd);
            string property = end < 0 ? text[at..] : text.Substring(at, end);
            int anchor = property[0] == '*' ? text.IndexOf("&" + property[1..], StringComparison.Ordinal) : -1;
            if (property[0] == '*' && anchor < 0)
                return null;
            // An alias stands for what has its anchor; an anchor or a tag stands before its value.
            at = (property[0] == '*' ? anchor : at) + property.Length;
        }

        return text[at] switch
        {
            '\'' => Single(text, at + 1),
            '"' => Double(text, at + 1),
            '|' or '>' => Block(text, at, indent),
            _ => Plain(text, at, indent),
        };
    }

    private static string Single(string text, int at)
    {
        var value = new StringBuilder();
        for (; at < text.Length; at++)
        {
            if (text[at] == '\'' && (at + 1 >= text.Length || text[at + 1] != '\''))
                break;
            if (text[at] == '\'')
                at++;
            at = Fold(text, at, value);
        }

        return value.ToString();
    }

    private static string Double(string text, int at)
    {
        var value = new StringBuilder();
        for (; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] != '\\' || at + 1 >= text.Length)
            {
                at = Fold(text, at, value);
                continue;
            }

            char c = text[++at];
            int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0 && at + digits < text.Length && uint.TryParse(text.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code) && code <= char.MaxValue)
            {
                value.Append((char)code);
                at += digits;
            }
            else if (c == '\n')
            {
                // An escaped line end joins the lines.
                while (at + 1 < text.Length && text[at + 1] is ' ' or '\t')
                    at++;
            }
            else
            {
                value.Append(c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '0' => '\0', '_' => '\u00A0', _ => c });
            }
        }

        return value.ToString();
    }

    /// <summary>Line ends inside quotes, with the space around them, become one space.</summary>
    private static int Fold(string text, int at, StringBuilder value)
    {
        if (text[at] is not ('\n' or '\r'))
        {
            value.Append(text[at]);
            return at;
        }

        while (at + 1 < text.Length && char.IsWhiteSpace(text[at + 1]))
            at++;
        value.Append(' ');
        return at;
    }

    private static string Block(string text, int at, int indent)
    {
        bool folded = text[at] == '>';
        var value = new StringBuilder();
        int line = text.IndexOf('\n', at);
        while (line >= 0 && line + 1 < text.Length)
        {
            int start = line + 1;
            int end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            ReadOnlySpan<char> content = text.AsSpan(start, end - start);
            bool empty = content.IsWhiteSpace();
            if (!empty && content.Length - content.TrimStart(' ').Length <= indent)
                break;
            value.Append(content.TrimStart(' ')).Append(folded ? ' ' : '\n');
            line = end < text.Length ? end : -1;
        }

        return value.ToString();
    }

    private static string Plain(string text, int at, int indent)
    {
        var value = new StringBuilder();
        while (at < text.Length)
        {
            int end = text.IndexOf('\n', at);
            end = end < 0 ? text.Length : end;
            value.Append(text.AsSpan(at, end - at).Trim()).Append(' ');
            int next = Math.Min(end + 1, text.Length);
            ReadOnlySpan<char> following = text.AsSpan(next);
            if (following.IsEmpty || following.Length - following.TrimStart(' ').Length <= indent)
                break;
            at = next;
        }

        return value.ToString();
    }
}
