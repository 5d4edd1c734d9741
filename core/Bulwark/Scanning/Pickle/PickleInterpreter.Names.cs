using Bulwark.Models.Pickle;

namespace Bulwark.Scanning.Pickle;

// The text of strings, which values do not carry: it is read again where it lies when it names something.
internal sealed partial class PickleInterpreter
{
    private const int LongestName = 4096;
    private const int MostNames = 1 << 16;

    // By offset: picklers write a module's name once and refer to it by the memo ever after.
    private readonly Dictionary<long, string?> _names = [];
    private AbstractValue _wanted;

    /// <summary>The text of a value; null when it is too long for a name or unknown. False when it must be fetched first: the opcode will be run again.</summary>
    private bool TryName(in AbstractValue text, out string? name)
    {
        name = null;
        if (text.Kind != AbstractKind.Text || text.Payload < 0 || text.Size > LongestName || _names.TryGetValue(text.Payload, out name))
            return true;
        if (_reader.TryPeek(text.Payload, (int)text.Size, out ReadOnlySpan<byte> bytes))
        {
            Remember(text.Payload, name = PickleText.Decode(text.TextOpcode, bytes));
            return true;
        }

        _wanted = text;
        _reader.Seek(_token.Position);
        _pause = Pause.Name;
        return false;
    }

    // For messages only: what happens to be in the window.
    private string? PeekText(in AbstractValue text) =>
        text.Payload >= 0 && text.Size <= LongestName && _reader.TryPeek(text.Payload, (int)text.Size, out ReadOnlySpan<byte> bytes)
            ? PickleText.Decode(text.TextOpcode, bytes)
            : null;

    private async Task FetchNameAsync(CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[_wanted.Size];
        await _content.ReadAsync(_wanted.Payload, bytes, cancellationToken).ConfigureAwait(false);
        Remember(_wanted.Payload, PickleText.Decode(_wanted.TextOpcode, bytes));
    }

    private void Remember(long offset, string? name)
    {
        if (_names.Count >= MostNames)
            _names.Clear();
        _names[offset] = name;
    }
}
