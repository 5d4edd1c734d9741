using System.Globalization;
using System.Text;

namespace Bulwark.Scanning.Templates;

/// <summary>Cuts a Jinja template into the tokens of its tags and outputs. Text, comments and raw blocks are stepped over: they are never evaluated.</summary>
/// <remarks>After jinja2/lexer.py with its default delimiters; a closing delimiter inside brackets or a string does not close.</remarks>
/// <param name="template">The template.</param>
internal sealed class JinjaLexer(string template)
{
    private static readonly string[] Operators = ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";", "!", "&", "@", "?", "$", "`"];

    private readonly List<JinjaToken> _tokens = [];
    private int _at;

    /// <summary>Why the template is malformed, and where; null when it is not.</summary>
    public (string Why, int Offset)? Fault { get; private set; }

    /// <summary>Cuts the template. It goes on after a fault as well as it can, so that a broken tag hides nothing behind it.</summary>
    public List<JinjaToken> Read()
    {
        while (_at < template.Length)
        {
            int open = template.IndexOf('{', _at);
            if (open < 0 || open + 1 >= template.Length)
                break;
            switch (template[open + 1])
            {
                case '#':
                    int close = template.IndexOf("#}", open + 2, StringComparison.Ordinal);
                    _at = close < 0 ? template.Length : close + 2;
                    if (close < 0)
                        Break("a comment is not closed", open);
                    break;
                case '%':
                    Tag(open, JinjaTokenKind.BlockBegin, JinjaTokenKind.BlockEnd, "%}");
                    break;
                case '{':
                    Tag(open, JinjaTokenKind.OutputBegin, JinjaTokenKind.OutputEnd, "}}");
                    break;
                default:
                    _at = open + 1;
                    break;
            }
        }

        _tokens.Add(new JinjaToken(JinjaTokenKind.End, "", template.Length));
        return _tokens;
    }

    private void Tag(int open, JinjaTokenKind begin, JinjaTokenKind end, string closing)
    {
        int first = _tokens.Count;
        _tokens.Add(new JinjaToken(begin, "", open));
        _at = open + 2;
        if (_at < template.Length && template[_at] is '-' or '+')
            _at++;
        var brackets = new Stack<char>();
        while (_at < template.Length)
        {
            char c = template[_at];
            if (char.IsWhiteSpace(c))
            {
                _at++;
                continue;
            }

            if (brackets.Count == 0 && Closes(closing, out int length))
            {
                _tokens.Add(new JinjaToken(end, "", _at));
                _at += length;
                if (begin == JinjaTokenKind.BlockBegin && _tokens.Count == first + 3 && _tokens[first + 1].IsName("raw"))
                    SkipRaw(open);
                return;
            }

            Token(c, brackets);
        }

        Break("a tag is not closed", open);
    }

    private void Break(string why, int offset) => Fault ??= (why, offset);

    private bool Closes(string closing, out int length)
    {
        int sign = template[_at] is '-' or '+' ? 1 : 0;
        length = sign + closing.Length;
        return string.CompareOrdinal(template, _at + sign, closing, 0, closing.Length) == 0;
    }

    private void Token(char c, Stack<char> brackets)
    {
        int start = _at;
        if (c is '\'' or '"')
        {
            Quoted(c);
            return;
        }

        if (char.IsAsciiDigit(c))
        {
            Number();
            return;
        }

        if (IsNameCharacter(c))
        {
            while (_at < template.Length && IsNameCharacter(template[_at]))
                _at++;
            _tokens.Add(new JinjaToken(JinjaTokenKind.Name, template[start.._at], start));
            return;
        }

        foreach (string op in Operators)
        {
            if (string.CompareOrdinal(template, _at, op, 0, op.Length) != 0)
                continue;
            _at += op.Length;
            _tokens.Add(new JinjaToken(JinjaTokenKind.Operator, op, start));
            switch (op)
            {
                case "(" or "[" or "{":
                    brackets.Push(op == "(" ? ')' : op == "[" ? ']' : '}');
                    break;
                case ")" or "]" or "}":
                    if (!brackets.TryPop(out char expected) || expected != op[0])
                    {
                        Break("brackets do not match", start);
                        brackets.Clear();
                    }

                    break;
            }

            return;
        }

        Break("a character is not allowed in a tag", start);
        _at++;
    }

    private void SkipRaw(int open)
    {
        for (int at = _at; ; at += 2)
        {
            at = template.IndexOf("{%", at, StringComparison.Ordinal);
            if (at < 0)
            {
                Break("a raw block is not closed", open);
                _at = template.Length;
                return;
            }

            ReadOnlySpan<char> tag = template.AsSpan(at + 2).TrimStart("-+").TrimStart();
            if (!tag.StartsWith("endraw"))
                continue;
            int close = template.IndexOf("%}", at, StringComparison.Ordinal);
            _at = close < 0 ? template.Length : close + 2;
            return;
        }
    }

    private void Number()
    {
        int start = _at;
        bool whole = true;
        while (_at < template.Length && (char.IsAsciiLetterOrDigit(template[_at]) || template[_at] == '_' || (template[_at] == '.' && _at + 1 < template.Length && char.IsAsciiDigit(template[_at + 1]))))
            whole &= template[_at++] != '.';
        string text = template[start.._at].Replace("_", "", StringComparison.Ordinal);
        if (text.Length > 2 && text[0] == '0' && text[1] is 'x' or 'X')
            text = ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hex) ? hex.ToString(CultureInfo.InvariantCulture) : text;
        _tokens.Add(new JinjaToken(whole && text.All(char.IsAsciiDigit) ? JinjaTokenKind.Integer : JinjaTokenKind.Float, text, start));
    }

    private void Quoted(char quote)
    {
        int start = _at++;
        var text = new StringBuilder();
        bool escaped = false;
        while (_at < template.Length && template[_at] != quote)
        {
            char c = template[_at++];
            if (c == '\\' && _at < template.Length)
                escaped |= Escape(text);
            else
                text.Append(c);
        }

        if (_at >= template.Length)
        {
            // No second quote of this kind follows anywhere, so going on behind the first happens once.
            Break("a string is not closed", start);
            _at = start + 1;
            return;
        }

        _at++;
        _tokens.Add(new JinjaToken(JinjaTokenKind.String, text.ToString(), start, escaped));
    }

    /// <summary>Resolves one escape as Python does; true when it hides a plain printable character behind a number or name.</summary>
    private bool Escape(StringBuilder text)
    {
        char c = template[_at++];
        switch (c)
        {
            case 'n':
                text.Append('\n');
                return false;
            case 't':
                text.Append('\t');
                return false;
            case 'r':
                text.Append('\r');
                return false;
            case '\n':
                return false;
            case 'x':
                return Code(text, 2);
            case 'u':
                return Code(text, 4);
            case 'U':
                return Code(text, 8);
            case >= '0' and <= '7':
                int value = c - '0';
                for (int i = 0; i < 2 && _at < template.Length && template[_at] is >= '0' and <= '7'; i++)
                    value = (value * 8) + template[_at++] - '0';
                text.Append((char)value);
                return value is > 0x20 and < 0x7F;
            case 'N' when _at < template.Length && template[_at] == '{':
                int close = template.IndexOf('}', _at);
                bool underscore = close > 0 && template.AsSpan(_at + 1, close - _at - 1).Equals("LOW LINE", StringComparison.OrdinalIgnoreCase);
                text.Append(underscore ? '_' : '?');
                _at = close < 0 ? _at : close + 1;
                return underscore;
            case '\\' or '\'' or '"':
                text.Append(c);
                return false;
            default:
                text.Append('\\').Append(c);
                return false;
        }
    }

    private bool Code(StringBuilder text, int digits)
    {
        if (_at + digits > template.Length || !uint.TryParse(template.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code))
        {
            text.Append('\\');
            return false;
        }

        _at += digits;
        if (code <= char.MaxValue)
            text.Append((char)code);
        else if (Rune.IsValid(code))
            text.Append(new Rune(code).ToString());
        return code is > 0x20 and < 0x7F;
    }

    private static bool IsNameCharacter(char c) => c == '_' || char.IsLetterOrDigit(c);
}
