using System.Buffers.Binary;
using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>Multiplies the scales of ggml's blocks of 32 by 1 ± γ, in place; the codes keep their bytes.</summary>
/// <remarks>
/// Types whose block begins with its one half-precision scale d: Q4_0, Q5_0, Q8_0, IQ4_NL. With K the key's block (domain 0x20,
/// index = the block's index in the tensor), ε from bit 0 of byte 0, j from bytes 8-9 and byte 10 the dither:
/// <code>
/// y  = d·(1 + ε·c[j]·q[j]/2^20)
/// d' = the half-precision step below |y|, or the one above with the probability of what is lost, as elements are dithered;
///      at least the smallest positive number, at most the largest finite one; with the sign of d
/// </code>
/// Zero, infinite and NaN scales stay, and so do those of rows that are skipped for having one block.
/// </remarks>
internal static class BlockScaleMarker
{
    private const int One = 1 << WatermarkPlan.QBits;
    private const int MostBlocks = 4096;

    /// <summary>Marks every block whose scale lies in a piece of a tensor.</summary>
    /// <param name="slice">Where the piece lies; cut anywhere at an even offset, because scales are two bytes at even offsets.</param>
    /// <param name="bytes">The piece, changed in place.</param>
    /// <param name="tensorId">The tensor's id.</param>
    /// <param name="keyed">The key.</param>
    /// <param name="plan">Strength and sign of every coded bit.</param>
    public static void Mark(TensorSlice slice, Span<byte> bytes, ulong tensorId, KeyedBlocks keyed, WatermarkPlan plan)
    {
        int blockBytes = slice.Tensor.DType.BlockBytes();
        (long first, long rest) = Math.DivRem(slice.TensorOffset, blockBytes);
        first += rest > 0 ? 1 : 0;
        int at = (int)(first * blockBytes - slice.TensorOffset);
        while (at + sizeof(ushort) <= bytes.Length)
        {
            int count = Math.Min(MostBlocks, ((bytes.Length - at - sizeof(ushort)) / blockBytes) + 1);
            ReadOnlySpan<byte> blocks = keyed.Compute(tensorId, KeyedBlocks.BlockScaleDomain, first, count);
            for (int b = 0; b < count; b++, at += blockBytes)
            {
                if (BlockMagnitudes.HasNeighbours(slice.Tensor, first + b))
                    Mark(bytes.Slice(at, sizeof(ushort)), blocks.Slice(b * KeyedBlocks.BlockSize, KeyedBlocks.BlockSize), plan);
            }

            first += count;
        }
    }

    private static void Mark(Span<byte> scale, ReadOnlySpan<byte> block, WatermarkPlan plan)
    {
        ushort bits = BinaryPrimitives.ReadUInt16LittleEndian(scale);
        double magnitude = (double)BitConverter.UInt16BitsToHalf((ushort)(bits & 0x7FFF));
        if (!(magnitude > 0 && magnitude <= (double)Half.MaxValue))
            return;
        int j = GroupAccumulator.CodedBit(block);
        int factor = One + (BlockAccumulator.Sign(block) * plan.Codeword[j] * plan.Q[j]);
        int marked = Math.Max(GroupMarker.Dither(DType.F16, magnitude * ((double)factor / One), block[10]), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(scale, (ushort)((bits & 0x8000) | marked));
    }
}
