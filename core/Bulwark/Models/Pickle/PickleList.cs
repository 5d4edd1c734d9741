namespace Bulwark.Models.Pickle;

/// <summary>A list, a set or a frozenset.</summary>
/// <param name="kind">Which of the three.</param>
internal sealed class PickleList(PickleOpcode kind) : PickleValue
{
    /// <summary><see cref="PickleOpcode.EmptyList"/>, <see cref="PickleOpcode.EmptySet"/> or <see cref="PickleOpcode.FrozenSet"/>.</summary>
    public PickleOpcode Kind { get; } = kind;

    /// <summary>Its items; of a set, as they were added.</summary>
    public List<PickleValue> Items { get; } = [];
}
