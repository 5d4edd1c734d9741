using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>The vector paths of <see cref="GroupMarker"/> for F16 and BF16.</summary>
/// <remarks>
/// Eight or sixteen elements at a time in 32-bit integers. With t = mantissa bits + 20 and m·f the product of significand and factor:
/// <code>
/// m·f                     exponent                steps of the result's ulp
/// below 2^t               same, if the smallest   (m·f + r) >> 20           r = (2·dither + 1)·2^11
/// below 2^t               one less, otherwise     (2·m·f + r) >> 20
/// 2^t to 2^(t+1)          same                    (m·f + r) >> 20
/// 2^(t+1) and above       one more                (m·f + 2·r) >> 21
/// </code>
/// The result's bits are ((exponent - smallest) &lt;&lt; mantissa bits) + steps: a carry out of the significand raises the exponent.
/// </remarks>
internal static class DitheredMarker
{
    private const int One = 1 << WatermarkPlan.QBits;

    // Inlined into one method together, the paths exceed what the compiler will inline, and vector operators become calls.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Mark(VectorPath path, DType dtype, ref byte group, ulong signs, int push, ref byte dither, ref double magnitudes)
    {
        if (path == VectorPath.V512 && dtype == DType.F16)
            Mark512<WidenF16>(ref group, signs, push, ref dither, 10, 0x7BFF);
        else if (path == VectorPath.V512)
            Mark512<WidenBF16>(ref group, signs, push, ref dither, 7, 0x7F7F);
        else if (dtype == DType.F16)
            Mark256<WidenF16>(ref group, signs, push, ref dither, ref magnitudes, 10, 0x7BFF);
        else
            Mark256<WidenBF16>(ref group, signs, push, ref dither, ref magnitudes, 7, 0x7F7F);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Mark512<TWiden>(ref byte group, ulong signs, int push, ref byte dither, int mantissaBits, int largest)
        where TWiden : struct, IWiden
    {
        Vector512<double> m0 = TWiden.Eight(ref group, 0), m1 = TWiden.Eight(ref group, 1), m2 = TWiden.Eight(ref group, 2), m3 = TWiden.Eight(ref group, 3);
        Vector512<double> m4 = TWiden.Eight(ref group, 4), m5 = TWiden.Eight(ref group, 5), m6 = TWiden.Eight(ref group, 6), m7 = TWiden.Eight(ref group, 7);
        Vector512<double> r = m0 + m1 + m2 + m3 + m4 + m5 + m6 + m7;
        double scale = GroupQuantizer.ScaleOf(r.GetLower(), r.GetUpper());
        if (scale == 0)
            return;
        Vector512<double> k = Vector512.Create(scale), threshold = Vector512.Create(GroupQuantizer.OutlierThreshold);
        ulong unchanged = Vector512.GreaterThanOrEqual(m0 * k, threshold).ExtractMostSignificantBits()
            | (Vector512.GreaterThanOrEqual(m1 * k, threshold).ExtractMostSignificantBits() << 8)
            | (Vector512.GreaterThanOrEqual(m2 * k, threshold).ExtractMostSignificantBits() << 16)
            | (Vector512.GreaterThanOrEqual(m3 * k, threshold).ExtractMostSignificantBits() << 24)
            | (Vector512.GreaterThanOrEqual(m4 * k, threshold).ExtractMostSignificantBits() << 32)
            | (Vector512.GreaterThanOrEqual(m5 * k, threshold).ExtractMostSignificantBits() << 40)
            | (Vector512.GreaterThanOrEqual(m6 * k, threshold).ExtractMostSignificantBits() << 48)
            | (Vector512.GreaterThanOrEqual(m7 * k, threshold).ExtractMostSignificantBits() << 56);
        Vector512<uint> lane = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        Vector512<uint> up = Vector512.Create((uint)(One + push)), down = Vector512.Create((uint)(One - push));
        for (int i = 0; i < 4; i++)
        {
            Vector512<uint> bits = Wide.ToUInt32(Vector256.LoadUnsafe(ref group, (nuint)(32 * i)).AsUInt16());
            Vector512<uint> factor = Vector512.ConditionalSelect(Vector512.Equals(Vector512.Create((uint)(signs >> (16 * i))) & lane, Vector512<uint>.Zero), down, up);
            Vector512<uint> random = Wide.ToUInt32(Vector128.LoadUnsafe(ref dither, (nuint)(16 * i)));
            Vector512<uint> keep = Vector512.Create((uint)(unchanged >> (16 * i))) & lane;
            Vector512<uint> fraction = bits & Vector512.Create((1u << mantissaBits) - 1);
            Vector512<uint> exponent = (bits & Vector512.Create(0x7FFFu)) >> mantissaBits;
            Vector512<uint> normal = Vector512.Min(exponent, Vector512<uint>.One);
            Vector512<uint> binade = exponent - normal; // exponent - smallest
            Vector512<uint> product = (fraction | (normal << mantissaBits)) * factor;
            Vector512<uint> round = ((random << 1) | Vector512<uint>.One) << 11;
            Vector512<uint> below = Vector512.LessThan(product, Vector512.Create(1u << (mantissaBits + 20))) & Vector512.GreaterThan(binade, Vector512<uint>.Zero);
            Vector512<uint> above = Vector512.GreaterThanOrEqual(product, Vector512.Create(1u << (mantissaBits + 21)));
            Vector512<uint> same = (product + round) >> 20, less = (product + product + round) >> 20, more = (product + round + round) >> 21;
            Vector512<uint> steps = Vector512.ConditionalSelect(above, more, Vector512.ConditionalSelect(below, less, same));
            Vector512<uint> marked = ((binade + below - above) << mantissaBits) + steps; // a mask is -1
            marked = Vector512.Min(marked, Vector512.Create((uint)largest)) | (bits & Vector512.Create(0x8000u));
            marked = Vector512.ConditionalSelect(Vector512.Equals(keep, Vector512<uint>.Zero) & Vector512.GreaterThan(product, Vector512<uint>.Zero), marked, bits);
            Wide.ToUInt16(marked).AsByte().StoreUnsafe(ref group, (nuint)(32 * i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Mark256<TWiden>(ref byte group, ulong signs, int push, ref byte dither, ref double magnitudes, int mantissaBits, int largest)
        where TWiden : struct, IWiden
    {
        double scale = GroupQuantizer.Sum256<TWiden>(ref group, ref magnitudes);
        if (scale == 0)
            return;
        Vector256<double> k = Vector256.Create(scale), threshold = Vector256.Create(GroupQuantizer.OutlierThreshold);
        Vector256<uint> lane = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
        Vector256<uint> up = Vector256.Create((uint)(One + push)), down = Vector256.Create((uint)(One - push));
        for (int i = 0; i < 8; i++)
        {
            uint unchanged = Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref magnitudes, (nuint)(8 * i)) * k, threshold).ExtractMostSignificantBits()
                | (Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref magnitudes, (nuint)(8 * i + 4)) * k, threshold).ExtractMostSignificantBits() << 4);
            Vector256<uint> bits = WidenShorts.Eight(ref group, i).AsUInt32();
            Vector256<uint> factor = Vector256.ConditionalSelect(Vector256.Equals(Vector256.Create((uint)(signs >> (8 * i))) & lane, Vector256<uint>.Zero), down, up);
            Vector256<uint> random = Avx2.ConvertToVector256Int32(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref dither, 8 * i))).AsByte()).AsUInt32();
            Vector256<uint> keep = Vector256.Create(unchanged) & lane;
            Vector256<uint> fraction = bits & Vector256.Create((1u << mantissaBits) - 1);
            Vector256<uint> exponent = (bits & Vector256.Create(0x7FFFu)) >> mantissaBits;
            Vector256<uint> normal = Vector256.Min(exponent, Vector256<uint>.One);
            Vector256<uint> binade = exponent - normal;
            Vector256<uint> product = (fraction | (normal << mantissaBits)) * factor;
            Vector256<uint> round = ((random << 1) | Vector256<uint>.One) << 11;
            Vector256<uint> below = Vector256.LessThan(product, Vector256.Create(1u << (mantissaBits + 20))) & Vector256.GreaterThan(binade, Vector256<uint>.Zero);
            Vector256<uint> above = Vector256.GreaterThanOrEqual(product, Vector256.Create(1u << (mantissaBits + 21)));
            Vector256<uint> same = (product + round) >> 20, less = (product + product + round) >> 20, more = (product + round + round) >> 21;
            Vector256<uint> steps = Vector256.ConditionalSelect(above, more, Vector256.ConditionalSelect(below, less, same));
            Vector256<uint> marked = ((binade + below - above) << mantissaBits) + steps;
            marked = Vector256.Min(marked, Vector256.Create((uint)largest)) | (bits & Vector256.Create(0x8000u));
            marked = Vector256.ConditionalSelect(Vector256.Equals(keep, Vector256<uint>.Zero) & Vector256.GreaterThan(product, Vector256<uint>.Zero), marked, bits);
            Vector128<ushort> narrow = Sse41.PackUnsignedSaturate(marked.GetLower().AsInt32(), marked.GetUpper().AsInt32());
            narrow.AsByte().StoreUnsafe(ref group, (nuint)(16 * i));
        }
    }
}
