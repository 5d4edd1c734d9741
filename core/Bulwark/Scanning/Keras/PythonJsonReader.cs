using System.Globalization;
using System.Text;
using Bulwark.Storage;

namespace Bulwark.Scanning.Keras;

/// <summary>
/// Reads JSON of any size as Python's json module does: NaN and Infinity are numbers, a mark of byte order is stepped over, and
/// whatever else Python refuses ends the reading. Nesting costs no stack.
/// </summary>
/// <param name="reader">The text, in UTF-8.</param>
internal sealed class PythonJsonReader(IObjectReader reader)
{
    /// <summary>The longest string that is kept, in bytes; one more is checked and cut off there.</summary>
    public const int MaxText = 1 << 20;

    /// <summary>Levels of nesting; Python's own limit is its recursion limit, 1000 with what the caller needs.</summary>
    public const int MaxDepth = 990;

    private const int PieceLength = 1 << 16;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<bool> _objects = [];
    private readonly byte[] _piece = new byte[(int)Math.Min(PieceLength, Math.Max(1, reader.Source.Size))];
    private long _base;
    private int _filled;
    private int _at;
    private Expected _expected = Expected.Value;

    private enum Expected
    {
        Value,
        ValueOrEnd,
        KeyOrEnd,
        Key,
        CommaOrEnd,
        Nothing,
    }

    /// <summary>The string or key that was read.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Whether <see cref="Text"/> was cut off.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The word or number that was read.</summary>
    public string Word { get; private set; } = "";

    /// <summary>Where the token begins.</summary>
    public long Offset { get; private set; }

    /// <summary>Why Python would refuse the text; null while it would not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Reads the next token.</summary>
    public async ValueTask<JsonToken> NextAsync(CancellationToken cancellationToken)
    {
        while (Fault is null)
        {
            int c = await PeekAsync(cancellationToken).ConfigureAwait(false);
            Offset = _base + _at;
            if (c < 0)
                return _expected == Expected.Nothing ? JsonToken.End : Refuse("it ends early");
            if (Offset == 0 && c == 0xEF && await TakeMarkAsync(cancellationToken).ConfigureAwait(false))
                continue;
            if (c is ' ' or '\t' or '\r' or '\n')
            {
                _at++;
                continue;
            }

            switch (_expected)
            {
                case Expected.Nothing:
                    return Refuse("something follows it");
                case Expected.KeyOrEnd when c == '}':
                case Expected.ValueOrEnd when c == ']':
                case Expected.CommaOrEnd when c == (_objects[^1] ? '}' : ']'):
                    _at++;
                    return Close();
                case Expected.CommaOrEnd when c == ',':
                    _at++;
                    _expected = _objects[^1] ? Expected.Key : Expected.Value;
                    continue;
                case Expected.Key or Expected.KeyOrEnd when c == '"':
                    _at++;
                    return await KeyAsync(cancellationToken).ConfigureAwait(false);
                case Expected.Value or Expected.ValueOrEnd:
                    return await ValueAsync(c, cancellationToken).ConfigureAwait(false);
                default:
                    return Refuse("something else is due there");
            }
        }

        return JsonToken.Refused;
    }

    private async ValueTask<JsonToken> ValueAsync(int c, CancellationToken cancellationToken)
    {
        switch (c)
        {
            case '{' or '[':
                _at++;
                if (_objects.Count >= MaxDepth)
                    return Refuse("it is nested deeper than Python reads");
                _objects.Add(c == '{');
                _expected = c == '{' ? Expected.KeyOrEnd : Expected.ValueOrEnd;
                return c == '{' ? JsonToken.ObjectStart : JsonToken.ArrayStart;
            case '"':
                _at++;
                if (!await StringAsync(cancellationToken).ConfigureAwait(false))
                    return JsonToken.Refused;
                Done();
                return JsonToken.Text;
            default:
                Word = await WordAsync(cancellationToken).ConfigureAwait(false);
                if (Word is not ("true" or "false" or "null" or "NaN" or "Infinity" or "-Infinity") && !IsNumber(Word))
                    return Refuse("there is no value");
                Done();
                return JsonToken.Word;
        }
    }

    private async ValueTask<JsonToken> KeyAsync(CancellationToken cancellationToken)
    {
        long start = Offset;
        if (!await StringAsync(cancellationToken).ConfigureAwait(false))
            return JsonToken.Refused;
        while (await PeekAsync(cancellationToken).ConfigureAwait(false) is ' ' or '\t' or '\r' or '\n')
            _at++;
        if (await PeekAsync(cancellationToken).ConfigureAwait(false) != ':')
            return Refuse("a key has no value");
        _at++;
        _expected = Expected.Value;
        Offset = start;
        return JsonToken.Key;
    }

