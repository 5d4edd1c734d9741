using System.Numerics;
using Bulwark.Storage;

namespace Bulwark.Models.Pickle;

/// <summary>
/// Evaluates one pickle to a tree of values without executing anything: a global stays a name, a call stays a call.
/// For mapping tensors of pickles that are small beside their tensors; the scanner has its own way through a pickle.
/// </summary>
/// <remarks>Containers may be shared and may contain themselves: whoever walks the values must count its steps.</remarks>
internal sealed class PickleEvaluator : IDisposable
{
    private const int MaxNestedPickles = 64;

    private readonly string _file;
    private readonly PickleReader _reader;
    private readonly PickleEvaluationLimits _limits;
    private readonly long _start;
    private readonly Stack<(List<PickleValue> Values, Stack<int> Marks, Dictionary<long, PickleValue> Memo, PickleObject Wrapper)> _outer = new();

    private List<PickleValue> _values = [];
    private Stack<int> _marks = new();
    private Dictionary<long, PickleValue> _memo = [];
    private PickleToken _token;
    private PickleObject? _arrayDue;
    private long _nodes;
    private long _textBytes;
    private long _buffers;

    private PickleEvaluator(IObjectReader reader, long offset, PickleEvaluationLimits limits)
    {
        _file = reader.Source.ToString();
        _reader = new PickleReader(reader, offset);
        _limits = limits;
        _start = offset;
    }

    /// <summary>Evaluates the pickle at a place.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="offset">Where the pickle begins; within the file.</param>
    /// <param name="limits">What it may spend.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ModelFormatException">BW1430 when it is no well-formed pickle, BW1431 when it asks for more than the limits.</exception>
    public static async Task<PickleEvaluation> EvaluateAsync(IObjectReader reader, long offset, PickleEvaluationLimits limits, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, reader.Source.Size);
        using var evaluator = new PickleEvaluator(reader, offset, limits);
        return await evaluator.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public void Dispose() => _reader.Dispose();

    private async Task<PickleEvaluation> RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (RunHeld() is { } value)
                return new PickleEvaluation(value, _reader.Position);
            cancellationToken.ThrowIfCancellationRequested();
            await _reader.FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // Goes as far as the window goes; null when it must be filled.
    private PickleValue? RunHeld()
    {
        while (true)
        {
            if (_arrayDue is not null)
            {
                if (!TryTakeArray())
                    return null;
                continue;
            }

            switch (_reader.TryRead(ref _token))
            {
                case PickleReadStatus.More:
                    return null;
                case PickleReadStatus.Truncated:
                    throw Malformed("it ends before its STOP");
                case PickleReadStatus.Unknown:
                    throw Malformed("a byte there is no opcode");
                case PickleReadStatus.BadLength:
                    throw Malformed("an argument has an impossible length");
            }

            if (_token.End - _start > _limits.MaxLength)
                throw ModelFormatException.PickleTooLarge(_file, "the length of a pickle", _limits.MaxLength);
            if (_token.Opcode != PickleOpcode.Stop)
            {
                Apply();
                continue;
            }

            PickleValue value = PopValue();
            if (!_outer.TryPop(out var outer))
                return value;
            (_values, _marks, _memo) = (outer.Values, outer.Marks, outer.Memo);
            ReplaceTop(outer.Wrapper, value);
        }
    }

