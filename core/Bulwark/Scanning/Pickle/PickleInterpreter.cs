using Bulwark.Models.Pickle;
using Bulwark.Storage;

namespace Bulwark.Scanning.Pickle;

/// <summary>
/// Interprets one pickle abstractly: follows stack, marks and memo opcode by opcode, knows what each value is but not what is
/// in it, and reports which classes and functions would be imported, called and given state. Nothing is executed.
/// </summary>
/// <remarks>
/// <see cref="Run"/> is the synchronous loop over the reader's window; whatever needs more of the file pauses it, and
/// <see cref="InterpretAsync"/> goes to fetch that. A misuse that makes CPython raise an error ends the pickle here too: what
/// comes after it is never loaded, and the file is refused as malformed at least.
/// </remarks>
internal sealed partial class PickleInterpreter
{
    private const int MostDups = 100;

    private readonly PickleReader _reader;
    private readonly IObjectReader _content;
    private readonly string _path;
    private readonly int _depth;
    private readonly PickleScanOptions _options;
    private readonly ScanContext _context;
    private readonly long _start;

    private readonly AbstractStack _stack = new();
    private readonly AbstractMemo _memo = new();
    private readonly RecentTuples _tuples = new();

    private PickleToken _token;
    private Pause _pause;
    private long _frameEnd = -1;
    private long _opcodes;
    private int _dups;
    private bool _failed;

    /// <summary>Interprets the pickle where the reader stands.</summary>
    /// <param name="reader">Stands at the pickle's first byte.</param>
    /// <param name="content">What the reader reads.</param>
    /// <param name="path">Its path, for findings.</param>
    /// <param name="depth">Containers around it.</param>
    /// <param name="options">What the place of the pickle makes harmless.</param>
    /// <param name="context">Takes the findings.</param>
    public PickleInterpreter(PickleReader reader, IObjectReader content, string path, int depth, PickleScanOptions options, ScanContext context)
    {
        _reader = reader;
        _content = content;
        _path = path;
        _depth = depth;
        _options = options;
        _context = context;
        _start = reader.Position;
    }

    private enum Pause
    {
        No,
        Window,
        Name,
        Nested,
        Array,
        Done,
    }

