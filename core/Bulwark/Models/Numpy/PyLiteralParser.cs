using System.Globalization;
using System.Text;

namespace Bulwark.Models.Numpy;

/// <summary>
/// Reads one Python literal and nothing else: no names, no calls, no operators, so that there is nothing to evaluate.
/// Nesting is bounded, and so is the number of values.
/// </summary>
/// <param name="text">The literal.</param>
internal sealed class PyLiteralParser(string text)
{
    private const int MaxDepth = 24;
    private const int MaxValues = 65_536;

    private int _at;
    private int _values;

    /// <summary>Reads the whole text; null when it is anything but one literal.</summary>
    public PyLiteral? Parse()
    {
        PyLiteral? value = Value(0);
        Space();
        return _at == text.Length ? value : null;
    }

    private PyLiteral? Value(int depth)
    {
        Space();
        if (_at >= text.Length || depth > MaxDepth || ++_values > MaxValues)
            return null;
        switch (text[_at])
        {
            case '{':
                return Map(depth);
            case '[':
                return Items(depth, ']');
            case '(':
                return Items(depth, ')');
            case '\'' or '"' or 'u' or 'b':
                return Quoted();
            case '-' or (>= '0' and <= '9'):
                return Number();
            default:
                return Word("True") ? new PyLiteral.Truth(true) : Word("False") ? new PyLiteral.Truth(false) : Word("None") ? new PyLiteral.Nothing() : null;
        }
    }

    private PyLiteral.Map? Map(int depth)
    {
        var items = new Dictionary<string, PyLiteral>(StringComparer.Ordinal);
        _at++;
        while (true)
        {
            if (Sign('}'))
                return new PyLiteral.Map(items);
            if (Value(depth + 1) is not PyLiteral.Text key || !Sign(':') || Value(depth + 1) is not { } value || !items.TryAdd(key.Value, value))
                return null;
            if (!Sign(',') && (_at >= text.Length || text[_at] != '}'))
                return null;
        }
    }

    private PyLiteral? Items(int depth, char close)
    {
        var items = new List<PyLiteral>();
        bool comma = false;
        _at++;
        while (true)
        {
            if (Sign(close))
            {
                // Parentheses around one value without a comma are only parentheses.
                return close == ')' && items.Count == 1 && !comma ? items[0] : new PyLiteral.Sequence(close == ')', items);
            }

            if ((items.Count > 0 && !comma) || Value(depth + 1) is not { } value)
                return null;
            items.Add(value);
            comma = Sign(',');
        }
    }

    private PyLiteral.Text? Quoted()
    {
        if (text[_at] is 'u' or 'b')
            _at++;
        if (_at >= text.Length || text[_at] is not ('\'' or '"'))
            return null;
        char quote = text[_at++];
        var value = new StringBuilder();
        while (_at < text.Length && text[_at] != quote)
        {
            char c = text[_at++];
            if (c is '\n' or '\r')
                return null;
            if (c == '\\')
            {
                if (_at >= text.Length)
                    return null;
                c = text[_at++];
                // Field names may hold any character; only their presence matters, so \x and \u need no decoding.
                c = c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', _ => c };
            }

            value.Append(c);
        }

        return _at++ < text.Length ? new PyLiteral.Text(value.ToString()) : null;
    }

    private PyLiteral.Integer? Number()
    {
        int start = _at++;
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
            _at++;
        bool read = long.TryParse(text.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value);
        // Python 2 wrote long integers with an L.
        if (_at < text.Length && text[_at] == 'L')
            _at++;
        return read ? new PyLiteral.Integer(value) : null;
    }

    private bool Word(string word)
    {
        if (string.CompareOrdinal(text, _at, word, 0, word.Length) != 0)
            return false;
        _at += word.Length;
        return _at >= text.Length || !char.IsAsciiLetterOrDigit(text[_at]);
    }

    private bool Sign(char sign)
    {
        Space();
        if (_at >= text.Length || text[_at] != sign)
            return false;
        _at++;
        return true;
    }

    private void Space()
    {
        while (_at < text.Length && text[_at] is ' ' or '\t' or '\n' or '\r' or '\f')
            _at++;
    }
}
