using System.Buffers;
using System.Buffers.Binary;
using Bulwark.Storage;

namespace Bulwark.Models.Pickle;

/// <summary>
/// Reads a pickle opcode by opcode, front to back, through one pooled window: <see cref="TryRead"/> is synchronous over what
/// the window holds, <see cref="FillAsync"/> brings the next part. Payloads beyond <see cref="HeldLimit"/> are passed over by
/// offset, so their bytes are never read. A declared length is believed only when the file has that many bytes.
/// </summary>
/// <remarks>
/// <code>
/// argument                        opcodes
/// none                            MARK STOP POP POP_MARK DUP NONE ... most of them
/// u8, u16, i32, u32, u64          PROTO BININT1 BINGET BINPUT EXT1 | BININT2 EXT2 | BININT EXT4(i32) | LONG_BINGET LONG_BINPUT | FRAME
/// f64 big-endian                  BINFLOAT
/// u8 length + bytes               SHORT_BINSTRING SHORT_BINBYTES SHORT_BINUNICODE LONG1
/// i32 length + bytes              BINSTRING LONG4 (negative is refused)
/// u32 length + bytes              BINBYTES BINUNICODE
/// u64 length + bytes              BINBYTES8 BINUNICODE8 BYTEARRAY8
/// a line                          INT LONG FLOAT STRING UNICODE PERSID GET PUT
/// two lines                       GLOBAL INST
/// </code>
/// </remarks>
internal sealed class PickleReader : IDisposable
{
    /// <summary>The most of one payload that is held.</summary>
    public const int HeldLimit = 64 << 10;

    /// <summary>The longest line that is no string: names, numbers and ids.</summary>
    public const int LineLimit = 64 << 10;

    private const int WindowLength = 1 << 20;

    private readonly IObjectReader _source;
    private readonly long _end;
    private byte[] _window;
    private long _windowOffset;
    private int _held;
    private int _next;
    private long _longLineEnd = -1;
    private bool _longLine;

