using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Tests.Watermarking;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Fingerprinting;

/// <summary>Fingerprints of models in memory.</summary>
internal static class ModelPrint
{
    public static Fingerprint Of(TestModel model, VectorPath? path = null)
    {
        using TensorTree tree = new();
        using FingerprintBuilder builder = new(model.Tensors);
        GroupBatch batch = new(path ?? VectorPaths.Best);
        foreach (FileWindow window in FileWindow.Cut(model.Bytes.Length, model.Tensors))
        {
            foreach (TensorSlice slice in window.Slices)
            {
                ReadOnlySpan<byte> piece = model.Bytes.AsSpan((int)window.Offset + slice.WindowOffset, slice.Length);
                tree.Add(slice, piece);
                batch.ForEach(slice, piece, builder.Add);
            }
        }

        ExactFingerprint exact = tree.Complete(model.Tensors);
        return new Fingerprint(exact, builder.Complete(exact));
    }
}
