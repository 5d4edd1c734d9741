using System.Buffers.Binary;

namespace Bulwark.Watermarking;

/// <summary>Multiplies signed 8-bit codes around zero by 1 ± γ, in place. Outliers, zeros and skipped groups keep their bytes.</summary>
/// <remarks>
/// |q'| = min(⌊|q|·(1 + ε·c·q_j/2^20) + (d + 0.5)/256⌋, 127), d the dither byte, in integers: (|q|·(2^20 ± q_j) + (2d + 1)·2^11) >> 20.
/// Groups, signs, coded bits and dither are those of the floating-point types, with the codes as weights.
/// </remarks>
internal static class CodeMarker
{
    private const int One = 1 << WatermarkPlan.QBits;
    private const int Largest = 127;

    /// <summary>Marks whole groups.</summary>
    /// <param name="groups">Codes of n groups, changed in place.</param>
    /// <param name="blocks">n group blocks.</param>
    /// <param name="dither">4·n dither blocks.</param>
    /// <param name="plan">Strength and sign of every coded bit.</param>
    public static void Mark(Span<byte> groups, ReadOnlySpan<byte> blocks, ReadOnlySpan<byte> dither, WatermarkPlan plan)
    {
        Span<double> magnitudes = stackalloc double[GroupQuantizer.GroupSize];
        for (int g = 0; g < groups.Length / GroupQuantizer.GroupSize; g++)
        {
            Span<byte> group = groups.Slice(g * GroupQuantizer.GroupSize, GroupQuantizer.GroupSize);
            for (int i = 0; i < group.Length; i++)
                magnitudes[i] = Math.Abs((int)(sbyte)group[i]);
            double scale = GroupQuantizer.ScaleOf(magnitudes);
            if (scale == 0)
                continue;
            ReadOnlySpan<byte> block = blocks.Slice(g * KeyedBlocks.BlockSize, KeyedBlocks.BlockSize);
            int j = GroupAccumulator.CodedBit(block);
            int push = plan.Codeword[j] * plan.Q[j];
            ulong signs = BinaryPrimitives.ReadUInt64LittleEndian(block);
            for (int i = 0; i < group.Length; i++)
            {
                if (magnitudes[i] * scale >= GroupQuantizer.OutlierThreshold)
                    continue;
                int code = (sbyte)group[i];
                int factor = (signs >> i & 1) == 1 ? One + push : One - push;
                int marked = Math.Min(((Math.Abs(code) * factor) + (((2 * dither[(g * GroupQuantizer.GroupSize) + i]) + 1) << 11)) >> WatermarkPlan.QBits, Largest);
                group[i] = (byte)(code < 0 ? -marked : code == 0 ? 0 : marked);
            }
        }
    }
}
