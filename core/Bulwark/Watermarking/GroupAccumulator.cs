using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Bulwark.Watermarking;

/// <summary>Adds quantised groups to the statistics of one key.</summary>
/// <remarks>
/// The 32-bit lanes cannot overflow: Σa² of a group is at most 3.3e9, below 2^32, and is summed modulo 2^32; the other sums are
/// below 2^20.
/// </remarks>
internal static class GroupAccumulator
{
    /// <param name="statistics">Receives the sums.</param>
    /// <param name="batch">Quantised groups.</param>
    /// <param name="blocks">The key's group blocks of the same groups.</param>
    /// <param name="carries">True when the tensor carries a mark: only then what a mark would do to it is counted.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(WatermarkStatistics statistics, GroupBatch batch, ReadOnlySpan<byte> blocks, bool carries)
    {
        ReadOnlySpan<bool> usable = batch.Usable;
        ref short u = ref MemoryMarshal.GetReference(batch.U);
        long[] s = statistics.S, e = statistics.E, r = statistics.R, n = statistics.N;
        for (int g = 0; g < usable.Length; g++)
        {
            if (!usable[g])
                continue;
            ReadOnlySpan<byte> block = blocks.Slice(g * KeyedBlocks.BlockSize, KeyedBlocks.BlockSize);
            ulong signs = BinaryPrimitives.ReadUInt64LittleEndian(block);
            ref short group = ref Unsafe.Add(ref u, g * GroupQuantizer.GroupSize);
            (int signal, uint energy, int mass) = batch.Path switch
            {
                VectorPath.V512 => Sum512(ref group, signs),
                VectorPath.V256 => Sum256(ref group, signs),
                _ => SumScalar(ref group, signs),
            };
            int j = CodedBit(block);
            s[j] += signal;
            e[j] += energy;
            if (carries)
            {
                r[j] += mass;
                n[j] += GroupQuantizer.GroupSize;
            }
        }
    }

    /// <summary>The coded bit that a group's block assigns it to, 0 to 267.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CodedBit(ReadOnlySpan<byte> block) => (BinaryPrimitives.ReadUInt16LittleEndian(block[8..]) * ConvolutionalCode.Length) >> 16;

    private static (int S, uint E, int R) SumScalar(ref short group, ulong signs)
    {
        int s = 0, r = 0;
        uint e = 0;
        for (int i = 0; i < GroupQuantizer.GroupSize; i++)
        {
            int u = Unsafe.Add(ref group, i);
            int a = u - GroupQuantizer.Mean;
            s += (signs >> i & 1) == 1 ? a : -a;
            e += (uint)(a * a);
            r += u < GroupQuantizer.Outlier ? u : 0;
        }

        return (s, e, r);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int S, uint E, int R) Sum512(ref short group, ulong signs)
    {
        Vector512<short> mean = Vector512.Create((short)GroupQuantizer.Mean), outlier = Vector512.Create((short)GroupQuantizer.Outlier), one = Vector512<short>.One;
        Vector512<short> u0 = Vector512.LoadUnsafe(ref group), u1 = Vector512.LoadUnsafe(ref group, 32);
        Vector512<short> a0 = u0 - mean, a1 = u1 - mean;
        Vector512<short> bit = Vector512.Create(Bits, Bits);
        Vector512<short> on0 = Vector512.Equals(Vector512.Create(Vector256.Create((short)signs), Vector256.Create((short)(signs >> 16))) & bit, Vector512<short>.Zero) | one;
        Vector512<short> on1 = Vector512.Equals(Vector512.Create(Vector256.Create((short)(signs >> 32)), Vector256.Create((short)(signs >> 48))) & bit, Vector512<short>.Zero) | one;
        Vector512<int> s = Wide.MultiplyAddAdjacent(a0, on0) + Wide.MultiplyAddAdjacent(a1, on1);
        Vector512<int> e = Wide.MultiplyAddAdjacent(a0, a0) + Wide.MultiplyAddAdjacent(a1, a1);
        Vector512<int> r = Wide.MultiplyAddAdjacent(Vector512.AndNot(u0, Vector512.Equals(u0, outlier)), one)
            + Wide.MultiplyAddAdjacent(Vector512.AndNot(u1, Vector512.Equals(u1, outlier)), one);
        return Reduce(s.GetLower() + s.GetUpper(), e.GetLower() + e.GetUpper(), r.GetLower() + r.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int S, uint E, int R) Sum256(ref short group, ulong signs)
    {
        Vector256<short> mean = Vector256.Create((short)GroupQuantizer.Mean), outlier = Vector256.Create((short)GroupQuantizer.Outlier), one = Vector256<short>.One;
        Vector256<int> s = default, e = default, r = default;
        for (int i = 0; i < 4; i++)
        {
            Vector256<short> u = Vector256.LoadUnsafe(ref group, (nuint)(16 * i));
            Vector256<short> a = u - mean;
            Vector256<short> sign = Vector256.Equals(Vector256.Create((short)(signs >> (16 * i))) & Bits, Vector256<short>.Zero) | one;
            s += Avx2.MultiplyAddAdjacent(a, sign);
            e += Avx2.MultiplyAddAdjacent(a, a);
            r += Avx2.MultiplyAddAdjacent(Vector256.AndNot(u, Vector256.Equals(u, outlier)), one);
        }

        return Reduce(s, e, r);
    }

    private static Vector256<short> Bits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, short.MinValue);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int S, uint E, int R) Reduce(Vector256<int> s, Vector256<int> e, Vector256<int> r)
    {
        Vector256<int> se = Avx2.HorizontalAdd(s, e);   // s s e e | s s e e
        Vector256<int> rr = Avx2.HorizontalAdd(r, r);
        Vector256<int> all = Avx2.HorizontalAdd(se, rr); // s e r r | s e r r
        Vector128<int> sums = all.GetLower() + all.GetUpper();
        return (sums.ToScalar(), (uint)sums.GetElement(1), sums.GetElement(2));
    }
}
