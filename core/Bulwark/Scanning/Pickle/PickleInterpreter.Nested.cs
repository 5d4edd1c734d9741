using Bulwark.Models.Pickle;
using Bulwark.Storage;

namespace Bulwark.Scanning.Pickle;

// Pickles inside strings and bytes: those that loading loads, and those that wait for someone else to load them.
internal sealed partial class PickleInterpreter
{
    // What is unwrapped is held in memory.
    private const int LongestWrapped = 4 << 20;
    private const int MostNested = 100_000;
    private const int LongestEscapedHead = 256;
    private const int HeadLength = 16;

    private static readonly ScanRule[] PayloadRules =
    [
        PickleRules.DangerousCall, PickleRules.DangerousGlobal, PickleRules.UnlistedCall, PickleRules.DottedName, PickleRules.ComputedName,
        PickleRules.ScannerTampering, PickleRules.HiddenLoad, PickleRules.IndirectCall, PickleRules.StateOnGlobal, PickleRules.NestedPayload,
    ];

    // Bytes in the memo can be loaded again and again; they stay the same.
    private readonly HashSet<long> _loaded = [];
    private (AbstractValue Value, NestedForm Form) _nested;
    private int _nestedCount;

    private void LookIntoBytes()
    {
        if (NestedBytes.FormOf(_reader.Payload(_token)) is { } form)
            Schedule(new AbstractValue(AbstractKind.Bytes, _token.PayloadOffset, _token.PayloadLength), form);
    }

    private void LookIntoText()
    {
        ReadOnlySpan<byte> payload = _reader.Payload(_token);
        if (_token.Opcode == PickleOpcode.String)
        {
            if (payload.Length > 4 && _token.IsHeld && payload[..Math.Min(payload.Length, LongestEscapedHead)].Contains((byte)'\\')
                && PickleText.Unquote(payload) is { } unescaped && NestedBytes.FormOf(unescaped) is not null)
            {
                Schedule(new AbstractValue(AbstractKind.Bytes, _token.PayloadOffset, _token.PayloadLength), NestedForm.Escaped);
                return;
            }

            payload = payload.Length > 2 ? payload[1..^1] : default;
        }

        if (payload.Length is > 8 and < 16 && payload.StartsWith("__"u8) && IsInternal(payload))
            Add(PickleRules.InternalName, $"The text {PickleText.Decode(PickleOpcode.BinUnicode, payload)} is stored.");
        if (NestedBytes.FormOfText(payload) is not { } form)
            return;
        int quote = _token.Opcode == PickleOpcode.String ? 1 : 0;
        Schedule(new AbstractValue(AbstractKind.Bytes, _token.PayloadOffset + quote, _token.PayloadLength - (2 * quote)), form);
    }

    private static bool IsInternal(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("__setstate__"u8) || text.SequenceEqual("__reduce__"u8) || text.SequenceEqual("__reduce_ex__"u8) || text.SequenceEqual("__class__"u8)
        || text.SequenceEqual("__globals__"u8) || text.SequenceEqual("__builtins__"u8) || text.SequenceEqual("__bases__"u8) || text.SequenceEqual("__subclasses__"u8);

    private void Schedule(in AbstractValue value, NestedForm form)
    {
        // A payload that only waits is a warning, so that there is an end to looking for them; what gets loaded is always looked at.
        if (_failed || (form == NestedForm.Loaded && !_loaded.Add(value.Payload)))
            return;
        if (form != NestedForm.Loaded && _depth >= _context.Limits.MaxDepth)
        {
            // A trial, which may look into nothing, says nothing either.
            if (_depth > 0)
                Add(PickleRules.NestedPayload, $"A value inside {_depth} others looks like a pickle itself; it was not looked into.");
            return;
        }

        if (form != NestedForm.Loaded && ++_nestedCount > MostNested)
        {
            if (_nestedCount == MostNested + 1)
                Add(PickleRules.NestedPayload, $"More than {MostNested} values look like pickles themselves; the others were not looked into.");
            return;
        }

        _nested = (value, form);
        _pause = Pause.Nested;
    }

    private async Task ScanNestedAsync(CancellationToken cancellationToken)
    {
        (AbstractValue value, NestedForm form) = _nested;
        if (form == NestedForm.Loaded)
        {
            await ScanLoadedAsync(value, cancellationToken).ConfigureAwait(false);
            return;
        }

        IObjectReader? content = await UnwrapAsync(value, form, cancellationToken).ConfigureAwait(false);
        if (content is null)
            return;
        ScanContext aside = ScanContext.Aside(_context.Limits);
        using (var reader = new PickleReader(content, 0))
            await new PickleInterpreter(reader, content, _path, _depth + 1, PickleScanOptions.Torch, aside).InterpretAsync(cancellationToken).ConfigureAwait(false);
        _context.Opcodes += aside.Opcodes;
        if (PayloadOf(aside) is { } payload)
            _context.Add(PickleRules.NestedPayload, _path, value.Payload, $"A value of {value.Size} bytes is a pickle itself ({form}): {payload}");
    }

    /// <summary>The first finding that says that a pickle does more than hold data; null when there is none.</summary>
    public static string? PayloadOf(ScanContext scanned) => scanned.Findings.FirstOrDefault(f => PayloadRules.Contains(f.Rule))?.Message;

    // torch.storage._load_from_bytes: torch.load on the bytes.
    private async Task ScanLoadedAsync(AbstractValue value, CancellationToken cancellationToken)
    {
        string path = FormattableString.Invariant($"{_path}!bytes@{value.Payload}");
        if (_depth >= _context.Limits.MaxDepth)
        {
            Fail(PickleRules.TooDeep, "Pickles that load other pickles lie in each other too deep.");
            return;
        }

        IObjectReader content;
        if (value.Kind == AbstractKind.Bytes)
        {
            content = new ReaderSection(_content, path, value.Payload, value.Size);
        }
        else if (value.Size <= _context.Limits.MaxHeldBytes)
        {
            byte[] text = new byte[value.Size];
            await _content.ReadAsync(value.Payload, text, cancellationToken).ConfigureAwait(false);
            string decoded = PickleText.Decode(value.TextOpcode, text) ?? "";
            content = new MemoryReader(path, System.Text.Encoding.Latin1.GetBytes(decoded));
        }
        else
        {
            Fail(PickleRules.TooLarge, $"Bytes of {value.Size} that are loaded in turn are too many to be decoded.");
            return;
        }

        byte[] head = new byte[Math.Min(HeadLength, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (PickleScanner.IsTorchMagic(head) || head is [0x50, 0x4B, 3, 4, ..])
            await _context.ScanContentAsync(content, path, _depth + 1, cancellationToken).ConfigureAwait(false);
        else
            await PickleScanner.ScanAllAsync(content, path, _depth + 1, PickleScanOptions.Torch, _context, cancellationToken).ConfigureAwait(false);
    }

    private async Task<IObjectReader?> UnwrapAsync(AbstractValue value, NestedForm form, CancellationToken cancellationToken)
    {
        if (form == NestedForm.Raw)
            return new ReaderSection(_content, _path, value.Payload, value.Size);
        byte[] wrapped = new byte[Math.Min(value.Size, LongestWrapped)];
        await _content.ReadAsync(value.Payload, wrapped, cancellationToken).ConfigureAwait(false);
        return NestedBytes.Unwrap(form, wrapped) is { } bytes ? new MemoryReader(_path, bytes) : null;
    }
}
