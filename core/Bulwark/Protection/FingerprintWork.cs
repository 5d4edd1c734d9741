using Bulwark.Fingerprinting;
using Bulwark.Models;

namespace Bulwark.Protection;

/// <summary>The fingerprints of what is being written, taken while it streams by: exact roots and the robust one on two tasks.</summary>
internal sealed class FingerprintWork(ModelFile model) : IDisposable
{
    private readonly TensorTree _tree = new();

    /// <summary>Takes quantised groups, from whoever quantised them.</summary>
    public FingerprintBuilder Robust { get; } = new(model.Tensors);

    /// <summary>Hashes the tensors of a window.</summary>
    public void Hash(FileWindow window, ReadOnlySpan<byte> bytes)
    {
        foreach (TensorSlice slice in window.Slices)
            _tree.Add(slice, bytes.Slice(slice.WindowOffset, slice.Length));
    }

    /// <summary>Both, once all windows were seen; null for a file without tensors.</summary>
    public Fingerprint? Complete()
    {
        if (model.Tensors.Count == 0)
            return null;
        ExactFingerprint exact = _tree.Complete(model.Tensors);
        return new Fingerprint(exact, Robust.Complete(exact));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _tree.Dispose();
        Robust.Dispose();
    }
}
