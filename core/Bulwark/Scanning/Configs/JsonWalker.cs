using System.Globalization;
using System.Text;
using Bulwark.Storage;

namespace Bulwark.Scanning.Configs;

/// <summary>
/// Walks the strings of a JSON file of any size, as forgiving as the most forgiving reader: NaN, comments, missing commas and
/// duplicate keys are stepped over, so that nothing hides behind what a strict parser refuses. Nesting costs no stack.
/// </summary>
/// <param name="reader">The file.</param>
internal sealed class JsonWalker(IObjectReader reader)
{
    /// <summary>The longest string that is kept, in UTF-16 units; one more is cut off there.</summary>
    public const int MaxString = (1 << 20) + 1;

    private const int PieceLength = 1 << 16;
    private const int MaxDepth = 512;
    private const int MaxKey = 256;

    private readonly List<string> _keys = [];
    private readonly List<bool> _objects = [];
    private readonly byte[] _piece = new byte[PieceLength];
    private int _filled;
    private int _at;
    private long _base;

    /// <summary>Keys on the way to the present value, outermost first; "" for an element of an array.</summary>
    public IReadOnlyList<string> Path => _keys;

    /// <summary>The key of the present value.</summary>
    public string Key => _keys.Count > 0 ? _keys[^1] : "";

    /// <summary>The present value, when it is text.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The present value, when it is a word or number.</summary>
    public string Word { get; private set; } = "";

    /// <summary>Where the present value begins.</summary>
    public long Offset { get; private set; }

    /// <summary>Moves to the next value that is text, a word or a number. False at the end.</summary>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        bool member = false;
        while (await PeekAsync(cancellationToken).ConfigureAwait(false) is >= 0 and int c)
        {
            Offset = _base + _at;
            switch (c)
            {
                case '{' or '[':
                    _at++;
                    // Deeper than any configuration: what is there keeps the key of the level above.
                    if (_keys.Count < MaxDepth)
                    {
                        _keys.Add("");
                        _objects.Add(c == '{');
                    }

                    member = false;
                    break;
                case '}' or ']':
                    _at++;
                    if (_keys.Count > 0)
                    {
                        _keys.RemoveAt(_keys.Count - 1);
                        _objects.RemoveAt(_objects.Count - 1);
                    }

                    break;
                case '"':
                    _at++;
                    string text = await StringAsync(cancellationToken).ConfigureAwait(false);
                    if (_objects.Count > 0 && _objects[^1] && !member && await SpaceAsync(cancellationToken).ConfigureAwait(false) == ':')
                    {
                        _at++;
                        _keys[^1] = text.Length <= MaxKey ? text : text[..MaxKey];
                        member = true;
                        break;
                    }

                    (Text, Word) = (text, "");
                    return true;
                case >= '0' and <= '9' or >= 'a' and <= 'z' or >= 'A' and <= 'Z' or '-':
                    (Text, Word) = ("", await WordAsync(cancellationToken).ConfigureAwait(false));
                    return true;
                default:
                    _at++;
                    member &= c != ',';
                    break;
            }
        }

        return false;
    }

    private async ValueTask<string> StringAsync(CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        bool escaped = false;
        while (await PeekAsync(cancellationToken).ConfigureAwait(false) is >= 0 and int c)
        {
            // Plain runs at once, so that vocabularies of many megabytes cost little.
            int run = escaped ? 0 : _piece.AsSpan(_at, _filled - _at).IndexOfAny((byte)'"', (byte)'\\');
            run = run < 0 ? _filled - _at : run;
            if (run > 0)
            {
                if (bytes.Length < MaxString * 4L)
                    bytes.Write(_piece, _at, run);
                _at += run;
                continue;
            }

            _at++;
            if (!escaped && c == '"')
                break;
            escaped = !escaped && c == '\\';
            if (bytes.Length < MaxString * 4L)
                bytes.WriteByte((byte)c);
        }

        return Decode(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }

    private static string Decode(string raw)
    {
        if (!raw.Contains('\\', StringComparison.Ordinal))
            return raw.Length <= MaxString ? raw : raw[..MaxString];
        var text = new StringBuilder(raw.Length);
        for (int i = 0; i < raw.Length && text.Length < MaxString; i++)
        {
            if (raw[i] != '\\' || i + 1 >= raw.Length)
            {
                text.Append(raw[i]);
                continue;
            }

            char c = raw[++i];
            if (c == 'u' && i + 4 < raw.Length && ushort.TryParse(raw.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
            {
                text.Append((char)code);
                i += 4;
                continue;
            }

            text.Append(c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', _ => c });
        }

        return text.ToString();
    }

    private async ValueTask<string> WordAsync(CancellationToken cancellationToken)
    {
        const int LongestWord = 64;
        var word = new StringBuilder();
        while (await PeekAsync(cancellationToken).ConfigureAwait(false) is >= 0 and int c && (char.IsAsciiLetterOrDigit((char)c) || c is '-' or '+' or '.' or '_'))
        {
            if (word.Length < LongestWord)
                word.Append((char)c);
            _at++;
        }

        return word.ToString();
    }

    private async ValueTask<int> SpaceAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            int c = await PeekAsync(cancellationToken).ConfigureAwait(false);
            if (c is not (' ' or '\t' or '\r' or '\n'))
                return c;
            _at++;
        }
    }

    /// <summary>The next byte; -1 at the end.</summary>
    private ValueTask<int> PeekAsync(CancellationToken cancellationToken) =>
        _at < _filled ? new ValueTask<int>(_piece[_at]) : FillAsync(cancellationToken);

    private async ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        _base += _filled;
        int wanted = (int)Math.Min(PieceLength, reader.Source.Size - _base);
        (_at, _filled) = (0, wanted);
        if (wanted == 0)
            return -1;
        await reader.ReadAsync(_base, _piece.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
        return _piece[0];
    }
}
