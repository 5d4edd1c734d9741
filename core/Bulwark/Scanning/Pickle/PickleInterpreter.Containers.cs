namespace Bulwark.Scanning.Pickle;

// What is put into containers: nothing is kept of it but how deep and how large it is.
internal sealed partial class PickleInterpreter
{
    // CPython's own recursion limit keeps picklers below 1,000 levels by default.
    private const int MostLevels = 2_000;

    // A few self-references are an honest recursive structure.
    private const int MostSelfReferences = 16;

    // Levels of lists that consist of one thing repeated, as in [[[a, a, a]] * 3] * 3.
    private const int MostRepeatedLevels = 3;

    private const long BombSize = 10_000_000;
    private const long BombRatio = 1_000;

    private bool _bombReported;
    private bool _depthReported;
    private int _selfReferences;

    private void PushTuple(int length)
    {
        if (!Need(length))
            return;
        Span<AbstractValue> items = stackalloc AbstractValue[3];
        items = items[..length];
        for (int i = length - 1; i >= 0; i--)
            items[i] = _stack.Pop();
        var tuple = new AbstractValue(AbstractKind.Tuple, _tuples.Add(items));
        Absorb(ref tuple, items);
        Push(tuple);
    }

    private void PushContainer(AbstractKind kind, long payload)
    {
        var container = new AbstractValue(kind, payload);
        Absorb(ref container, _stack.AboveMark);
        _stack.DropToMark();
        Push(container);
    }

    private void AddTop(AbstractKind kind)
    {
        AbstractValue item = _stack.Pop();
        if (CanHold(_stack.Top, kind))
            AbsorbIntoTop([item]);
    }

    private void SetTop()
    {
        AbstractValue value = _stack.Pop();
        AbstractValue key = _stack.Pop();
        if (!CanHold(_stack.Top, AbstractKind.Dict))
            return;
        RecordArrayState(_stack.Top, [key, value]);
        AbsorbIntoTop([key, value]);
    }

    private void AddAboveMark(AbstractKind kind)
    {
        if (!NeedMark())
            return;
        // What was above the mark stays in place until the next push.
        ReadOnlySpan<AbstractValue> items = _stack.AboveMark;
        _stack.DropToMark();
        if (!_stack.HasTop)
        {
            Misuse($"{_token.Opcode} finds nothing below its mark");
            return;
        }

        if (_stack.Top.Kind == AbstractKind.Opaque || !CanHold(_stack.Top, kind))
            return;
        if (kind == AbstractKind.Dict)
            RecordArrayState(_stack.Top, items);
        AbsorbIntoTop(items);
    }

    private bool CanHold(in AbstractValue container, AbstractKind kind)
    {
        // Objects may define append, add or __setitem__; that of a class outside the allow-lists was reported when it was named.
        if (container.Kind == kind || container.Kind is AbstractKind.Object or AbstractKind.Opaque or AbstractKind.Persistent or AbstractKind.Extension)
            return true;
        if (container.Kind == AbstractKind.Global)
            Add(PickleRules.StateOnGlobal, $"{_token.Opcode} changes {GlobalAt(container.Payload)} itself.");
        Misuse($"{_token.Opcode} puts items into a {container.Kind}");
        return false;
    }

    private bool NeedPairs()
    {
        long values = 0;
        foreach (ref readonly AbstractValue value in _stack.AboveMark)
            values += value.Kind == AbstractKind.Run ? value.Payload : 1;
        if (values % 2 == 0)
            return true;
        Misuse($"{_token.Opcode} has a key without a value");
        return false;
    }

    private void AbsorbIntoTop(ReadOnlySpan<AbstractValue> items)
    {
        ref AbstractValue container = ref _stack.Top;
        if (container.Kind is AbstractKind.Opaque)
            return;
        Absorb(ref container, items);
        if (container.Memo >= 0)
            _memo.Update(container);
    }

    private void Absorb(ref AbstractValue container, ReadOnlySpan<AbstractValue> items)
    {
        int depth = container.Depth;
        long size = container.Size;
        bool same = items.Length >= 3;
        foreach (ref readonly AbstractValue item in items)
        {
            same = same && item.IsSame(items[0]);
            if (item.IsPlain)
            {
                depth = Math.Max(depth, 1);
                size++;
                continue;
            }

            if (item.IsContainer && item.IsSame(container))
            {
                if (++_selfReferences == MostSelfReferences)
                    Add(PickleRules.Bomb, $"Containers hold themselves {MostSelfReferences} times and more.");
                continue;
            }

            depth = Math.Max(depth, item.Depth + 1);
            size = Sizes.Add(size, item.Weight);
            if (StandingOf(item) is GlobalStanding.LoadsBytes or GlobalStanding.ReadsAttribute)
                Add(PickleRules.HiddenLoad, $"{GlobalAt(item.Payload)} is passed on instead of being called on constants of the file.");
        }

        container.Depth = (ushort)Math.Min(depth, ushort.MaxValue);
        container.Size = size;
        if (container.IsContainer)
            container.Flag = (byte)(same ? Math.Min((items[0].IsContainer ? items[0].Flag : 0) + 1, byte.MaxValue) : 0);
        CheckSize(container);
    }

    private void CheckSize(in AbstractValue container)
    {
        if (container.Depth > MostLevels && !_depthReported)
        {
            _depthReported = true;
            Add(PickleRules.TooDeep, $"Values are nested more than {MostLevels} levels deep.");
        }

        bool bomb = (container.IsContainer && container.Flag >= MostRepeatedLevels)
            || (container.IsContainer && container.Size > BombSize && container.Size / BombRatio > _opcodes);
        if (bomb && !_bombReported)
        {
            _bombReported = true;
            Add(PickleRules.Bomb, $"After {_opcodes} opcodes, a container stands for {container.Size} values.");
        }
    }
}
