namespace Bulwark.Models.Pickle;

/// <summary>A float.</summary>
/// <param name="value">The float.</param>
internal sealed class PickleFloat(double value) : PickleValue
{
    /// <summary>The float.</summary>
    public double Value { get; } = value;
}
