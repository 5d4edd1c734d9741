namespace Bulwark.Models;

/// <summary>
/// A contiguous piece of a model file, small enough to hold in memory and cut so that everything that works on tensor bytes
/// (watermark groups of 64 elements, seal chunks of 4,096 elements, Merkle chunks of 1 MiB) lies whole inside one window.
/// </summary>
/// <param name="Offset">First byte, from the start of the file.</param>
/// <param name="Length">Bytes, at most <see cref="MaximumLength"/>.</param>
/// <param name="Slices">The tensor bytes in it, in file order; what no slice covers is header, padding or opaque content.</param>
public sealed record FileWindow(long Offset, int Length, IReadOnlyList<TensorSlice> Slices)
{
    /// <summary>Tensors are cut only at multiples of this many bytes from their start.</summary>
    public const int ChunkLength = 1 << 20;

    /// <summary>The longest window in bytes: sixteen chunks, one batch for a 16-lane hash.</summary>
    public const int MaximumLength = 16 * ChunkLength;

    /// <summary>Cuts a file into windows that cover it from the first byte to the last, in order.</summary>
    /// <param name="fileLength">Size of the file in bytes.</param>
    /// <param name="tensors">Its tensors in file order, not overlapping.</param>
    public static IEnumerable<FileWindow> Cut(long fileLength, IReadOnlyList<TensorInfo> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        long start = 0;
        int used = 0;
        List<TensorSlice> slices = [];

        FileWindow Close()
        {
            FileWindow window = new(start, used, slices);
            start += used;
            used = 0;
            slices = [];
            return window;
        }

        foreach (TensorInfo tensor in tensors)
        {
            for (long gap = tensor.Offset - (start + used); gap > 0;)
            {
                int taken = (int)Math.Min(gap, MaximumLength - used);
                used += taken;
                gap -= taken;
                if (used == MaximumLength)
                    yield return Close();
            }

            for (long done = 0; done < tensor.Length;)
            {
                long left = tensor.Length - done;
                int room = MaximumLength - used;
                int taken = left <= room ? (int)left : room / ChunkLength * ChunkLength;
                if (taken > 0)
                {
                    slices.Add(new TensorSlice(tensor, done, used, taken));
                    used += taken;
                    done += taken;
                }

                if (done < tensor.Length || used == MaximumLength)
                    yield return Close();
            }
        }

        while (start + used < fileLength)
        {
            used += (int)Math.Min(fileLength - start - used, MaximumLength - used);
            if (used == MaximumLength)
                yield return Close();
        }

        if (used > 0)
            yield return Close();
    }
}
