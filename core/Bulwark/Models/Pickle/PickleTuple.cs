namespace Bulwark.Models.Pickle;

/// <summary>A tuple.</summary>
/// <param name="items">Its items.</param>
internal sealed class PickleTuple(IReadOnlyList<PickleValue> items) : PickleValue
{
    /// <summary>Its items.</summary>
    public IReadOnlyList<PickleValue> Items { get; } = items;
}
