using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>Gathers the statistics of a model under one or more keys while its bytes stream by. Not safe for concurrent use; meters of parts add up.</summary>
/// <remarks>
/// Tensors whose names are one name but for wrappers' prefixes share their signs. Only the first of them is looked at: signs that
/// are used twice are no longer independent, and the bound on a false match would not hold.
/// </remarks>
public sealed class WatermarkMeter : IDisposable
{
    private readonly IReadOnlyList<WatermarkKey> _keys;
    private readonly WatermarkMode _mode;
    private readonly bool _toMark;
    private readonly KeyedBlocks[] _blocks;
    private readonly ulong[] _tensorIds;
    private readonly WatermarkStatistics[] _statistics;
    private readonly WeightDecoder _decoder = new();
    private readonly GroupBatch _batch;
    private readonly BlockMagnitudes _magnitudes;
    private readonly FirstOfName _first = new();
    private readonly WeightDecoder.Run _use;
    private TensorInfo? _tensor;
    private bool _looksAt;
    private bool _carries;

    /// <summary>Starts at zero, to read marks of single weights.</summary>
    /// <param name="keys">The keys to try; the weights are decoded and quantised once for all of them.</param>
    public WatermarkMeter(IReadOnlyList<WatermarkKey> keys)
        : this(keys, WatermarkMode.Elements, toMark: false)
    {
    }

    /// <summary>Starts at zero.</summary>
    /// <param name="keys">The keys to try.</param>
    /// <param name="mode">What the marks are in.</param>
    /// <param name="toMark">
    /// True before a mark is written: only tensors that will carry it then count as such, though all that a reader will look at
    /// are measured. False for reading, when any of them may have carried one before it was quantised.
    /// </param>
    public WatermarkMeter(IReadOnlyList<WatermarkKey> keys, WatermarkMode mode, bool toMark)
        : this(keys, mode, toMark, VectorPaths.Best)
    {
    }

    internal WatermarkMeter(IReadOnlyList<WatermarkKey> keys, WatermarkMode mode, bool toMark, VectorPath path)
    {
        ArgumentNullException.ThrowIfNull(keys);
        _keys = keys;
        _mode = mode;
        _toMark = toMark;
        _blocks = [.. keys.Select(k => k.CreateBlocks())];
        _tensorIds = new ulong[keys.Count];
        _statistics = [.. keys.Select(_ => new WatermarkStatistics(mode))];
        _batch = new GroupBatch(path);
        _magnitudes = new BlockMagnitudes(path);
        _use = mode == WatermarkMode.Elements
            ? (tensor, first, dtype, elements) => _batch.ForEach(tensor, first, dtype, elements, Add)
            : (tensor, first, dtype, elements) => _magnitudes.Add(tensor, first, dtype, elements, Add);
    }

    /// <summary>The sums so far, one for each key in the order given.</summary>
    public IReadOnlyList<WatermarkStatistics> Statistics => _statistics;

    /// <summary>Adds a piece of a tensor; tensors in which no mark can be are passed over.</summary>
    /// <param name="slice">
    /// Where the piece lies; it begins on a boundary of 64 elements, except that block types are cut anywhere. In order, tensor by
    /// tensor; only floating-point pieces in <see cref="WatermarkMode.Elements"/> may come in any order.
    /// </param>
    /// <param name="bytes">The piece.</param>
    /// <exception cref="ArgumentException">The piece is not the next one of its tensor.</exception>
    public void Add(TensorSlice slice, ReadOnlySpan<byte> bytes)
    {
        if (MarkableTensors.CanRead(slice.Tensor, _mode) && Begin(slice.Tensor))
            _decoder.ForEach(slice, bytes, _use);
    }

    /// <summary>Adds groups that were quantised already.</summary>
    internal void Add(TensorInfo tensor, GroupBatch batch)
    {
        if (!Begin(tensor))
            return;
        for (int i = 0; i < _keys.Count; i++)
            GroupAccumulator.Add(_statistics[i], batch, _blocks[i].Compute(_tensorIds[i], KeyedBlocks.GroupDomain, batch.FirstGroup, batch.Count), _carries);
    }

    private void Add(TensorInfo tensor, BlockMagnitudes magnitudes)
    {
        for (int i = 0; i < _keys.Count; i++)
            BlockAccumulator.Add(_statistics[i], magnitudes, _blocks[i].Compute(_tensorIds[i], KeyedBlocks.BlockScaleDomain, magnitudes.FirstBlock, magnitudes.Count), _carries);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (KeyedBlocks blocks in _blocks)
            blocks.Dispose();
    }

    private bool Begin(TensorInfo tensor)
    {
        if (ReferenceEquals(tensor, _tensor))
            return _looksAt;
        _tensor = tensor;
        _looksAt = _first.Is(tensor);
        _carries = !_toMark || MarkableTensors.CanMark(tensor, _mode);
        for (int i = 0; i < _keys.Count && _looksAt; i++)
            _tensorIds[i] = _keys[i].TensorId(tensor.Name);
        return _looksAt;
    }
}
