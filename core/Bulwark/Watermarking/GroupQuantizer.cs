using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>
/// Turns groups of 64 elements into the integer magnitudes that KMM64 and the robust fingerprint are defined on, so that both
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
/// Nothing is contracted to a fused multiply-add: every step rounds on its own, so every path gives the same integers.
/// </remarks>
internal static class GroupQuantizer
{
    /// <summary>Elements in a group.</summary>
    public const int GroupSize = 64;

    /// <summary>The magnitude of an outlier: four times the group's mean or more, clipped.</summary>
    public const int Outlier = 16384;

    /// <summary>The magnitude that equals the group's mean.</summary>
    public const int Mean = 4096;

    /// <summary>Products at or above this round to <see cref="Outlier"/>: the half goes to the even side.</summary>
    public const double OutlierThreshold = 16383.5;

    private const double Scale = 262144;

    /// <summary>Bytes of one group: 128, 256 or 512.</summary>
    /// <exception cref="ArgumentException">The dtype is not F16, BF16, F32 or F64.</exception>
    public static int GroupLength(DType dtype) => dtype.IsMarkable()
        ? GroupSize * dtype.BitWidth() / 8
        : throw new ArgumentException($"{dtype} cannot be quantised.", nameof(dtype));

    /// <summary>Quantises whole groups.</summary>
    /// <param name="path">Instructions to use; the machine must have them.</param>
    /// <param name="dtype">F16, BF16, F32 or F64.</param>
    /// <param name="groups">Little-endian elements of n groups, at any alignment.</param>
    /// <param name="u">Receives 64 magnitudes a group, 0 to 16384; all zero when the group is skipped.</param>
    /// <param name="negative">Receives the sign bits; bit i is element i.</param>
    /// <param name="usable">Receives false for a skipped group.</param>
    public static void Quantize(VectorPath path, DType dtype, ReadOnlySpan<byte> groups, Span<short> u, Span<ulong> negative, Span<bool> usable)
    {
        int count = Math.DivRem(groups.Length, GroupLength(dtype), out int rest);
        if (rest != 0 || u.Length < count * GroupSize || negative.Length < count || usable.Length < count)
            throw new ArgumentException("The spans do not hold the same number of whole groups.", nameof(groups));
        switch (path)
        {
            case VectorPath.V512 when dtype == DType.F32: Run512<WidenF32>(count, groups, u, negative, usable); break;
            case VectorPath.V512 when dtype == DType.F16: Run512<WidenF16>(count, groups, u, negative, usable); break;
            case VectorPath.V512 when dtype == DType.BF16: Run512<WidenBF16>(count, groups, u, negative, usable); break;
            case VectorPath.V512: Run512<WidenF64>(count, groups, u, negative, usable); break;
            case VectorPath.V256 when dtype == DType.F32: Run256<WidenF32>(count, groups, u, negative, usable); break;
            case VectorPath.V256 when dtype == DType.F16: Run256<WidenF16>(count, groups, u, negative, usable); break;
            case VectorPath.V256 when dtype == DType.BF16: Run256<WidenBF16>(count, groups, u, negative, usable); break;
            case VectorPath.V256: Run256<WidenF64>(count, groups, u, negative, usable); break;
            default: RunScalar(dtype, count, groups, u, negative, usable); break;
        }
    }

