using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>Part A: every run of sixteen weights votes, under public signs, for one of the bits. Tied to name and position.</summary>
/// <remarks>
/// With vc = 64·v - Σv over the group, run s = 0..3 of a group adds Σ ε·vc to bucket (u16 LE at bytes 8 + 2s of its block) &amp; (bits - 1).
/// In integers: 64·Σ ε·v - Σε·Σv, at most 2^25 in magnitude.
/// </remarks>
internal sealed class BucketSums(int bits)
{
    private readonly long[] _sums = new long[bits];

    /// <param name="path">Instructions to use.</param>
    /// <param name="v">64 integers a group.</param>
    /// <param name="blocks">16 bytes a group.</param>
    public void Add(VectorPath path, ReadOnlySpan<short> v, ReadOnlySpan<byte> blocks)
    {
        Span<int> runs = stackalloc int[4];
        for (int g = 0; g * KeyedBlocks.BlockSize < blocks.Length; g++)
        {
            ReadOnlySpan<short> group = v.Slice(g * GroupQuantizer.GroupSize, GroupQuantizer.GroupSize);
            ReadOnlySpan<byte> block = blocks.Slice(g * KeyedBlocks.BlockSize, KeyedBlocks.BlockSize);
            ulong signs = BinaryPrimitives.ReadUInt64LittleEndian(block);
            int total = path == VectorPath.Scalar ? SumScalar(group, signs, runs) : Sum256(group, signs, runs);
            for (int s = 0; s < 4; s++)
            {
                int balance = 2 * BitOperations.PopCount((ushort)(signs >> (16 * s))) - 16;
                int bucket = BinaryPrimitives.ReadUInt16LittleEndian(block[(8 + 2 * s)..]) & (bits - 1);
                _sums[bucket] += 64 * runs[s] - balance * total;
            }
        }
    }

    /// <summary>True while no bucket leans to either side.</summary>
    public bool IsSilent => !_sums.AsSpan().ContainsAnyExcept(0L);

    /// <summary>Writes one bit for each bucket, lowest first: set when its sum is above zero.</summary>
    public void WriteBits(Span<byte> target)
    {
        for (int i = 0; i < bits; i++)
            target[i / 8] |= (byte)(_sums[i] > 0 ? 1 << (i % 8) : 0);
    }

    private static int SumScalar(ReadOnlySpan<short> group, ulong signs, Span<int> runs)
    {
        int total = 0;
        runs.Clear();
        for (int i = 0; i < group.Length; i++)
        {
            total += group[i];
            runs[i / 16] += (signs >> i & 1) == 1 ? group[i] : -group[i];
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Sum256(ReadOnlySpan<short> group, ulong signs, Span<int> runs)
    {
        ref short v = ref MemoryMarshal.GetReference(group);
        Vector256<short> v0 = Vector256.LoadUnsafe(ref v), v1 = Vector256.LoadUnsafe(ref v, 16), v2 = Vector256.LoadUnsafe(ref v, 32), v3 = Vector256.LoadUnsafe(ref v, 48);
        Vector256<int> low = Avx2.HorizontalAdd(
            Avx2.MultiplyAddAdjacent(v0, SignLanes.PlusMinus((ushort)signs)), Avx2.MultiplyAddAdjacent(v1, SignLanes.PlusMinus((ushort)(signs >> 16))));
        Vector256<int> high = Avx2.HorizontalAdd(
            Avx2.MultiplyAddAdjacent(v2, SignLanes.PlusMinus((ushort)(signs >> 32))), Avx2.MultiplyAddAdjacent(v3, SignLanes.PlusMinus((ushort)(signs >> 48))));
        Vector256<int> all = Avx2.HorizontalAdd(low, high); // one lane a run, in each half
        (all.GetLower() + all.GetUpper()).StoreUnsafe(ref MemoryMarshal.GetReference(runs));
        Vector256<short> one = Vector256<short>.One;
        return Vector256.Sum(Avx2.MultiplyAddAdjacent(v0, one) + Avx2.MultiplyAddAdjacent(v1, one) + Avx2.MultiplyAddAdjacent(v2, one) + Avx2.MultiplyAddAdjacent(v3, one));
    }
}