    /// <summary>Interprets to the pickle's end.</summary>
    /// <returns>Offset of the first byte after STOP; null when the pickle is broken, which is in the findings.</returns>
    public async Task<long?> InterpretAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (Run())
            {
                case Pause.Window:
                    cancellationToken.ThrowIfCancellationRequested();
                    if (_context.Opcodes + _opcodes > _context.Limits.MaxOpcodes)
                        Fail(PickleRules.TooLarge, $"The pickle has more than {_context.Limits.MaxOpcodes} opcodes.");
                    else
                        await _reader.FillAsync(cancellationToken).ConfigureAwait(false);
                    break;
                case Pause.Name:
                    await FetchNameAsync(cancellationToken).ConfigureAwait(false);
                    break;
                case Pause.Nested:
                    await ScanNestedAsync(cancellationToken).ConfigureAwait(false);
                    break;
                case Pause.Array:
                    await PassArrayAsync(cancellationToken).ConfigureAwait(false);
                    break;
                case Pause.Done:
                    _context.Opcodes += _opcodes;
                    ReportUnusedGetattr();
                    return _failed ? null : _token.End;
            }
        }
    }

    private Pause Run()
    {
        if (_failed)
            return Pause.Done;
        _pause = Pause.No;
        while (_pause == Pause.No)
        {
            PickleReadStatus status = _reader.TryRead(ref _token);
            if (status != PickleReadStatus.Token)
            {
                if (status == PickleReadStatus.More)
                    return Pause.Window;
                Unreadable(status);
                return Pause.Done;
            }

            _opcodes++;
            if (_frameEnd >= 0)
                CheckFrame();
            Step();
        }

        return _pause;
    }

    private void Step()
    {
        switch (_token.Opcode)
        {
            case PickleOpcode.BinInt or PickleOpcode.BinInt1 or PickleOpcode.BinInt2:
                Push(new AbstractValue(AbstractKind.Integer, _token.Integer));
                break;
            case PickleOpcode.None:
                Push(new AbstractValue(AbstractKind.None));
                break;
            case PickleOpcode.NewTrue or PickleOpcode.NewFalse or PickleOpcode.BinFloat:
                Push(new AbstractValue(AbstractKind.Scalar));
                break;
            case PickleOpcode.Int or PickleOpcode.Long or PickleOpcode.Long1 or PickleOpcode.Long4 or PickleOpcode.Float:
                PushNumber();
                break;
            case PickleOpcode.BinBytes or PickleOpcode.ShortBinBytes or PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8:
                Push(new AbstractValue(AbstractKind.Bytes, _token.PayloadOffset, _token.PayloadLength));
                LookIntoBytes();
                break;
            case PickleOpcode.ShortBinUnicode or PickleOpcode.BinUnicode or PickleOpcode.BinUnicode8 or PickleOpcode.Unicode
                or PickleOpcode.BinString or PickleOpcode.ShortBinString or PickleOpcode.String:
                PushText();
                break;

            case PickleOpcode.Mark:
                if (!_stack.Mark())
                    Fail(PickleRules.TooDeep, $"More than {AbstractStack.MostMarks} containers are begun and not finished.");
                break;
            case PickleOpcode.Pop:
                if (_stack.HasTop)
                    _stack.Pop();
                else if (_stack.Marks > 0)
                    _stack.DropToMark();
                else
                    Misuse("POP finds nothing on the stack");
                break;
            case PickleOpcode.PopMark:
                if (NeedMark())
                    _stack.DropToMark();
                break;
            case PickleOpcode.Dup:
                if (Need(1))
                    Push(_stack.Top);
                if (++_dups == MostDups)
                    Add(PickleRules.Bomb, $"More than {MostDups} values are duplicated on the stack, which no pickler does.");
                break;

            case PickleOpcode.EmptyTuple:
                Push(new AbstractValue(AbstractKind.Tuple, _tuples.Add([])));
                break;
            case PickleOpcode.Tuple1:
                PushTuple(1);
                break;
            case PickleOpcode.Tuple2:
                PushTuple(2);
                break;
            case PickleOpcode.Tuple3:
                PushTuple(3);
                break;
            case PickleOpcode.Tuple:
                if (NeedMark())
                    PushContainer(AbstractKind.Tuple, _tuples.Add(_stack.AboveMark));
                break;
            case PickleOpcode.EmptyList:
                Push(new AbstractValue(AbstractKind.List, _token.Position));
                break;
            case PickleOpcode.EmptyDict:
                Push(new AbstractValue(AbstractKind.Dict, _token.Position));
                BeginArrayState();
                break;
            case PickleOpcode.EmptySet:
                Push(new AbstractValue(AbstractKind.Set, _token.Position));
                break;
            case PickleOpcode.List:
                if (NeedMark())
                    PushContainer(AbstractKind.List, _token.Position);
                break;
            case PickleOpcode.FrozenSet:
                if (NeedMark())
                    PushContainer(AbstractKind.FrozenSet, _token.Position);
                break;
            case PickleOpcode.Dict:
                if (NeedMark() && NeedPairs())
                {
                    PushContainer(AbstractKind.Dict, _token.Position);
                    BeginArrayState();
                }

                break;
            case PickleOpcode.Append:
                if (Need(2))
                    AddTop(AbstractKind.List);
                break;
            case PickleOpcode.Appends:
                AddAboveMark(AbstractKind.List);
                break;
            case PickleOpcode.AddItems:
                AddAboveMark(AbstractKind.Set);
                break;
            case PickleOpcode.SetItem:
                if (Need(3))
                    SetTop();
                break;
            case PickleOpcode.SetItems:
                if (_stack.Marks > 0 && NeedPairs())
                    AddAboveMark(AbstractKind.Dict);
                else if (_stack.Marks == 0)
                    NeedMark();
                break;

            case PickleOpcode.BinGet or PickleOpcode.LongBinGet:
                Get(_token.Integer);
                break;
            case PickleOpcode.BinPut or PickleOpcode.LongBinPut:
                Put(_token.Integer);
                break;
            case PickleOpcode.Memoize:
                Put(_memo.Count);
                break;
            case PickleOpcode.Get or PickleOpcode.Put:
                if (!PickleText.TryIndex(_reader.Payload(_token), out long index))
                    Fail(PickleRules.Memo, "A memo index is no number.");
                else if (_token.Opcode == PickleOpcode.Get)
                    Get(index);
                else
                    Put(index);
                break;

            case PickleOpcode.Stop:
                Stop();
                break;
            case PickleOpcode.Proto:
                if (_token.Integer > 5)
                    Add(PickleRules.Misuse, $"Protocol {_token.Integer} does not exist.");
                else if (_token.Position != _start)
                    Add(PickleRules.Protocol, "PROTO comes again, or later than at the beginning.");
                break;
            case PickleOpcode.Frame:
                BeginFrame();
                break;
            case PickleOpcode.NextBuffer:
                Add(PickleRules.OutOfBand, "NEXT_BUFFER takes data that is not in the file.");
                Push(new AbstractValue(AbstractKind.Buffer));
                break;
            case PickleOpcode.ReadOnlyBuffer:
                Need(1);
                break;
            default:
                StepIntoCode();
                break;
        }
    }

    private void Unreadable(PickleReadStatus status)
    {
        long at = _reader.Position;
        _token.Position = at;
        switch (status)
        {
            case PickleReadStatus.Truncated:
                Fail(PickleRules.Truncated, "The file ends before the pickle's STOP.");
                break;
            case PickleReadStatus.BadLength:
                Fail(PickleRules.BadLength, $"{_token.Opcode} has an impossible length.");
                break;
            default:
                Fail(PickleRules.UnknownOpcode, $"0x{(byte)_token.Opcode:X2} is no pickle opcode.");
                break;
        }
    }

    private void Stop()
    {
        if (!Need(1))
            return;
        if (_frameEnd > _token.End)
            Add(PickleRules.FrameLength, "A frame goes on behind STOP.");
        _pause = Pause.Done;
    }

    private void BeginFrame()
    {
        if (_frameEnd > _token.Position)
            Add(PickleRules.FrameDivergence, "A frame begins inside another frame.");
        if (_token.Integer > _reader.End - _token.End)
            Add(PickleRules.FrameLength, $"A frame of {_token.Integer} bytes is longer than the rest of the file.");
        _frameEnd = _token.Integer > _reader.End - _token.End ? _reader.End : _token.End + _token.Integer;
    }

    private void CheckFrame()
    {
        if (_token.Position >= _frameEnd)
        {
            _frameEnd = -1;
        }
        else if (_token.End > _frameEnd && _token.Opcode != PickleOpcode.Frame)
        {
            Add(PickleRules.FrameDivergence, $"{_token.Opcode} crosses the end of its frame.");
            _frameEnd = -1;
        }
    }

    private void PushNumber()
    {
        ReadOnlySpan<byte> payload = _reader.Payload(_token);
        switch (_token.Opcode)
        {
            case PickleOpcode.Float:
                if (!PickleText.TryFloat(payload, out _))
                    Misuse("FLOAT is no number");
                Push(new AbstractValue(AbstractKind.Scalar));
                return;
            case PickleOpcode.Long1 or PickleOpcode.Long4:
                if (!_token.IsHeld)
                    Add(PickleRules.BadLength, $"An integer has {_token.PayloadLength} bytes.");
                Push(new AbstractValue(AbstractKind.Integer, payload.Length <= 8 ? (long)PickleText.Long(payload) : long.MaxValue));
                return;
            default:
                if (!PickleText.TryInteger(payload, out System.Numerics.BigInteger value))
                    Misuse($"{_token.Opcode} is no number, or one that Python refuses");
                Push(new AbstractValue(AbstractKind.Integer, value >= long.MinValue && value <= long.MaxValue ? (long)value : long.MaxValue));
                return;
        }
    }

    private void PushText()
    {
        if (_token.Opcode == PickleOpcode.String && _token.IsHeld && PickleText.Unquote(_reader.Payload(_token)) is null)
        {
            Misuse("a STRING has no quotes around it, or a broken escape");
            return;
        }

        Push(new AbstractValue(AbstractKind.Text, _token.PayloadOffset, _token.PayloadLength, (byte)_token.Opcode));
        LookIntoText();
    }

    private void Get(long index)
    {
        if (_memo.TryGet(index, out AbstractValue value))
            Push(value);
        else
            Fail(PickleRules.Memo, $"The memo is read at {index}, where nothing was put.");
    }

    private void Put(long index)
    {
        if (!Need(1))
            return;
        // Picklers number from 0 upwards. CPython allocates up to the index, so one far beyond what was put is a bomb.
        if (index > _opcodes + 1024)
        {
            Fail(PickleRules.Memo, $"The memo is written at {index} after {_opcodes} opcodes.");
            return;
        }

        if (index >= AbstractMemo.Most)
        {
            Fail(PickleRules.TooLarge, $"The memo has more than {AbstractMemo.Most} entries.");
            return;
        }

        ref AbstractValue top = ref _stack.Top;
        top.Memo = (int)index;
        _memo.Put((int)index, top);
    }

    private void Push(in AbstractValue value)
    {
        if (!_stack.Push(value))
            Fail(PickleRules.TooLarge, "The stack grows beyond what can be followed.");
    }

    private bool Need(int values)
    {
        if (_stack.Has(values))
            return true;
        Misuse($"{_token.Opcode} finds too little on the stack");
        return false;
    }

    private bool NeedMark()
    {
        if (_stack.Marks > 0)
            return true;
        Misuse($"{_token.Opcode} finds no mark");
        return false;
    }

    private void Misuse(string what) => Fail(PickleRules.Misuse, $"{char.ToUpperInvariant(what[0])}{what[1..]}.");

    private void Fail(ScanRule rule, string message)
    {
        Add(rule, message);
        _failed = true;
        _pause = Pause.Done;
    }

    private void Add(ScanRule rule, FormattableString message) => Add(rule, FormattableString.Invariant(message));

    private void Add(ScanRule rule, string message) => _context.Add(rule, _path, _token.Position, message);
}
