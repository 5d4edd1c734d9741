using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>Gathers the statistics of a model under one or more keys while its bytes stream by. Not safe for concurrent use; meters of parts add up.</summary>
public sealed class WatermarkMeter : IDisposable
{
    private readonly IReadOnlyList<WatermarkKey> _keys;
    private readonly KeyedBlocks[] _blocks;
    private readonly ulong[] _tensorIds;
    private readonly WatermarkStatistics[] _statistics;
    private readonly GroupBatch _batch;
    private TensorInfo? _tensor;

    /// <summary>Starts at zero.</summary>
    /// <param name="keys">The keys to try; the groups are quantised once for all of them.</param>
    public WatermarkMeter(IReadOnlyList<WatermarkKey> keys)
        : this(keys, VectorPaths.Best)
    {
    }

    internal WatermarkMeter(IReadOnlyList<WatermarkKey> keys, VectorPath path)
    {
        ArgumentNullException.ThrowIfNull(keys);
        _keys = keys;
        _blocks = [.. keys.Select(k => k.CreateBlocks())];
        _tensorIds = new ulong[keys.Count];
        _statistics = [.. keys.Select(_ => new WatermarkStatistics())];
        _batch = new GroupBatch(path);
    }

    /// <summary>The sums so far, one for each key in the order given.</summary>
    public IReadOnlyList<WatermarkStatistics> Statistics => _statistics;

    /// <summary>Adds a piece of a tensor; tensors that carry no mark are passed over.</summary>
    /// <param name="slice">Where the piece lies; it begins on a group boundary.</param>
    /// <param name="bytes">The piece.</param>
    public void Add(TensorSlice slice, ReadOnlySpan<byte> bytes) => _batch.ForEach(slice, bytes, Add);

    /// <summary>Adds groups that were quantised already.</summary>
    internal void Add(TensorInfo tensor, GroupBatch batch)
    {
        if (!ReferenceEquals(tensor, _tensor))
        {
            _tensor = tensor;
            for (int i = 0; i < _keys.Count; i++)
                _tensorIds[i] = _keys[i].TensorId(tensor.Name);
        }

        for (int i = 0; i < _keys.Count; i++)
            GroupAccumulator.Add(_statistics[i], batch, _blocks[i].Compute(_tensorIds[i], KeyedBlocks.GroupDomain, batch.FirstGroup, batch.Count));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (KeyedBlocks blocks in _blocks)
            blocks.Dispose();
    }
}
