namespace Bulwark.Models.Pickle;

/// <summary>A value of an evaluated pickle. Nothing was executed: a call is kept as what would be called with what.</summary>
/// <remarks>Plain classes, no records: values can contain themselves, and a record's ToString and Equals would never end.</remarks>
internal abstract class PickleValue
{
    /// <summary>The text, when this is a string that is held whole.</summary>
    public string? AsText => this is PickleString { IsComplete: true } text ? text.Value : null;

    /// <summary>The integer, when this is one (or a boolean) that fits 64 bits.</summary>
    public long? AsInteger => this switch
    {
        PickleInteger integer => integer.Value,
        PickleBoolean boolean => boolean.Value ? 1 : 0,
        _ => null,
    };

    /// <summary>The items, when this is a tuple or a list.</summary>
    public IReadOnlyList<PickleValue>? AsSequence => this switch
    {
        PickleTuple tuple => tuple.Items,
        PickleList list => list.Items,
        _ => null,
    };

    /// <summary>Whether this is the global <paramref name="module"/>.<paramref name="name"/>.</summary>
    public bool IsGlobal(string module, string name) => this is PickleGlobal global && global.Module == module && global.Name == name;

    /// <summary>Whether this is an object made by calling the global <paramref name="module"/>.<paramref name="name"/>.</summary>
    public bool IsCallOf(string module, string name) => this is PickleObject called && called.Callable.IsGlobal(module, name);
}
