using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>Writes a planned watermark into a model's bytes while they stream by. Not safe for concurrent use.</summary>
public sealed class WatermarkMarker : IDisposable
{
    private readonly WatermarkKey _key;
    private readonly WatermarkPlan _plan;
    private readonly VectorPath _path;
    private readonly KeyedBlocks _blocks;
    private readonly KeyedBlocks _ditherBlocks;
    private readonly FirstOfName _first = new();
    private TensorInfo? _tensor;
    private ulong _tensorId;
    private bool _carries;

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
        _blocks = key.CreateBlocks();
        _ditherBlocks = key.CreateBlocks();
    }

    /// <summary>Marks a piece of a tensor in place; tensors that carry no mark, and the tail after the last whole group, keep their bytes.</summary>
    /// <param name="slice">Where the piece lies; it begins on a group boundary, or for block types at an even offset.</param>
    /// <param name="bytes">The piece, changed in place.</param>
    public void Apply(TensorSlice slice, Span<byte> bytes)
    {
        TensorInfo tensor = slice.Tensor;
        if (!ReferenceEquals(tensor, _tensor))
        {
            _tensor = tensor;
            _carries = MarkableTensors.CanRead(tensor, _plan.Mode) && _first.Is(tensor) && MarkableTensors.CanMark(tensor, _plan.Mode);
            _tensorId = _carries ? _key.TensorId(tensor.Name) : 0;
        }

        if (!_carries)
            return;
        if (_plan.Mode == WatermarkMode.BlockScales)
            BlockScaleMarker.Mark(slice, bytes, _tensorId, _blocks, _plan);
        else
            MarkGroups(slice, bytes);
    }

    private void MarkGroups(TensorSlice slice, Span<byte> bytes)
    {
        DType dtype = slice.Tensor.DType;
        bool dithered = dtype is DType.F16 or DType.BF16 or DType.I8;
        int groupLength = GroupQuantizer.GroupSize * dtype.BitWidth() / 8;
        long group = slice.TensorOffset / groupLength;
        while (bytes.Length >= groupLength)
        {
            int count = Math.Min(GroupBatch.Capacity, bytes.Length / groupLength);
            Span<byte> groups = bytes[..(count * groupLength)];
            ReadOnlySpan<byte> blocks = _blocks.Compute(_tensorId, KeyedBlocks.GroupDomain, group, count);
            ReadOnlySpan<byte> dither = dithered ? _ditherBlocks.Compute(_tensorId, KeyedBlocks.DitherDomain, 4 * group, 4 * count) : default;
            if (dtype == DType.I8)
                CodeMarker.Mark(groups, blocks, dither, _plan);
            else
                GroupMarker.Mark(_path, dtype, groups, blocks, dither, _plan);
            bytes = bytes[groups.Length..];
            group += count;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _blocks.Dispose();
        _ditherBlocks.Dispose();
    }
}
