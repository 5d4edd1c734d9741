using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>Computes both fingerprints of a model while its bytes stream by, once and in file order. Not safe for concurrent use.</summary>
public sealed class FingerprintBuilder : IDisposable
{
    private readonly ExactFingerprintBuilder _exact;
    private readonly RobustFingerprintBuilder _robust;
    private readonly GroupBatch _batch = new();
    private readonly Action<TensorInfo, GroupBatch> _take;

    /// <summary>Starts.</summary>
    /// <param name="tensors">All tensors of the model, in file order.</param>
    public FingerprintBuilder(IReadOnlyList<TensorInfo> tensors)
        : this(tensors, null)
    {
    }

    /// <summary>Starts, and shares the quantised groups.</summary>
    /// <param name="tensors">All tensors of the model, in file order.</param>
    /// <param name="share">Called with every batch of groups, for whoever works on the same integers.</param>
    internal FingerprintBuilder(IReadOnlyList<TensorInfo> tensors, Action<TensorInfo, GroupBatch>? share)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        _exact = new ExactFingerprintBuilder(tensors);
        _robust = new RobustFingerprintBuilder(tensors);
        _take = _robust.Add;
        _take += share;
    }

    /// <summary>The two halves of the work, to run side by side in place of <see cref="Add"/>.</summary>
    internal IReadOnlyList<WindowPipeline.Consumer> Consumers =>
    [
        _exact.ConsumeAsync,
        (window, bytes) =>
        {
            foreach (TensorSlice slice in window.Slices)
                _batch.ForEach(slice, bytes.Span.Slice(slice.WindowOffset, slice.Length), _take);
            return ValueTask.CompletedTask;
        },
    ];

    /// <summary>Adds the next piece of a tensor.</summary>
    /// <param name="slice">Where it lies: pieces come in file order and without gaps, cut only between chunks of 1 MiB.</param>
    /// <param name="bytes">The piece.</param>
    /// <exception cref="ArgumentException">The piece is not the next one.</exception>
    public void Add(TensorSlice slice, ReadOnlySpan<byte> bytes)
    {
        _exact.Add(slice, bytes);
        _batch.ForEach(slice, bytes, _take);
    }

    /// <summary>The fingerprints.</summary>
    /// <exception cref="InvalidOperationException">A tensor's bytes did not all come.</exception>
    public ModelFingerprint Finish()
    {
        ExactFingerprint exact = _exact.Finish();
        return new ModelFingerprint(exact, _robust.Finish(exact));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _exact.Dispose();
        _robust.Dispose();
    }
}
