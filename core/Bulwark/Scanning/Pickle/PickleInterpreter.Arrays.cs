using Bulwark.Models.Pickle;

namespace Bulwark.Scanning.Pickle;

// Arrays that joblib writes into the middle of the stream: their size must be known to find the next opcode.
internal sealed partial class PickleInterpreter
{
    private const int MostStateEntries = 64;
    private const long HasObjects = 1L << 40;

    private readonly List<(AbstractValue Key, AbstractValue Value)> _arrayState = [];
    private bool _arrayOpen;
    private long _arrayStateId = -1;
    private long _arrayLength;
    private bool _arrayPadded;
    private bool _arrayOfObjects;

    private void BeginArray()
    {
        _arrayOpen = true;
        _arrayStateId = -1;
        _arrayState.Clear();
    }

    // The first dict after the wrapper is its state: what is set in it is kept.
    private void BeginArrayState()
    {
        if (_arrayOpen && _arrayStateId < 0)
            _arrayStateId = _token.Position;
    }

    private void RecordArrayState(in AbstractValue container, ReadOnlySpan<AbstractValue> entries)
    {
        if (!_arrayOpen || container.Kind != AbstractKind.Dict || container.Payload != _arrayStateId)
            return;
        for (int i = 0; i + 1 < entries.Length && _arrayState.Count < MostStateEntries; i += 2)
            _arrayState.Add((entries[i], entries[i + 1]));
    }

    // A dtype carries the place of its type code in payload, size and flag; the text is read when an array needs it.
    private static AbstractValue DTypeOf(in AbstractValue result, ReadOnlySpan<AbstractValue> arguments) =>
        arguments is [{ Kind: AbstractKind.Text, Payload: >= 0, Size: < HasObjects } code, ..]
            ? result with { Kind = AbstractKind.DType, Payload = code.Payload, Size = code.Size, Flag = code.Flag }
            : result;

    private void BuildDType(ref AbstractValue dtype, in AbstractValue state)
    {
        // (version, byte order, sub-array, names, fields, item size, alignment, flags): flag 1 says that there are objects.
        if (_tuples.TryGet(state, out ReadOnlySpan<AbstractValue> items) && items is [_, _, _, _, _, _, _, { Kind: AbstractKind.Integer } flags, ..] && (flags.Payload & 1) != 0)
            dtype.Size |= HasObjects;
        _memo.Update(dtype);
    }

    // False when a name must be fetched first: BUILD will be run again.
    private bool TryMeasureArray(in AbstractValue state)
    {
        long? count = null, itemSize = null;
        (_arrayPadded, _arrayOfObjects) = (false, false);
        if (state.Kind == AbstractKind.Dict && state.Payload == _arrayStateId)
        {
            foreach ((AbstractValue key, AbstractValue value) in _arrayState)
            {
                if (!TryName(key, out string? name))
                    return false;
                if (name == "shape" && _tuples.TryGet(value, out ReadOnlySpan<AbstractValue> shape))
                    count = Product(shape);
                else if (name == "numpy_array_alignment_bytes")
                    _arrayPadded = value.Kind == AbstractKind.Integer;
                if (name != "dtype" || value.Kind != AbstractKind.DType)
                    continue;
                if (!TryName(new AbstractValue(AbstractKind.Text, value.Payload, value.Size & ~HasObjects, value.Flag), out string? code))
                    return false;
                itemSize = NumpyArrayWrapper.ItemSize(code ?? "", out bool isObject);
                _arrayOfObjects = isObject || (value.Size & HasObjects) != 0;
            }
        }

        _arrayOpen = false;
        if (count is { } elements && itemSize is { } size && Math.BigMul(elements, size) is var length && length <= long.MaxValue)
            _arrayLength = (long)length;
        else
            Fail(PickleRules.BrokenArray, "joblib's array wrapper does not say how many bytes follow.");
        return true;
    }

    private static long? Product(ReadOnlySpan<AbstractValue> shape)
    {
        long product = 1;
        foreach (ref readonly AbstractValue dimension in shape)
        {
            if (dimension.Kind != AbstractKind.Integer || dimension.Payload < 0 || Math.BigMul(product, dimension.Payload) is var next && next > long.MaxValue)
                return null;
            product = (long)next;
        }

        return product;
    }

    private async Task PassArrayAsync(CancellationToken cancellationToken)
    {
        long start = _reader.Position;
        if (_arrayOfObjects)
        {
            if (_depth >= _context.Limits.MaxDepth)
            {
                Fail(PickleRules.TooDeep, "Arrays of objects lie in each other too deep.");
                return;
            }

            // joblib unpickles these with a fresh unpickler from the same stream.
            long? end = await new PickleInterpreter(_reader, _content, _path, _depth + 1, _options, _context).InterpretAsync(cancellationToken).ConfigureAwait(false);
            if (end is null)
                (_failed, _pause) = (true, Pause.Done);
            return;
        }

        if (_arrayPadded)
        {
            byte[] padding = new byte[1];
            if (start < _reader.End)
                await _content.ReadAsync(start, padding, cancellationToken).ConfigureAwait(false);
            start += 1 + padding[0];
        }

        if (start > _reader.End || _arrayLength > _reader.End - start)
            Fail(PickleRules.BrokenArray, $"An array of {_arrayLength} bytes is longer than the rest of the file.");
        else
            _reader.Seek(start + _arrayLength);
    }
}
