using Bulwark.Models.Pickle;

namespace Bulwark.Scanning.Pickle;

/// <summary>
/// The unpickler's memo. The first <see cref="Whole"/> entries are kept whole; of those beyond only the kind, in one byte,
/// and the names of globals, which are few; so a file with tens of millions of entries takes tens of megabytes.
/// </summary>
internal sealed class AbstractMemo
{
    /// <summary>Entries that are kept whole.</summary>
    public const int Whole = 1 << 20;

    /// <summary>Entries at all.</summary>
    public const int Most = (1 << 25) + Whole;

    private const int MostNames = 1 << 16;
    private const int ChunkLength = 1 << 20;

    // Globals beyond the whole entries, by their number; a number above 100 becomes an opaque value.
    private const byte FirstGlobal = 100;

    private readonly Dictionary<int, AbstractValue> _names = [];
    private readonly (int Index, AbstractValue Value)[] _recent = new (int, AbstractValue)[4];
    // In pieces, because doubling one array would for a moment take three times the memory.
    private readonly List<byte[]> _kinds = [];
    private AbstractValue[] _whole = [];
    private int _recentCount;

    /// <summary>One more than the highest index in use.</summary>
    public int Length { get; private set; }

    /// <summary>Entries in use, which is what MEMOIZE numbers by.</summary>
    public int Count { get; private set; }

    /// <summary>Puts an entry; the index is below <see cref="Most"/>.</summary>
    public void Put(int index, in AbstractValue value)
    {
        Length = Math.Max(Length, index + 1);
        if (index < Whole)
        {
            if (index >= _whole.Length)
                Array.Resize(ref _whole, Math.Min(Whole, Math.Max(64, Math.Max(index + 1, _whole.Length * 2))));
            if (_whole[index].Kind == AbstractKind.Opaque)
                Count++;
            _whole[index] = value.Kind == AbstractKind.Opaque ? value with { Kind = AbstractKind.Run } : value;
            return;
        }

        int late = index - Whole;
        while (late / ChunkLength >= _kinds.Count)
            _kinds.Add(new byte[ChunkLength]);
        ref byte kind = ref _kinds[late / ChunkLength][late % ChunkLength];
        if (kind == 0)
            Count++;
        kind = value.Kind == AbstractKind.Global && value.Payload < byte.MaxValue - FirstGlobal
            ? (byte)(FirstGlobal + value.Payload)
            : (byte)(value.Kind == AbstractKind.Opaque ? AbstractKind.Run : value.Kind);
        if (value.Kind == AbstractKind.Text)
            _recent[_recentCount++ & 3] = (index, value);
    }

    /// <summary>Gets an entry; false when it was never put.</summary>
    public bool TryGet(long index, out AbstractValue value)
    {
        value = default;
        if (index < 0 || index >= Length)
            return false;
        if (index < Whole)
        {
            value = _whole[index];
            if (value.Kind == AbstractKind.Opaque)
                return false;
            // An opaque value is stored as a run, because an empty entry looks like an opaque value.
            if (value.Kind == AbstractKind.Run)
                value.Kind = AbstractKind.Opaque;
            return true;
        }

        byte kind = _kinds[(int)((index - Whole) / ChunkLength)][(index - Whole) % ChunkLength];
        if (kind == 0)
            return false;
        if (_names.TryGetValue((int)index, out value))
            return true;
        value = kind >= FirstGlobal ? new AbstractValue(AbstractKind.Global, kind - FirstGlobal)
            : (AbstractKind)kind == AbstractKind.Run ? new AbstractValue(AbstractKind.Opaque)
            : new AbstractValue((AbstractKind)kind, -1, 1, (AbstractKind)kind == AbstractKind.Text ? (byte)PickleOpcode.BinUnicode : (byte)0);
        value.Memo = (int)index;
        return true;
    }

    /// <summary>Changes the copy of a container that grew.</summary>
    public void Update(in AbstractValue value)
    {
        if (value.Memo is >= 0 and < Whole && value.Memo < _whole.Length && _whole[value.Memo].Kind == value.Kind && _whole[value.Memo].Payload == value.Payload)
            _whole[value.Memo] = value;
    }

    /// <summary>Says that the texts put last named a global: picklers refer to these again by their index.</summary>
    public void KeepRecentNames()
    {
        foreach ((int index, AbstractValue value) in _recent)
        {
            if (index >= Whole && _names.Count < MostNames)
                _names[index] = value;
        }
    }
}
