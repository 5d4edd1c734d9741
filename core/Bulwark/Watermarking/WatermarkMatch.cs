namespace Bulwark.Watermarking;

/// <summary>A payload that a model seems to carry, and how sure that is.</summary>
/// <param name="KeyId">The key it was read with.</param>
/// <param name="Payload">The payload.</param>
/// <param name="Z">Its correlation in standard deviations.</param>
/// <param name="Log10FalsePositive">
/// Base-10 logarithm of a bound on the chance that a model made without the key shows any such match: log10 M − Z²/2·log10 e, at most 0.
/// </param>
/// <param name="Issued">True when the payload was looked up in the registry, false when it was decoded without knowing it.</param>
/// <param name="Decoded">True when decoding without the registry gives this payload, MAC and all.</param>
/// <param name="BitErrorRate">The share of the 268 coded bits that stand on the wrong side.</param>
/// <param name="Mode">What the mark is in.</param>
public sealed record WatermarkMatch(
    string KeyId, WatermarkPayload Payload, double Z, double Log10FalsePositive, bool Issued, bool Decoded, double BitErrorRate, WatermarkMode Mode)
{
    /// <summary>Matches are claimed from this bound on: one in 10¹².</summary>
    public const double SignificantLog10 = -12;

    /// <summary>True when the bound allows to claim the match.</summary>
    public bool IsSignificant => Log10FalsePositive <= SignificantLog10;
}
