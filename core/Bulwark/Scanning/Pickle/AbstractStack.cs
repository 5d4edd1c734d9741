namespace Bulwark.Scanning.Pickle;

/// <summary>
/// The unpickler's stack and its marks. Past <see cref="Longest"/> entries, those far from the top are merged into runs, because all
/// that can still happen to them is to become items of one container.
/// </summary>
internal sealed class AbstractStack
{
    /// <summary>Entries held at once.</summary>
    public const int Longest = 1 << 16;

    /// <summary>Marks held at once; every container that is being built takes one.</summary>
    public const int MostMarks = 1 << 16;

    private const int Kept = 1 << 10;

    private AbstractValue[] _values = new AbstractValue[64];
    private int[] _marks = new int[16];
    private int _count;

    /// <summary>Marks that are set.</summary>
    public int Marks { get; private set; }

    /// <summary>Where the values above the last mark begin.</summary>
    public int Floor => Marks > 0 ? _marks[Marks - 1] : 0;

    /// <summary>The entries above the last mark, a run counting as one.</summary>
    public ReadOnlySpan<AbstractValue> AboveMark => _values.AsSpan(Floor, _count - Floor);

    /// <summary>Whether a value lies above the last mark.</summary>
    public bool HasTop => _count > Floor;

    /// <summary>The value on top; there must be one.</summary>
    public ref AbstractValue Top
    {
        get
        {
            if (_values[_count - 1].Kind == AbstractKind.Run)
                Push(Pop());
            return ref _values[_count - 1];
        }
    }

    /// <summary>Pushes a value; false when there is no more room even after merging.</summary>
    public bool Push(in AbstractValue value)
    {
        if (_count == _values.Length && !Grow())
            return false;
        _values[_count++] = value;
        return true;
    }

    /// <summary>Takes the top off; there must be one.</summary>
    public AbstractValue Pop()
    {
        ref AbstractValue top = ref _values[_count - 1];
        if (top.Kind != AbstractKind.Run || --top.Payload == 0)
            _count--;
        return top.Kind == AbstractKind.Run ? new AbstractValue(AbstractKind.Opaque) { Depth = top.Depth } : top;
    }

    /// <summary>Whether there are values above the last mark, so many.</summary>
    public bool Has(int values)
    {
        long found = 0;
        for (int i = _count - 1; i >= Floor && found < values; i--)
            found += _values[i].Kind == AbstractKind.Run ? _values[i].Payload : 1;
        return found >= values;
    }

    /// <summary>A value below the top; <see cref="Has"/> must have said that it is there. Opaque when it was merged.</summary>
    public AbstractValue Peek(int below)
    {
        for (int i = _count - 1; i >= 0; i--)
        {
            ref AbstractValue value = ref _values[i];
            long here = value.Kind == AbstractKind.Run ? value.Payload : 1;
            if (below < here)
                return value.Kind == AbstractKind.Run ? new AbstractValue(AbstractKind.Opaque) : value;
            below -= (int)here;
        }

        return new AbstractValue(AbstractKind.Opaque);
    }

    /// <summary>Sets a mark; false when there are too many.</summary>
    public bool Mark()
    {
        if (Marks == _marks.Length)
        {
            if (Marks >= MostMarks)
                return false;
            Array.Resize(ref _marks, Marks * 2);
        }

        _marks[Marks++] = _count;
        return true;
    }

    /// <summary>Takes off everything above the last mark, and the mark.</summary>
    public void DropToMark() => _count = _marks[--Marks];

    private bool Grow()
    {
        if (_values.Length < Longest)
        {
            Array.Resize(ref _values, _values.Length * 2);
            return true;
        }

        int merged = 0, mark = 0;
        for (int i = 0; i < _count; i++)
        {
            for (; mark < Marks && _marks[mark] == i; mark++)
                _marks[mark] = merged;
            ref AbstractValue value = ref _values[i];
            int floor = mark > 0 ? _marks[mark - 1] : 0;
            if (i >= _count - Kept || merged == floor || _values[merged - 1].Kind != AbstractKind.Run)
            {
                bool begins = i < _count - Kept && value.Kind != AbstractKind.Run;
                _values[merged++] = begins ? new AbstractValue(AbstractKind.Run, 1, value.Weight) { Depth = value.Depth } : value;
                continue;
            }

            ref AbstractValue run = ref _values[merged - 1];
            run.Payload += value.Kind == AbstractKind.Run ? value.Payload : 1;
            run.Size = Math.Min(run.Size + value.Weight, Sizes.Most);
            run.Depth = Math.Max(run.Depth, value.Depth);
        }

        for (; mark < Marks; mark++)
            _marks[mark] = merged;
        _count = merged;
        return _count < _values.Length - Kept;
    }
}
