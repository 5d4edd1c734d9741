namespace Bulwark.Models.Pickle;

/// <summary>A string.</summary>
/// <param name="value">The text; cut when it is longer than <see cref="PickleReader.HeldLimit"/> bytes.</param>
/// <param name="isComplete">Whether nothing was cut.</param>
internal sealed class PickleString(string value, bool isComplete) : PickleValue
{
    /// <summary>The text.</summary>
    public string Value { get; } = value;

    /// <summary>Whether nothing was cut.</summary>
    public bool IsComplete { get; } = isComplete;
}
