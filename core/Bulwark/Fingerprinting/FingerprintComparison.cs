using System.Numerics;
using System.Runtime.InteropServices;

namespace Bulwark.Fingerprinting;

/// <summary>What two robust fingerprints say about their models.</summary>
/// <remarks>
/// A distance is the share of bits that differ: about 0.5 for models trained apart. A part that one of the two lacks has no distance.
/// <code>
/// part  derived at or below  models trained apart (measured)  kept under
/// A     0.42                 .481 to .530                     casts, rounding, pruning, marks, fine-tuning; not permutations
/// B     0.40                 .476 to .507                     the same, and any permutation of rows
/// C     0.38                 .459 to .505                     the same, and some permutations of columns
/// </code>
/// One part at or below its threshold decides. Part A of a model below 65,536 weights has only 256 bits, and by chance alone would
/// fall to 0.42 once in 200 pairs; it decides from 0.39 on, 3.5 standard deviations from one half.
/// </remarks>
/// <param name="Verdict">The answer.</param>
/// <param name="SameNames">True when the models are identical, names included.</param>
/// <param name="A">Distance of part A, 0 to 1; null when it cannot be compared: a part is missing, or the numbers of bits differ.</param>
/// <param name="B">Distance of part B.</param>
/// <param name="C">Distance of part C.</param>
public sealed record FingerprintComparison(FingerprintVerdict Verdict, bool SameNames, double? A, double? B, double? C)
{
    /// <summary>Part A decides for a common origin at or below this distance.</summary>
    public const double ThresholdA = 0.42;

    /// <summary>Part A of 256 bits decides at or below this one.</summary>
    public const double ThresholdSmallA = 0.39;

    /// <summary>Part B decides at or below this distance.</summary>
    public const double ThresholdB = 0.40;

    /// <summary>Part C decides at or below this distance.</summary>
    public const double ThresholdC = 0.38;

    /// <summary>The threshold that part A was held to: <see cref="ThresholdA"/>, or <see cref="ThresholdSmallA"/> for 256 bits.</summary>
    public double EffectiveThresholdA { get; private init; } = ThresholdA;

    /// <summary>Compares two fingerprints. Takes well under a microsecond.</summary>
    public static FingerprintComparison Of(RobustFingerprint first, RobustFingerprint second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        RobustParts common = first.Parts & second.Parts;
        double? a = (common & RobustParts.A) != 0 && first.BitsA == second.BitsA ? Distance(first.A, second.A) : null;
        double? b = (common & RobustParts.B) != 0 ? Distance(first.B, second.B) : null;
        double? c = (common & RobustParts.C) != 0 ? Distance(first.C, second.C) : null;
        bool identical = first.ContentRoot.SequenceEqual(second.ContentRoot);
        double thresholdA = first.BitsA == RobustFingerprint.MinimumBitsA ? ThresholdSmallA : ThresholdA;
        FingerprintVerdict verdict = identical ? FingerprintVerdict.Identical
            : a <= thresholdA || b <= ThresholdB || c <= ThresholdC ? FingerprintVerdict.Derived
            : a is null && b is null && c is null ? FingerprintVerdict.Incomparable
            : FingerprintVerdict.Independent;
        return new FingerprintComparison(verdict, identical && first.NamedRoot.SequenceEqual(second.NamedRoot), a, b, c) { EffectiveThresholdA = thresholdA };
    }

    private static double Distance(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        long differing = 0;
        ReadOnlySpan<ulong> left = MemoryMarshal.Cast<byte, ulong>(a), right = MemoryMarshal.Cast<byte, ulong>(b);
        for (int i = 0; i < left.Length; i++)
            differing += BitOperations.PopCount(left[i] ^ right[i]);
        for (int i = left.Length * sizeof(ulong); i < a.Length; i++)
            differing += BitOperations.PopCount((uint)(a[i] ^ b[i]));
        return (double)differing / (8 * a.Length);
    }
}
