namespace Bulwark.Models.Pickle;

/// <summary>What a call would return: REDUCE, NEWOBJ, NEWOBJ_EX, OBJ, INST. The call was not made.</summary>
/// <param name="callable">What would be called: as a rule a <see cref="PickleGlobal"/>.</param>
/// <param name="arguments">The positional arguments: as a rule a <see cref="PickleTuple"/>.</param>
/// <param name="keywords">The keyword arguments of NEWOBJ_EX; otherwise null.</param>
internal sealed class PickleObject(PickleValue callable, PickleValue arguments, PickleValue? keywords) : PickleValue
{
    private List<PickleValue>? _items;
    private List<KeyValuePair<PickleValue, PickleValue>>? _entries;

    /// <summary>What would be called.</summary>
    public PickleValue Callable { get; } = callable;

    /// <summary>The positional arguments.</summary>
    public PickleValue Arguments { get; } = arguments;

    /// <summary>The keyword arguments of NEWOBJ_EX; otherwise null.</summary>
    public PickleValue? Keywords { get; } = keywords;

    /// <summary>What BUILD gave it; null when it did not.</summary>
    public PickleValue? State { get; set; }

    /// <summary>What was appended or added to it.</summary>
    public IReadOnlyList<PickleValue> Items => _items ?? [];

    /// <summary>What was set in it by key, such as the entries of an OrderedDict.</summary>
    public IReadOnlyList<KeyValuePair<PickleValue, PickleValue>> Entries => _entries ?? [];

    /// <summary>Appends an item.</summary>
    public void Append(PickleValue item) => (_items ??= []).Add(item);

    /// <summary>Sets an entry.</summary>
    public void Set(PickleValue key, PickleValue value) => (_entries ??= []).Add(new(key, value));

    /// <summary>The value of a text key among the entries; null when there is none.</summary>
    public PickleValue? Find(string key) => PickleDictionary.Find(Entries, key);
}
