namespace Bulwark.Fingerprinting;

/// <summary>How close two models are, by their robust fingerprints.</summary>
/// <remarks>
/// Shares of differing bits; 0.5 is what unrelated models give. Measured on independent pairs: A 0.481 to 0.530, B 0.476 to 0.507,
/// C 0.459 to 0.505; the thresholds lie below all of them (docs/fingerprinting.md).
/// </remarks>
/// <param name="A">By weight and tensor name; null when the two were taken with different numbers of bits.</param>
/// <param name="B">By columns, blind to the order of rows; null when one of the two has none.</param>
/// <param name="C">By rows, blind to the order of columns; null when one of the two has none.</param>
/// <param name="SameContent">True when the exact contentRoots begin alike: the same tensors.</param>
public sealed record FingerprintComparison(double? A, double? B, double? C, bool SameContent)
{
    /// <summary>A up to here means derived.</summary>
    public const double ThresholdA = 0.42;

    /// <summary>B up to here means derived.</summary>
    public const double ThresholdB = 0.40;

    /// <summary>C up to here means derived.</summary>
    public const double ThresholdC = 0.38;

    /// <summary>True when one was made from the other, or both from a third.</summary>
    public bool IsDerived => SameContent || A <= ThresholdA || B <= ThresholdB || C <= ThresholdC;

    /// <summary>Compares two fingerprints.</summary>
    public static FingerprintComparison Of(RobustFingerprint left, RobustFingerprint right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new FingerprintComparison(
            left.BitsA == right.BitsA ? RobustFingerprint.Hamming(left.A, right.A) : null,
            left.HasB && right.HasB ? RobustFingerprint.Hamming(left.B, right.B) : null,
            left.HasC && right.HasC ? RobustFingerprint.Hamming(left.C, right.C) : null,
            left.ContentRootStart.SequenceEqual(right.ContentRootStart));
    }
}