    private JsonToken Close()
    {
        bool isObject = _objects[^1];
        _objects.RemoveAt(_objects.Count - 1);
        Done();
        return isObject ? JsonToken.ObjectEnd : JsonToken.ArrayEnd;
    }

    private void Done() => _expected = _objects.Count == 0 ? Expected.Nothing : Expected.CommaOrEnd;

    private JsonToken Refuse(string why)
    {
        Fault = string.Create(CultureInfo.InvariantCulture, $"{why}, at byte {Offset}");
        return JsonToken.Refused;
    }

    private async ValueTask<bool> StringAsync(CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        bool escaped = false;
        bool any = false;
        IsCut = false;
        while (true)
        {
            int c = await PeekAsync(cancellationToken).ConfigureAwait(false);
            if (c < 0)
                return Broken("a string does not end");
            int run = escaped ? 1 : _piece.AsSpan(_at, _filled - _at).IndexOfAny((byte)'"', (byte)'\\');
            run = run < 0 ? _filled - _at : run;
            if (run > 0)
            {
                if (_piece.AsSpan(_at, run).ContainsAnyInRange((byte)0, (byte)0x1F))
                    return Broken("a string holds a control character");
                Keep(bytes, _piece.AsSpan(_at, run));
                _at += run;
                escaped = false;
                continue;
            }

            _at++;
            if (c == '"')
                break;
            (escaped, any) = (true, true);
            Keep(bytes, [(byte)'\\']);
        }

        string text;
        try
        {
            text = IsCut ? Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length) : Strict.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        }
        catch (DecoderFallbackException)
        {
            return Broken("a string is not valid UTF-8");
        }

        Text = any ? Unescape(text) ?? "" : text;
        return !any || IsCut || Unescape(text) is not null || Broken("a string has an escape that there is not");
    }

    private void Keep(MemoryStream bytes, ReadOnlySpan<byte> run)
    {
        int room = MaxText - (int)bytes.Length;
        IsCut |= run.Length > room;
        bytes.Write(run[..Math.Min(room, run.Length)]);
    }

    private bool Broken(string why)
    {
        _ = Refuse(why);
        return false;
    }

    private static string? Unescape(string raw)
    {
        var text = new StringBuilder(raw.Length);
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            if (++i >= raw.Length)
                return null;
            if (raw[i] == 'u')
            {
                if (i + 4 >= raw.Length || !ushort.TryParse(raw.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
                    return null;
                text.Append((char)code);
                i += 4;
                continue;
            }

            int at = "\"\\/bfnrt".IndexOf(raw[i], StringComparison.Ordinal);
            if (at < 0)
                return null;
            text.Append("\"\\/\b\f\n\r\t"[at]);
        }

        return text.ToString();
    }

    private async ValueTask<string> WordAsync(CancellationToken cancellationToken)
    {
        const int LongestWord = 512;
        var word = new StringBuilder();
        while (await PeekAsync(cancellationToken).ConfigureAwait(false) is >= 0 and int c && (char.IsAsciiLetterOrDigit((char)c) || c is '-' or '+' or '.'))
        {
            _at++;
            if (word.Length <= LongestWord)
                word.Append((char)c);
        }

        return word.ToString();
    }

    private static bool IsNumber(string word)
    {
        ReadOnlySpan<char> rest = word.AsSpan(word.StartsWith('-') ? 1 : 0);
        int digits = Digits(rest);
        if (digits == 0 || (rest[0] == '0' && digits > 1))
            return false;
        rest = rest[digits..];
        if (rest is ['.', ..])
        {
            digits = Digits(rest[1..]);
            if (digits == 0)
                return false;
            rest = rest[(digits + 1)..];
        }

        if (rest is ['e' or 'E', ..])
        {
            int sign = rest.Length > 1 && rest[1] is '+' or '-' ? 1 : 0;
            digits = Digits(rest[(1 + sign)..]);
            return digits > 0 && rest.Length == 1 + sign + digits;
        }

        return rest.IsEmpty;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private async ValueTask<bool> TakeMarkAsync(CancellationToken cancellationToken)
    {
        byte[] mark = new byte[3];
        if (reader.Source.Size < mark.Length)
            return false;
        await reader.ReadAsync(0, mark, cancellationToken).ConfigureAwait(false);
        if (mark is not [0xEF, 0xBB, 0xBF])
            return false;
        _at = Math.Min(mark.Length, _filled);
        return true;
    }

    private ValueTask<int> PeekAsync(CancellationToken cancellationToken) =>
        _at < _filled ? new ValueTask<int>(_piece[_at]) : FillAsync(cancellationToken);

    private async ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        _base += _filled;
        int wanted = (int)Math.Min(_piece.Length, reader.Source.Size - _base);
        (_at, _filled) = (0, wanted);
        if (wanted == 0)
            return -1;
        await reader.ReadAsync(_base, _piece.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
        return _piece[0];
    }
}
