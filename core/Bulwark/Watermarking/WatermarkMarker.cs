using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>Writes a planned watermark into a model's bytes while they stream by. Not safe for concurrent use.</summary>
public sealed class WatermarkMarker : IDisposable
{
    private readonly WatermarkKey _key;
    private readonly WatermarkPlan _plan;
    private readonly VectorPath _path;
    private readonly KeyedBlocks _groupBlocks;
    private readonly KeyedBlocks _ditherBlocks;
    private TensorInfo? _tensor;
    private ulong _tensorId;

    /// <summary>Prepares to write.</summary>
    /// <param name="key">The key the plan's statistics were gathered under.</param>
    /// <param name="plan">What to write and how strongly.</param>
    public WatermarkMarker(WatermarkKey key, WatermarkPlan plan)
        : this(key, plan, VectorPaths.Best)
    {
    }

    internal WatermarkMarker(WatermarkKey key, WatermarkPlan plan, VectorPath path)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(plan);
        _key = key;
        _plan = plan;
        _path = path;
        _groupBlocks = key.CreateBlocks();
        _ditherBlocks = key.CreateBlocks();
    }

    /// <summary>Marks a piece of a tensor in place; tensors that carry no mark, and the tail after the last whole group, keep their bytes.</summary>
    /// <param name="slice">Where the piece lies; it begins on a group boundary.</param>
    /// <param name="bytes">The piece, changed in place.</param>
    public void Apply(TensorSlice slice, Span<byte> bytes)
    {
        TensorInfo tensor = slice.Tensor;
        if (!Watermarker.IsEligible(tensor))
            return;
        if (!ReferenceEquals(tensor, _tensor))
        {
            _tensor = tensor;
            _tensorId = _key.TensorId(tensor.Name);
        }

        bool dithered = tensor.DType is DType.F16 or DType.BF16;
        int groupLength = GroupQuantizer.GroupLength(tensor.DType);
        long group = slice.TensorOffset / groupLength;
        while (bytes.Length >= groupLength)
        {
            int count = Math.Min(GroupBatch.Capacity, bytes.Length / groupLength);
            GroupMarker.Mark(
                _path,
                tensor.DType,
                bytes[..(count * groupLength)],
                _groupBlocks.Compute(_tensorId, KeyedBlocks.GroupDomain, group, count),
                dithered ? _ditherBlocks.Compute(_tensorId, KeyedBlocks.DitherDomain, 4 * group, 4 * count) : default,
                _plan);
            bytes = bytes[(count * groupLength)..];
            group += count;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _groupBlocks.Dispose();
        _ditherBlocks.Dispose();
    }
}
