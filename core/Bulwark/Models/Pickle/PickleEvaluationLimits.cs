namespace Bulwark.Models.Pickle;

/// <summary>What the evaluation of one pickle may spend.</summary>
internal sealed record PickleEvaluationLimits
{
    /// <summary>Values made, and places they are put into.</summary>
    public int MaxNodes { get; init; } = 4_000_000;

    /// <summary>Bytes of text held.</summary>
    public int MaxTextBytes { get; init; } = 64 << 20;

    /// <summary>Bytes of the file passed over, payloads included.</summary>
    public long MaxLength { get; init; } = long.MaxValue;
}
