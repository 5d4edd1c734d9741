namespace Bulwark.Watermarking;

/// <summary>Adds the magnitudes of blocks to the statistics of one key.</summary>
internal static class BlockAccumulator
{
    /// <param name="statistics">Receives the sums.</param>
    /// <param name="magnitudes">A batch of blocks.</param>
    /// <param name="blocks">The key's blocks of the same indices, domain 0x20.</param>
    /// <param name="carries">True when the tensor carries a mark: only then what a mark would do to it is counted.</param>
    public static void Add(WatermarkStatistics statistics, BlockMagnitudes magnitudes, ReadOnlySpan<byte> blocks, bool carries)
    {
        ReadOnlySpan<short> u = magnitudes.U, response = magnitudes.Response;
        for (int b = 0; b < u.Length; b++)
        {
            if (u[b] == BlockMagnitudes.Skipped)
                continue;
            ReadOnlySpan<byte> block = blocks.Slice(b * KeyedBlocks.BlockSize, KeyedBlocks.BlockSize);
            int a = u[b] - BlockMagnitudes.Mean;
            int j = GroupAccumulator.CodedBit(block);
            statistics.S[j] += Sign(block) * a;
            statistics.E[j] += a * a;
            if (carries)
            {
                statistics.R[j] += response[b];
                statistics.N[j] += BlockMagnitudes.BlockSize;
            }
        }
    }

    /// <summary>ε of a block: +1 when the lowest bit of its keyed block is set, else -1.</summary>
    public static int Sign(ReadOnlySpan<byte> block) => ((block[0] & 1) * 2) - 1;
}
