namespace Bulwark.Models.Pickle;

/// <summary>None.</summary>
internal sealed class PickleNone : PickleValue
{
    /// <summary>The only one.</summary>
    public static PickleNone Instance { get; } = new();

    private PickleNone()
    {
    }
}
