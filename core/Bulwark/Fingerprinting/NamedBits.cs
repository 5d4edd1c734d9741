using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>Part A: keyed sums by tensor name and place.</summary>
/// <remarks>
/// For every group with its block (public key, id of the tensor's name): with s = Σv over the group, four runs of 16 elements each
/// add Σ ε·(64·v - s) to the bucket that bytes 8 + 2·run of the block name. Bit k is 1 where bucket k is above zero.
/// </remarks>
internal sealed class NamedBits(int bits)
{
    private const int Runs = 4;

    private readonly long[] _buckets = new long[bits];

    /// <summary>Adds a batch of groups.</summary>
    public void Add(ReadOnlySpan<short> values, ReadOnlySpan<byte> blocks)
    {
        ref short source = ref MemoryMarshal.GetReference(values);
        int mask = bits - 1;
        for (int g = 0; g < values.Length / GroupQuantizer.GroupSize; g++)
        {
            nuint at = (nuint)(g * GroupQuantizer.GroupSize);
            Vector256<short> v0 = Vector256.LoadUnsafe(ref source, at), v1 = Vector256.LoadUnsafe(ref source, at + 16);
            Vector256<short> v2 = Vector256.LoadUnsafe(ref source, at + 32), v3 = Vector256.LoadUnsafe(ref source, at + 48);
            int sum = SignedBatch.Sum(v0) + SignedBatch.Sum(v1) + SignedBatch.Sum(v2) + SignedBatch.Sum(v3);
            ReadOnlySpan<byte> block = blocks.Slice(g * KeyedBlocks.BlockSize, KeyedBlocks.BlockSize);
            ulong signs = BinaryPrimitives.ReadUInt64LittleEndian(block);
            Put(block, 0, v0, (ushort)signs, sum, mask);
            Put(block, 1, v1, (ushort)(signs >> 16), sum, mask);
            Put(block, 2, v2, (ushort)(signs >> 32), sum, mask);
            Put(block, 3, v3, (ushort)(signs >> 48), sum, mask);
        }
    }

    /// <summary>The bits, lowest first.</summary>
    public byte[] ToBits()
    {
        byte[] packed = new byte[bits / 8];
        for (int i = 0; i < bits; i++)
            packed[i >> 3] |= (byte)(_buckets[i] > 0 ? 1 << (i & 7) : 0);
        return packed;
    }

    private void Put(ReadOnlySpan<byte> block, int run, Vector256<short> values, ushort signs, int sum, int mask)
    {
        int signed = SignedBatch.Sum(SignedBatch.Negate(values, (short)~signs));
        int balance = 2 * BitOperations.PopCount(signs) - GroupQuantizer.GroupSize / Runs;
        int bucket = BinaryPrimitives.ReadUInt16LittleEndian(block[(8 + 2 * run)..]) & mask;
        _buckets[bucket] += 64L * signed - (long)sum * balance;
    }
}