    private void Apply()
    {
        switch (_token.Opcode)
        {
            case PickleOpcode.Proto or PickleOpcode.Frame or PickleOpcode.ReadOnlyBuffer:
                break;
            case PickleOpcode.Mark:
                Count(1);
                _marks.Push(_values.Count);
                break;
            case PickleOpcode.Pop:
                if (_marks.TryPeek(out int top) && top == _values.Count)
                    _marks.Pop();
                else
                    PopValue();
                break;
            case PickleOpcode.PopMark:
                PopToMark();
                break;
            case PickleOpcode.Dup:
                Push(Top());
                break;

            case PickleOpcode.None:
                Push(PickleNone.Instance);
                break;
            case PickleOpcode.NewTrue:
                Push(PickleBoolean.True);
                break;
            case PickleOpcode.NewFalse:
                Push(PickleBoolean.False);
                break;
            case PickleOpcode.BinInt or PickleOpcode.BinInt1 or PickleOpcode.BinInt2:
                Push(new PickleInteger(_token.Integer));
                break;
            case PickleOpcode.BinFloat:
                Push(new PickleFloat(BitConverter.Int64BitsToDouble(_token.Integer)));
                break;
            case PickleOpcode.Int or PickleOpcode.Long or PickleOpcode.Long1 or PickleOpcode.Long4:
                Push(Integer());
                break;
            case PickleOpcode.Float:
                Push(PickleText.TryFloat(_reader.Payload(_token), out double number) ? new PickleFloat(number) : throw Malformed("a float there is none"));
                break;
            case PickleOpcode.BinBytes or PickleOpcode.ShortBinBytes or PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8:
                Push(new PickleBytes(_token.PayloadOffset, _token.PayloadLength));
                break;
            case PickleOpcode.NextBuffer:
                Push(new PickleBuffer(_buffers++));
                break;

            case PickleOpcode.EmptyTuple:
                Push(new PickleTuple([]));
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
                Push(new PickleTuple(PopToMark()));
                break;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet:
                Push(new PickleList(_token.Opcode));
                break;
            case PickleOpcode.List or PickleOpcode.FrozenSet:
                var list = new PickleList(_token.Opcode == PickleOpcode.List ? PickleOpcode.EmptyList : PickleOpcode.FrozenSet);
                list.Items.AddRange(PopToMark());
                Push(list);
                break;
            case PickleOpcode.EmptyDict:
                Push(new PickleDictionary());
                break;
            case PickleOpcode.Dict:
                PickleValue[] entries = PopToMark();
                Push(new PickleDictionary());
                SetAll(entries);
                break;
            case PickleOpcode.Append:
                PickleValue item = PopValue();
                AddAll([item]);
                break;
            case PickleOpcode.Appends or PickleOpcode.AddItems:
                AddAll(PopToMark());
                break;
            case PickleOpcode.SetItem:
                PickleValue value = PopValue();
                PickleValue key = PopValue();
                SetAll([key, value]);
                break;
            case PickleOpcode.SetItems:
                SetAll(PopToMark());
                break;

            case PickleOpcode.Get or PickleOpcode.BinGet or PickleOpcode.LongBinGet:
                Push(_memo.TryGetValue(Index(), out PickleValue? remembered) ? remembered : throw Malformed("it asks for a memo entry that was never put"));
                break;
            case PickleOpcode.Put or PickleOpcode.BinPut or PickleOpcode.LongBinPut:
                Remember(Index());
                break;
            case PickleOpcode.Memoize:
                Remember(_memo.Count);
                break;

            case PickleOpcode.PersId:
                Push(new PicklePersistentId(Text(PickleOpcode.BinString)));
                break;
            case PickleOpcode.BinPersId:
                Push(new PicklePersistentId(PopValue()));
                break;
            case PickleOpcode.Ext1 or PickleOpcode.Ext2 or PickleOpcode.Ext4:
                Push(new PickleExtension(_token.Integer));
                break;
            case PickleOpcode.Global:
                Push(Global());
                break;
            case PickleOpcode.StackGlobal:
                PickleValue name = PopValue();
                PickleValue module = PopValue();
                Push(module.AsText is { } m && name.AsText is { } n ? new PickleGlobal(m, n) : throw Malformed("a global is named by something that is no string"));
                break;
            case PickleOpcode.Reduce or PickleOpcode.NewObj:
                PickleValue arguments = PopValue();
                Push(new PickleObject(PopValue(), arguments, null));
                break;
            case PickleOpcode.NewObjEx:
                PickleValue keywords = PopValue();
                PickleValue positional = PopValue();
                Push(new PickleObject(PopValue(), positional, keywords));
                break;
            case PickleOpcode.Obj:
                PickleValue[] parts = PopToMark();
                Push(parts is [var callable, .. var rest] ? new PickleObject(callable, new PickleTuple(rest), null) : throw Malformed("OBJ has nothing to call"));
                break;
            case PickleOpcode.Inst:
                PickleGlobal type = Global();
                Push(new PickleObject(type, new PickleTuple(PopToMark()), null));
                break;
            case PickleOpcode.Build:
                PickleValue state = PopValue();
                if (Top() is not PickleObject built)
                    throw Malformed("BUILD meets something that is no object");
                built.State = state;
                _arrayDue = NumpyArrayWrapper.Is(built) ? built : null;
                break;

            default:
                Push(Text(_token.Opcode));
                break;
        }
    }

    // The elements that joblib wrote behind its wrapper; false when the window must be filled.
    private bool TryTakeArray()
    {
        PickleObject wrapper = _arrayDue!;
        if (NumpyArrayWrapper.ByteLength(wrapper, out bool objects) is not { } length)
            throw Malformed("joblib's array wrapper there says no size");
        if (objects)
        {
            if (_outer.Count >= MaxNestedPickles)
                throw ModelFormatException.PickleTooLarge(_file, "arrays of objects inside each other", MaxNestedPickles);
            _outer.Push((_values, _marks, _memo, wrapper));
            (_values, _marks, _memo, _arrayDue) = ([], new(), [], null);
            return true;
        }

        long start = _reader.Position;
        if (NumpyArrayWrapper.HasPadding(wrapper))
        {
            if (start >= _reader.End)
                throw Malformed("joblib's array there is cut short");
            if (!_reader.TryPeek(start, 1, out ReadOnlySpan<byte> padding))
                return false;
            start += 1 + padding[0];
        }

        if (start > _reader.End || length > _reader.End - start)
            throw Malformed("joblib's array there is cut short");
        _reader.Seek(start + length);
        ReplaceTop(wrapper, new PickleArray(wrapper, start, length));
        _arrayDue = null;
        return true;
    }

