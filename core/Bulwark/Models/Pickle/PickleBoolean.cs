namespace Bulwark.Models.Pickle;

/// <summary>True or False.</summary>
internal sealed class PickleBoolean : PickleValue
{
    /// <summary>True.</summary>
    public static PickleBoolean True { get; } = new(true);

    /// <summary>False.</summary>
    public static PickleBoolean False { get; } = new(false);

    private PickleBoolean(bool value) => Value = value;

    /// <summary>Which of the two.</summary>
    public bool Value { get; }
}
