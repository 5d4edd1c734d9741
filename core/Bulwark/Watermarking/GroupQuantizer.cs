using System.Buffers.Binary;
using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>
/// Turns one group of 64 elements into the integer magnitudes that KMM64 and the robust fingerprint are defined on, so that both
/// are exact in every language.
/// </summary>
/// <remarks>
/// <code>
/// step        value
/// widen       every element to binary64 (exact for F16, BF16, F32)
/// accumulate  r[l] = |w[l]| + |w[l+8]| + ... + |w[l+56]|, l = 0..7, added in that order
/// sum         ((r0+r1)+(r2+r3)) + ((r4+r5)+(r6+r7))         (NumPy's pairwise order for 64 contiguous values)
/// scale       k = 262144 / sum                              (so that the mean magnitude becomes 4096)
/// quantise    u = roundHalfToEven(min(|w|·k, 16384))        (16384 = four times the mean or more: an outlier)
/// </code>
/// A group is skipped when sum is 0 or not finite, or so small (below 1.5e-303, only possible in F64) that k is not finite.
/// Nothing is contracted to a fused multiply-add: every step rounds on its own.
/// </remarks>
internal static class GroupQuantizer
{
    /// <summary>Elements in a group.</summary>
    public const int GroupSize = 64;

    /// <summary>The magnitude of an outlier: four times the group's mean or more, clipped.</summary>
    public const int Outlier = 16384;

    /// <summary>The magnitude that equals the group's mean.</summary>
    public const int Mean = 4096;

    internal const double Scale = 262144;

    /// <summary>Quantises one group.</summary>
    /// <param name="dtype">F16, BF16, F32 or F64.</param>
    /// <param name="group">64 little-endian elements: 128, 256 or 512 bytes, at any alignment.</param>
    /// <param name="u">Receives 64 magnitudes, 0 to 16384; all zero when the group is skipped.</param>
    /// <param name="negative">Bit i is the sign bit of element i.</param>
    /// <returns>False when the group is skipped.</returns>
    /// <exception cref="ArgumentException">The dtype is not a markable one, or a span has another length.</exception>
    public static bool Quantize(DType dtype, ReadOnlySpan<byte> group, Span<short> u, out ulong negative)
    {
        if (u.Length != GroupSize)
            throw new ArgumentException("A group has 64 magnitudes.", nameof(u));
        Span<double> magnitudes = stackalloc double[GroupSize];
        negative = Widen(dtype, group, magnitudes);
        double scale = ScaleOf(magnitudes);
        if (scale == 0)
        {
            u.Clear();
            return false;
        }

        for (int i = 0; i < GroupSize; i++)
            u[i] = (short)Math.Round(Math.Min(magnitudes[i] * scale, Outlier), MidpointRounding.ToEven);
        return true;
    }

    /// <summary>Widens the magnitudes of a group exactly and returns its sign bits.</summary>
    internal static ulong Widen(DType dtype, ReadOnlySpan<byte> group, Span<double> magnitudes)
    {
        int size = dtype switch
        {
            DType.F16 or DType.BF16 => 2,
            DType.F32 => 4,
            DType.F64 => 8,
            _ => throw new ArgumentException($"{dtype} cannot be quantised.", nameof(dtype)),
        };
        if (group.Length != GroupSize * size)
            throw new ArgumentException("A group has 64 elements.", nameof(group));
        ulong negative = 0;
        for (int i = 0; i < GroupSize; i++)
        {
            ReadOnlySpan<byte> element = group.Slice(i * size, size);
            double value = dtype switch
            {
                DType.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(element),
                DType.BF16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(element) << 16),
                DType.F32 => BinaryPrimitives.ReadSingleLittleEndian(element),
                _ => BinaryPrimitives.ReadDoubleLittleEndian(element),
            };
            negative |= (ulong)(element[size - 1] >> 7) << i;
            magnitudes[i] = Math.Abs(value);
        }

        return negative;
    }

    /// <summary>k of a group, or 0 when the group is skipped.</summary>
    internal static double ScaleOf(ReadOnlySpan<double> magnitudes)
    {
        Span<double> r = stackalloc double[8];
        magnitudes[..8].CopyTo(r);
        for (int i = 8; i < GroupSize; i += 8)
        {
            for (int l = 0; l < 8; l++)
                r[l] += magnitudes[i + l];
        }

        double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
        double scale = Scale / sum;
        return scale > 0 && scale <= double.MaxValue ? scale : 0;
    }
}