    // joblib puts the array where its wrapper was; the pickler memoized the wrapper, and the unpickler does not correct that.
    private void ReplaceTop(PickleObject wrapper, PickleValue value)
    {
        if (_values.Count == 0 || !ReferenceEquals(_values[^1], wrapper))
            throw Malformed("joblib's array wrapper is not where it must be");
        _values[^1] = value;
    }

    private PickleValue Integer()
    {
        ReadOnlySpan<byte> payload = _reader.Payload(_token);
        if (_token.Opcode == PickleOpcode.Int && payload.TrimEnd((byte)'\r') is [(byte)'0', var digit and ((byte)'0' or (byte)'1')])
            return digit == (byte)'1' ? PickleBoolean.True : PickleBoolean.False;
        BigInteger value;
        if (_token.Opcode is PickleOpcode.Long1 or PickleOpcode.Long4)
            value = _token.IsHeld ? PickleText.Long(payload) : throw ModelFormatException.PickleTooLarge(_file, "the bytes of an integer", PickleReader.HeldLimit);
        else if (!PickleText.TryInteger(payload, out value))
            throw Malformed("an integer there is none");
        return value >= long.MinValue && value <= long.MaxValue ? new PickleInteger((long)value) : new PickleBigInteger(value);
    }

    private PickleString Text(PickleOpcode opcode)
    {
        ReadOnlySpan<byte> payload = _reader.Payload(_token);
        _textBytes += payload.Length;
        if (_textBytes > _limits.MaxTextBytes)
            throw ModelFormatException.PickleTooLarge(_file, "the text of a pickle", _limits.MaxTextBytes);
        // The quotes of a cut STRING are not all there; what a mapper needs is never that long.
        string text = _token.IsHeld ? PickleText.Decode(opcode, payload) ?? throw Malformed("a string there has no quotes") : "";
        return new PickleString(text, _token.IsHeld);
    }

    private PickleGlobal Global() => new(
        PickleText.Decode(PickleOpcode.BinUnicode, _reader.Payload(_token))!, PickleText.Decode(PickleOpcode.BinUnicode, _reader.SecondLine(_token))!);

    private long Index() => _token.Opcode is not (PickleOpcode.Get or PickleOpcode.Put) ? _token.Integer
        : PickleText.TryIndex(_reader.Payload(_token), out long index) ? index
        : throw Malformed("a memo index there is no number");

    private void Remember(long index)
    {
        Count(1);
        _memo[index] = Top();
    }

    private void AddAll(ReadOnlySpan<PickleValue> items)
    {
        Count(items.Length);
        switch (Top())
        {
            case PickleList list:
                list.Items.AddRange(items);
                break;
            case PickleObject made:
                foreach (PickleValue item in items)
                    made.Append(item);
                break;
            default:
                throw Malformed("items are added to something that is no container");
        }
    }

    private void SetAll(ReadOnlySpan<PickleValue> entries)
    {
        Count(entries.Length);
        if (entries.Length % 2 != 0)
            throw Malformed("a key has no value");
        PickleValue target = Top();
        for (int i = 0; i < entries.Length; i += 2)
        {
            if (target is PickleDictionary dictionary)
                dictionary.Entries.Add(new(entries[i], entries[i + 1]));
            else if (target is PickleObject made)
                made.Set(entries[i], entries[i + 1]);
            else
                throw Malformed("entries are set in something that is no dict");
        }
    }

    private void PushTuple(int length)
    {
        var items = new PickleValue[length];
        for (int i = length - 1; i >= 0; i--)
            items[i] = PopValue();
        Push(new PickleTuple(items));
    }

    private PickleValue[] PopToMark()
    {
        if (!_marks.TryPop(out int mark))
            throw Malformed("it goes back to a mark that was never set");
        PickleValue[] items = [.. _values[mark..]];
        _values.RemoveRange(mark, items.Length);
        return items;
    }

    private void Push(PickleValue value)
    {
        Count(1);
        _values.Add(value);
    }

    private PickleValue Top() => _values.Count > (_marks.TryPeek(out int mark) ? mark : 0) ? _values[^1] : throw Malformed("its stack runs empty");

    private PickleValue PopValue()
    {
        PickleValue value = Top();
        _values.RemoveAt(_values.Count - 1);
        return value;
    }

    private void Count(int nodes)
    {
        _nodes += nodes;
        if (_nodes > _limits.MaxNodes)
            throw ModelFormatException.PickleTooLarge(_file, "the values of a pickle", _limits.MaxNodes);
    }

    private ModelFormatException Malformed(string why) => ModelFormatException.BadPickle(_file, _token.Position, why);
}