    /// <summary>Reads from a place in an object.</summary>
    /// <param name="source">The object.</param>
    /// <param name="offset">Where the pickle begins; not beyond the end.</param>
    public PickleReader(IObjectReader source, long offset)
    {
        _source = source;
        _end = source.Source.Size;
        _windowOffset = offset;
        // A short pickle, such as one nested in a string, must not cost a whole window.
        _window = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(_end - offset, 64, WindowLength));
    }

    /// <summary>Offset of the next byte to be read.</summary>
    public long Position => _windowOffset + _next;

    /// <summary>The end of the file.</summary>
    public long End => _end;

    /// <summary>The held part of a token's payload.</summary>
    public ReadOnlySpan<byte> Payload(in PickleToken token) => _window.AsSpan(token.HeldStart, token.HeldLength);

    /// <summary>The second line of GLOBAL and INST.</summary>
    public ReadOnlySpan<byte> SecondLine(in PickleToken token) => _window.AsSpan(token.SecondStart, token.SecondLength);

    /// <summary>Bytes that are in the window; false when they are not all there.</summary>
    public bool TryPeek(long offset, int length, out ReadOnlySpan<byte> bytes)
    {
        long start = offset - _windowOffset;
        bool held = start >= 0 && start + length <= _held;
        bytes = held ? _window.AsSpan((int)start, length) : default;
        return held;
    }

    /// <summary>Moves to another place, forward or back.</summary>
    public void Seek(long offset)
    {
        long start = offset - _windowOffset;
        if (start >= 0 && start <= _held)
        {
            _next = (int)start;
        }
        else
        {
            _windowOffset = offset;
            _held = 0;
            _next = 0;
        }
    }

    /// <summary>Brings what the last <see cref="TryRead"/> was short of.</summary>
    public async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_longLine)
        {
            await FindLineEndAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        int kept = _held - _next;
        _window.AsSpan(_next, kept).CopyTo(_window);
        _windowOffset += _next;
        _next = 0;
        _held = kept;
        long rest = _end - _windowOffset - kept;
        if (kept == _window.Length && rest > 0)
            Grow();
        int taken = (int)Math.Min(_window.Length - kept, rest);
        await _source.ReadAsync(_windowOffset + kept, _window.AsMemory(kept, taken), cancellationToken).ConfigureAwait(false);
        _held += taken;
    }

    /// <summary>Reads the next opcode, as far as the window goes.</summary>
    public PickleReadStatus TryRead(ref PickleToken token)
    {
        int next = _next;
        if (next >= _held)
            return Short(1);
        ReadOnlySpan<byte> rest = _window.AsSpan(next, _held - next);
        var opcode = (PickleOpcode)rest[0];
        token.Opcode = opcode;
        token.Position = _windowOffset + next;
        switch (opcode)
        {
            case PickleOpcode.BinInt1 or PickleOpcode.BinGet or PickleOpcode.BinPut or PickleOpcode.Proto or PickleOpcode.Ext1:
                if (rest.Length < 2)
                    return Short(2);
                token.Integer = rest[1];
                return Taken(ref token, 2);
            case PickleOpcode.BinInt2 or PickleOpcode.Ext2:
                if (rest.Length < 3)
                    return Short(3);
                token.Integer = BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]);
                return Taken(ref token, 3);
            case PickleOpcode.BinInt or PickleOpcode.Ext4:
                if (rest.Length < 5)
                    return Short(5);
                token.Integer = BinaryPrimitives.ReadInt32LittleEndian(rest[1..]);
                return Taken(ref token, 5);
            case PickleOpcode.LongBinGet or PickleOpcode.LongBinPut:
                if (rest.Length < 5)
                    return Short(5);
                token.Integer = BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]);
                return Taken(ref token, 5);
            case PickleOpcode.Frame:
                if (rest.Length < 9)
                    return Short(9);
                token.Integer = BinaryPrimitives.ReadInt64LittleEndian(rest[1..]);
                return token.Integer < 0 ? PickleReadStatus.BadLength : Taken(ref token, 9);
            case PickleOpcode.BinFloat:
                if (rest.Length < 9)
                    return Short(9);
                token.Integer = BinaryPrimitives.ReadInt64BigEndian(rest[1..]);
                return Taken(ref token, 9);

            case PickleOpcode.ShortBinUnicode or PickleOpcode.ShortBinBytes or PickleOpcode.ShortBinString or PickleOpcode.Long1:
                return rest.Length < 2 ? Short(2) : Counted(ref token, 2, rest[1]);
            case PickleOpcode.BinUnicode or PickleOpcode.BinBytes:
                return rest.Length < 5 ? Short(5) : Counted(ref token, 5, BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]));
            case PickleOpcode.BinString or PickleOpcode.Long4:
                return rest.Length < 5 ? Short(5) : Counted(ref token, 5, BinaryPrimitives.ReadInt32LittleEndian(rest[1..]));
            case PickleOpcode.BinUnicode8 or PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8:
                return rest.Length < 9 ? Short(9) : Counted(ref token, 9, BinaryPrimitives.ReadInt64LittleEndian(rest[1..]));

            case PickleOpcode.Int or PickleOpcode.Long or PickleOpcode.Float or PickleOpcode.PersId or PickleOpcode.Get or PickleOpcode.Put:
                return Lines(ref token, rest, lines: 1);
            case PickleOpcode.Global or PickleOpcode.Inst:
                return Lines(ref token, rest, lines: 2);
            case PickleOpcode.String or PickleOpcode.Unicode:
                return TextLine(ref token, rest);

            case PickleOpcode.Mark or PickleOpcode.Stop or PickleOpcode.Pop or PickleOpcode.PopMark or PickleOpcode.Dup or PickleOpcode.None
                or PickleOpcode.BinPersId or PickleOpcode.Reduce or PickleOpcode.Append or PickleOpcode.Build or PickleOpcode.Dict
                or PickleOpcode.Appends or PickleOpcode.List or PickleOpcode.Obj or PickleOpcode.SetItem or PickleOpcode.Tuple
                or PickleOpcode.SetItems or PickleOpcode.EmptyDict or PickleOpcode.EmptyList or PickleOpcode.EmptyTuple
                or PickleOpcode.NewObj or PickleOpcode.Tuple1 or PickleOpcode.Tuple2 or PickleOpcode.Tuple3 or PickleOpcode.NewTrue
                or PickleOpcode.NewFalse or PickleOpcode.EmptySet or PickleOpcode.AddItems or PickleOpcode.FrozenSet
                or PickleOpcode.NewObjEx or PickleOpcode.StackGlobal or PickleOpcode.Memoize or PickleOpcode.NextBuffer
                or PickleOpcode.ReadOnlyBuffer:
                return Taken(ref token, 1);
            default:
                return PickleReadStatus.Unknown;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        byte[] window = _window;
        _window = [];
        _held = _next = 0;
        if (window.Length > 0)
            ArrayPool<byte>.Shared.Return(window);
    }

    private PickleReadStatus Taken(ref PickleToken token, int length)
    {
        _next += length;
        token.End = token.Position + length;
        return PickleReadStatus.Token;
    }

    private PickleReadStatus Short(int wanted)
    {
        if (_windowOffset + _next + wanted > _end)
            return PickleReadStatus.Truncated;
        return PickleReadStatus.More;
    }

    private PickleReadStatus Counted(ref PickleToken token, int header, long length)
    {
        if (length < 0)
            return PickleReadStatus.BadLength;
        token.PayloadOffset = token.Position + header;
        token.PayloadLength = length;
        if (length > _end - token.PayloadOffset)
            return PickleReadStatus.Truncated;
        int looked = (int)Math.Min(length, HeldLimit);
        if (_held - _next < header + looked)
            return Short(header + looked);
        token.HeldStart = _next + header;
        token.HeldLength = looked;
        token.End = token.PayloadOffset + length;
        Pass(token.End);
        return PickleReadStatus.Token;
    }

    // Like Seek, but what is held of the payload must stay readable until the next fill, even when the window is left behind.
    private void Pass(long offset)
    {
        long start = offset - _windowOffset;
        if (start <= _held)
        {
            _next = (int)start;
            return;
        }

        _windowOffset = offset;
        _held = 0;
        _next = 0;
    }

    private PickleReadStatus Lines(ref PickleToken token, ReadOnlySpan<byte> rest, int lines)
    {
        int first = rest[1..].IndexOf((byte)'\n');
        if (first < 0)
            return ShortLine(rest.Length);
        token.HeldStart = _next + 1;
        token.HeldLength = first;
        token.PayloadOffset = token.Position + 1;
        token.PayloadLength = first;
        int length = first + 2;
        if (lines == 2)
        {
            int second = rest[length..].IndexOf((byte)'\n');
            if (second < 0)
                return ShortLine(rest.Length);
            token.SecondStart = _next + length;
            token.SecondLength = second;
            length += second + 1;
        }

        return length > LineLimit ? PickleReadStatus.BadLength : Taken(ref token, length);
    }

    private PickleReadStatus ShortLine(int available) =>
        available > LineLimit ? PickleReadStatus.BadLength : Short(available + 1);

    private PickleReadStatus TextLine(ref PickleToken token, ReadOnlySpan<byte> rest)
    {
        token.PayloadOffset = token.Position + 1;
        if (_longLineEnd >= 0)
        {
            // Found by FillAsync: a string of more than a window.
            long end = _longLineEnd;
            _longLineEnd = -1;
            token.PayloadLength = end - token.PayloadOffset;
            token.HeldStart = _next + 1;
            token.HeldLength = (int)Math.Min(Math.Min(token.PayloadLength, HeldLimit), rest.Length - 1);
            token.End = end + 1;
            Pass(token.End);
            return PickleReadStatus.Token;
        }

        int length = rest[1..].IndexOf((byte)'\n');
        if (length >= 0)
        {
            token.PayloadLength = length;
            token.HeldStart = _next + 1;
            token.HeldLength = Math.Min(length, HeldLimit);
            return Taken(ref token, length + 2);
        }

        if (_windowOffset + _held >= _end)
            return PickleReadStatus.Truncated;
        _longLine = rest.Length >= WindowLength;
        return Short(rest.Length + 1);
    }

    private async ValueTask FindLineEndAsync(CancellationToken cancellationToken)
    {
        _longLine = false;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(WindowLength);
        try
        {
            for (long offset = _windowOffset + _held; offset < _end; offset += WindowLength)
            {
                int taken = (int)Math.Min(WindowLength, _end - offset);
                await _source.ReadAsync(offset, buffer.AsMemory(0, taken), cancellationToken).ConfigureAwait(false);
                int found = buffer.AsSpan(0, taken).IndexOf((byte)'\n');
                if (found >= 0)
                {
                    _longLineEnd = offset + found;
                    return;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        // No newline: what is left is one unfinished string. At the end of the file, TryRead says that it is cut short.
        Seek(_end);
    }

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(_window.Length * 2, WindowLength + HeldLimit));
        _window.AsSpan(0, _held).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_window);
        _window = larger;
    }
}
