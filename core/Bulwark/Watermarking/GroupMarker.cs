using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>Multiplies the elements of groups by 1 ± γ, in place. Outliers, zeros and skipped groups keep their bytes.</summary>
/// <remarks>
/// With y = w·(1 + ε·c·q/2^20), exact in binary64 for F16, BF16 and F32:
/// <code>
/// F32        nearest even
/// F64        the product as binary64 rounds it
/// F16, BF16  dithered: |y'| = floor(|y|/ulp + (d + 0.5)/256)·ulp, ulp of y's binade, d the dither byte
/// </code>
/// Magnitudes are capped at the largest finite one of the format: a mark never makes an infinity.
/// The 16-bit formats are computed in 32-bit integers: with m the 11- or 8-bit significand and f = 2^20 ± q, m·f has at most 32
/// bits, and |y|/ulp is m·f/2^20, half of it, or twice it, by the binade the product falls in. The vector paths for them are in
/// <see cref="DitheredMarker"/>.
/// </remarks>
internal static class GroupMarker
{
    private const int One = 1 << WatermarkPlan.QBits;

    /// <summary>Marks whole groups.</summary>
    /// <param name="path">Instructions to use.</param>
    /// <param name="dtype">F16, BF16, F32 or F64.</param>
    /// <param name="groups">Elements of n groups, changed in place.</param>
    /// <param name="blocks">n group blocks.</param>
    /// <param name="dither">4·n dither blocks for F16 and BF16, else empty.</param>
    /// <param name="plan">Strength and sign of every coded bit.</param>
    public static void Mark(VectorPath path, DType dtype, Span<byte> groups, ReadOnlySpan<byte> blocks, ReadOnlySpan<byte> dither, WatermarkPlan plan)
    {
        int length = GroupQuantizer.GroupLength(dtype);
        ref double magnitudes = ref MemoryMarshal.GetReference(stackalloc double[GroupQuantizer.GroupSize]);
        for (int g = 0; g < groups.Length / length; g++)
        {
            ReadOnlySpan<byte> block = blocks.Slice(g * KeyedBlocks.BlockSize, KeyedBlocks.BlockSize);
            int j = GroupAccumulator.CodedBit(block);
            int push = plan.Codeword[j] * plan.Q[j];
            ulong signs = BinaryPrimitives.ReadUInt64LittleEndian(block);
            Span<byte> group = groups.Slice(g * length, length);
            switch (dtype)
            {
                case DType.F32 when path == VectorPath.V512:
                    Mark512(ref MemoryMarshal.GetReference(group), signs, push);
                    break;
                case DType.F32 when path == VectorPath.V256:
                    Mark256(ref MemoryMarshal.GetReference(group), signs, push, ref magnitudes);
                    break;
                case DType.F16 or DType.BF16 when path != VectorPath.Scalar:
                    DitheredMarker.Mark(path, dtype, ref MemoryMarshal.GetReference(group), signs, push, ref MemoryMarshal.GetReference(dither.Slice(g * 64, 64)), ref magnitudes);
                    break;
                default:
                    MarkScalar(dtype, group, signs, push, dither.IsEmpty ? dither : dither.Slice(g * 64, 64));
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Mark512(ref byte group, ulong signs, int push)
    {
        Vector512<double> m0 = WidenF32.Eight(ref group, 0), m1 = WidenF32.Eight(ref group, 1), m2 = WidenF32.Eight(ref group, 2), m3 = WidenF32.Eight(ref group, 3);
        Vector512<double> m4 = WidenF32.Eight(ref group, 4), m5 = WidenF32.Eight(ref group, 5), m6 = WidenF32.Eight(ref group, 6), m7 = WidenF32.Eight(ref group, 7);
        Vector512<double> r = m0 + m1 + m2 + m3 + m4 + m5 + m6 + m7;
        double scale = GroupQuantizer.ScaleOf(r.GetLower(), r.GetUpper());
        if (scale == 0)
            return;
        Vector512<double> k = Vector512.Create(scale);
        Vector512<double> up = Vector512.Create((double)(One + push) / One), down = Vector512.Create((double)(One - push) / One);
        Mark8(ref group, 0, m0, k, signs, up, down);
        Mark8(ref group, 1, m1, k, signs, up, down);
        Mark8(ref group, 2, m2, k, signs, up, down);
        Mark8(ref group, 3, m3, k, signs, up, down);
        Mark8(ref group, 4, m4, k, signs, up, down);
        Mark8(ref group, 5, m5, k, signs, up, down);
        Mark8(ref group, 6, m6, k, signs, up, down);
        Mark8(ref group, 7, m7, k, signs, up, down);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mark8(ref byte group, int index, Vector512<double> magnitude, Vector512<double> k, ulong signs, Vector512<double> up, Vector512<double> down)
    {
        Vector512<ulong> bits = Vector512.Create(signs >> (8 * index)) & Vector512.Create(1UL, 2, 4, 8, 16, 32, 64, 128);
        Vector512<double> factor = Vector512.ConditionalSelect(Vector512.Equals(bits, Vector512<ulong>.Zero).AsDouble(), down, up);
        Vector512<double> unchanged = Vector512.GreaterThanOrEqual(magnitude * k, Vector512.Create(GroupQuantizer.OutlierThreshold));
        factor = Vector512.ConditionalSelect(unchanged, Vector512<double>.One, factor);
        Vector256<float> sign = Vector256.LoadUnsafe(ref group, (nuint)(32 * index)).AsSingle() & Vector256.Create(-0f);
        (Wide.ToSingle(Vector512.Min(magnitude * factor, Vector512.Create((double)float.MaxValue))) | sign).AsByte().StoreUnsafe(ref group, (nuint)(32 * index));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Mark256(ref byte group, ulong signs, int push, ref double magnitudes)
    {
        double scale = GroupQuantizer.Sum256<WidenF32>(ref group, ref magnitudes);
        if (scale == 0)
            return;
        Vector256<double> k = Vector256.Create(scale), threshold = Vector256.Create(GroupQuantizer.OutlierThreshold), one = Vector256<double>.One, largest = Vector256.Create((double)float.MaxValue);
        Vector256<double> up = Vector256.Create((double)(One + push) / One), down = Vector256.Create((double)(One - push) / One);
        for (int i = 0; i < 16; i++)
        {
            Vector256<double> magnitude = Vector256.LoadUnsafe(ref magnitudes, (nuint)(4 * i));
            Vector256<ulong> bits = Vector256.Create(signs >> (4 * i)) & Vector256.Create(1UL, 2, 4, 8);
            Vector256<double> factor = Vector256.ConditionalSelect(Vector256.Equals(bits, Vector256<ulong>.Zero).AsDouble(), down, up);
            factor = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(magnitude * k, threshold), one, factor);
            Vector128<float> sign = Vector128.LoadUnsafe(ref group, (nuint)(16 * i)).AsSingle() & Vector128.Create(-0f);
            (Avx.ConvertToVector128Single(Vector256.Min(magnitude * factor, largest)) | sign).AsByte().StoreUnsafe(ref group, (nuint)(16 * i));
        }
    }

    private static void MarkScalar(DType dtype, Span<byte> group, ulong signs, int push, ReadOnlySpan<byte> dither)
    {
        int size = dtype.BitWidth() / 8;
        Span<double> magnitudes = stackalloc double[GroupQuantizer.GroupSize];
        for (int i = 0; i < magnitudes.Length; i++)
            magnitudes[i] = Math.Abs(GroupQuantizer.ReadElement(dtype, group.Slice(i * size, size)));
        double scale = GroupQuantizer.ScaleOf(magnitudes);
        if (scale == 0)
            return;
        for (int i = 0; i < magnitudes.Length; i++)
        {
            if (magnitudes[i] * scale >= GroupQuantizer.OutlierThreshold)
                continue;
            Span<byte> element = group.Slice(i * size, size);
            int factor = (signs >> i & 1) == 1 ? One + push : One - push;
            double y = GroupQuantizer.ReadElement(dtype, element) * ((double)factor / One);
            switch (dtype)
            {
                case DType.F32:
                    BinaryPrimitives.WriteSingleLittleEndian(element, (float)Math.Clamp(y, float.MinValue, float.MaxValue));
                    break;
                case DType.F64:
                    BinaryPrimitives.WriteDoubleLittleEndian(element, Math.Clamp(y, double.MinValue, double.MaxValue));
                    break;
                default:
                    ushort sign = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(element) & 0x8000);
                    BinaryPrimitives.WriteUInt16LittleEndian(element, (ushort)(sign | Dither(dtype, Math.Abs(y), dither[i])));
                    break;
            }
        }
    }

    /// <summary>The bits of a dithered magnitude of F16 or BF16, straight from the definition.</summary>
    public static int Dither(DType dtype, double magnitude, byte dither)
    {
        (int mantissaBits, int minimumExponent, int largest) = dtype == DType.F16 ? (10, -14, 0x7BFF) : (7, -126, 0x7F7F);
        if (magnitude == 0)
            return 0;
        int exponent = Math.Max(Math.ILogB(magnitude), minimumExponent);
        int steps = (int)Math.Floor(Math.ScaleB(magnitude, mantissaBits - exponent) + (dither + 0.5) / 256);
        return Math.Min(((exponent - minimumExponent) << mantissaBits) + steps, largest);
    }
}