    /// <summary>Widens one element exactly.</summary>
    public static double ReadElement(DType dtype, ReadOnlySpan<byte> element) => dtype switch
    {
        DType.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(element),
        DType.BF16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(element) << 16),
        DType.F32 => BinaryPrimitives.ReadSingleLittleEndian(element),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(element),
    };

    /// <summary>k of a group, or 0 when the group is skipped.</summary>
    public static double ScaleOf(ReadOnlySpan<double> magnitudes)
    {
        Span<double> r = stackalloc double[8];
        magnitudes[..8].CopyTo(r);
        for (int i = 8; i < GroupSize; i += 8)
        {
            for (int l = 0; l < 8; l++)
                r[l] += magnitudes[i + l];
        }

        return ScaleOf(((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7])));
    }

    /// <summary>k of eight lane sums, added pairwise as in the table above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ScaleOf(Vector256<double> low, Vector256<double> high) => ScaleOf(PairwiseSum(low, high));

    /// <summary>((r0+r1)+(r2+r3)) + ((r4+r5)+(r6+r7)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double PairwiseSum(Vector256<double> low, Vector256<double> high)
    {
        Vector256<double> pairs = Avx.HorizontalAdd(low, high); // r0+r1, r4+r5, r2+r3, r6+r7
        Vector128<double> halves = pairs.GetLower() + pairs.GetUpper();
        return halves.ToScalar() + halves.GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double ScaleOf(double sum)
    {
        double scale = Scale / sum;
        return scale > 0 && scale <= double.MaxValue ? scale : 0;
    }

    private static void RunScalar(DType dtype, int count, ReadOnlySpan<byte> groups, Span<short> u, Span<ulong> negative, Span<bool> usable)
    {
        int size = dtype.BitWidth() / 8;
        Span<double> magnitudes = stackalloc double[GroupSize];
        for (int g = 0; g < count; g++)
        {
            ulong signs = 0;
            for (int i = 0; i < GroupSize; i++)
            {
                ReadOnlySpan<byte> element = groups.Slice((g * GroupSize + i) * size, size);
                signs |= (ulong)(element[size - 1] >> 7) << i;
                magnitudes[i] = Math.Abs(ReadElement(dtype, element));
            }

            double scale = ScaleOf(magnitudes);
            negative[g] = signs;
            usable[g] = scale != 0;
            Span<short> group = u.Slice(g * GroupSize, GroupSize);
            if (scale == 0)
            {
                group.Clear();
                continue;
            }

            for (int i = 0; i < GroupSize; i++)
                group[i] = (short)Math.Round(Math.Min(magnitudes[i] * scale, Outlier), MidpointRounding.ToEven);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run512<TWiden>(int count, ReadOnlySpan<byte> groups, Span<short> u, Span<ulong> negative, Span<bool> usable)
        where TWiden : struct, IWiden
    {
        ref byte source = ref MemoryMarshal.GetReference(groups);
        ref short target = ref MemoryMarshal.GetReference(u);
        Vector512<double> limit = Vector512.Create((double)Outlier);
        for (int g = 0; g < count; g++)
        {
            Vector512<double> m0 = TWiden.Eight(ref source, 0), m1 = TWiden.Eight(ref source, 1), m2 = TWiden.Eight(ref source, 2), m3 = TWiden.Eight(ref source, 3);
            Vector512<double> m4 = TWiden.Eight(ref source, 4), m5 = TWiden.Eight(ref source, 5), m6 = TWiden.Eight(ref source, 6), m7 = TWiden.Eight(ref source, 7);
            Vector512<double> r = m0 + m1 + m2 + m3 + m4 + m5 + m6 + m7;
            double scale = ScaleOf(r.GetLower(), r.GetUpper());
            negative[g] = TWiden.Signs(ref source);
            usable[g] = scale != 0;
            if (scale == 0)
            {
                u.Slice(g * GroupSize, GroupSize).Clear();
            }
            else
            {
                Vector512<double> k = Vector512.Create(scale);
                Round512(m0 * k, m1 * k, m2 * k, m3 * k, limit).StoreUnsafe(ref target, (nuint)(g * GroupSize));
                Round512(m4 * k, m5 * k, m6 * k, m7 * k, limit).StoreUnsafe(ref target, (nuint)(g * GroupSize + 32));
            }

            source = ref Unsafe.Add(ref source, GroupSize * TWiden.Size);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Round512(Vector512<double> a, Vector512<double> b, Vector512<double> c, Vector512<double> d, Vector512<double> limit)
    {
        Vector512<int> low = Vector512.Create(
            Wide.ToInt32(Vector512.MinNative(a, limit)), Wide.ToInt32(Vector512.MinNative(b, limit)));
        Vector512<int> high = Vector512.Create(
            Wide.ToInt32(Vector512.MinNative(c, limit)), Wide.ToInt32(Vector512.MinNative(d, limit)));
        return Vector512.Create(Wide.ToInt16(low), Wide.ToInt16(high));
    }

    /// <summary>Widens a group to 64 magnitudes and returns its k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum256<TWiden>(ref byte group, ref double magnitudes)
        where TWiden : struct, IWiden
    {
        (Vector256<double> low, Vector256<double> high) = TWiden.Fours(ref group, 0);
        low.StoreUnsafe(ref magnitudes, 0);
        high.StoreUnsafe(ref magnitudes, 4);
        for (int i = 1; i < 8; i++)
        {
            (Vector256<double> nextLow, Vector256<double> nextHigh) = TWiden.Fours(ref group, i);
            nextLow.StoreUnsafe(ref magnitudes, (nuint)(8 * i));
            nextHigh.StoreUnsafe(ref magnitudes, (nuint)(8 * i + 4));
            low += nextLow;
            high += nextHigh;
        }

        return ScaleOf(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run256<TWiden>(int count, ReadOnlySpan<byte> groups, Span<short> u, Span<ulong> negative, Span<bool> usable)
        where TWiden : struct, IWiden
    {
        ref byte source = ref MemoryMarshal.GetReference(groups);
        ref short target = ref MemoryMarshal.GetReference(u);
        ref double magnitudes = ref MemoryMarshal.GetReference(stackalloc double[GroupSize]);
        Vector256<double> limit = Vector256.Create((double)Outlier);
        for (int g = 0; g < count; g++)
        {
            double scale = Sum256<TWiden>(ref source, ref magnitudes);
            negative[g] = TWiden.Signs(ref source);
            usable[g] = scale != 0;
            if (scale == 0)
            {
                u.Slice(g * GroupSize, GroupSize).Clear();
            }
            else
            {
                Vector256<double> k = Vector256.Create(scale);
                for (int i = 0; i < GroupSize; i += 8)
                {
                    Vector128<int> a = Avx.ConvertToVector128Int32(Avx.Min(Vector256.LoadUnsafe(ref magnitudes, (nuint)i) * k, limit));
                    Vector128<int> b = Avx.ConvertToVector128Int32(Avx.Min(Vector256.LoadUnsafe(ref magnitudes, (nuint)(i + 4)) * k, limit));
                    Sse2.PackSignedSaturate(a, b).StoreUnsafe(ref target, (nuint)(g * GroupSize + i));
                }
            }

            source = ref Unsafe.Add(ref source, GroupSize * TWiden.Size);
        }
    }
}
