using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>
/// Up to 1,024 quantised groups of one tensor: what both the watermark and the robust fingerprint are computed from, so that
/// the widening, summing and rounding is done once. Not safe for concurrent use.
/// </summary>
internal sealed class GroupBatch(VectorPath path)
{
    /// <summary>The most groups in a batch: its magnitudes fit a core's second-level cache.</summary>
    public const int Capacity = 1024;

    private readonly short[] _u = new short[Capacity * GroupQuantizer.GroupSize];
    private readonly ulong[] _negative = new ulong[Capacity];
    private readonly bool[] _usable = new bool[Capacity];

    public GroupBatch()
        : this(VectorPaths.Best)
    {
    }

    public VectorPath Path => path;

    /// <summary>Groups in it.</summary>
    public int Count { get; private set; }

    /// <summary>Index of its first group in the tensor.</summary>
    public long FirstGroup { get; private set; }

    /// <summary>64 magnitudes a group, 0 to 16384; zeros for a skipped group.</summary>
    public ReadOnlySpan<short> U => _u.AsSpan(0, Count * GroupQuantizer.GroupSize);

    /// <summary>The sign bits of each group; bit i is element i.</summary>
    public ReadOnlySpan<ulong> Negative => _negative.AsSpan(0, Count);

    /// <summary>False for a group that is skipped.</summary>
    public ReadOnlySpan<bool> Usable => _usable.AsSpan(0, Count);

    /// <summary>Quantises the next groups.</summary>
    /// <param name="dtype">F16, BF16, F32 or F64.</param>
    /// <param name="bytes">Little-endian elements from a group boundary on; a tail shorter than a group is not looked at.</param>
    /// <param name="firstGroup">Index of the first group in its tensor.</param>
    /// <returns>The bytes of the groups taken; less than a group is left when all were.</returns>
    public int Load(DType dtype, ReadOnlySpan<byte> bytes, long firstGroup)
    {
        int groupLength = GroupQuantizer.GroupLength(dtype);
        Count = Math.Min(Capacity, bytes.Length / groupLength);
        FirstGroup = firstGroup;
        int length = Count * groupLength;
        GroupQuantizer.Quantize(path, dtype, bytes[..length], _u, _negative, _usable);
        return length;
    }

    /// <summary>Quantises a piece of an eligible tensor batch by batch; other tensors are passed over.</summary>
    /// <param name="slice">Where the piece lies; it begins on a group boundary.</param>
    /// <param name="bytes">The piece.</param>
    /// <param name="use">Called for every batch.</param>
    public void ForEach(TensorSlice slice, ReadOnlySpan<byte> bytes, Action<TensorInfo, GroupBatch> use)
    {
        DType dtype = slice.Tensor.DType;
        if (Watermarker.IsEligible(slice.Tensor))
            ForEach(slice.Tensor, slice.TensorOffset / (dtype.BitWidth() / 8), dtype, bytes, use);
    }

    /// <summary>Quantises weights batch by batch.</summary>
    /// <param name="tensor">Their tensor.</param>
    /// <param name="firstElement">Index of the first, a multiple of 64.</param>
    /// <param name="dtype">F16, BF16, F32 or F64: what they are, or were decoded into.</param>
    /// <param name="elements">The weights; a tail shorter than a group is not looked at.</param>
    /// <param name="use">Called for every batch.</param>
    public void ForEach(TensorInfo tensor, long firstElement, DType dtype, ReadOnlySpan<byte> elements, Action<TensorInfo, GroupBatch> use)
    {
        int groupLength = GroupQuantizer.GroupLength(dtype);
        long group = firstElement / GroupQuantizer.GroupSize;
        while (elements.Length >= groupLength)
        {
            elements = elements[Load(dtype, elements, group)..];
            use(tensor, this);
            group += Count;
        }
    }
}
