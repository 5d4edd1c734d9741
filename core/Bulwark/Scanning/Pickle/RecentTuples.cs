using System.Runtime.CompilerServices;

namespace Bulwark.Scanning.Pickle;

/// <summary>The first items of the tuples made last: what a call is given is nearly always among them.</summary>
internal sealed class RecentTuples
{
    /// <summary>Items kept of one tuple.</summary>
    public const int Kept = 8;

    private const int Slots = 1 << 8;

    // Made with the first tuple: most of what is tried as a pickle has none.
    private Items[] _items = [];
    private int[] _lengths = [];
    private long _next = 1;

    /// <summary>Remembers a tuple; returns its number.</summary>
    public long Add(ReadOnlySpan<AbstractValue> items)
    {
        if (_items.Length == 0)
            (_items, _lengths) = (new Items[Slots], new int[Slots]);
        int slot = (int)(_next & (Slots - 1));
        // Of a very long tuple only that it is one: a run stands for many items.
        _lengths[slot] = items.Length;
        items[..Math.Min(items.Length, Kept)].CopyTo(_items[slot]);
        return _next++;
    }

    /// <summary>The items of a tuple; false when it is too old, or longer than what is kept.</summary>
    public bool TryGet(in AbstractValue tuple, out ReadOnlySpan<AbstractValue> items)
    {
        items = default;
        if (tuple.Kind != AbstractKind.Tuple || tuple.Payload <= 0 || tuple.Payload >= _next || tuple.Payload <= _next - 1 - Slots)
            return false;
        int slot = (int)(tuple.Payload & (Slots - 1));
        if (_lengths[slot] > Kept)
            return false;
        items = ((ReadOnlySpan<AbstractValue>)_items[slot])[.._lengths[slot]];
        return true;
    }

    [InlineArray(Kept)]
    private struct Items
    {
        private AbstractValue _first;
    }
}
