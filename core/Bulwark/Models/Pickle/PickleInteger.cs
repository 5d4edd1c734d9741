namespace Bulwark.Models.Pickle;

/// <summary>An integer that fits 64 bits.</summary>
/// <param name="value">The integer.</param>
internal sealed class PickleInteger(long value) : PickleValue
{
    /// <summary>The integer.</summary>
    public long Value { get; } = value;
}
