using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Tests.Watermarking;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Fingerprinting;

/// <summary>Fingerprints of models in memory.</summary>
internal static class Fingerprints
{
    /// <summary>Through the public builder, in pieces of one chunk or of several.</summary>
    public static ModelFingerprint Of(TestModel model, int pieceLength = FileWindow.ChunkLength)
    {
        using FingerprintBuilder builder = new(model.Tensors);
        foreach (TensorSlice slice in model.Slices(pieceLength))
            builder.Add(slice, model.Of(slice));
        return builder.Finish();
    }

    /// <summary>On one instruction set.</summary>
    public static ModelFingerprint Of(TestModel model, VectorPath path)
    {
        using ExactFingerprintBuilder exact = new(model.Tensors);
        using RobustFingerprintBuilder robust = new(model.Tensors, path);
        GroupBatch batch = new(path);
        foreach (TensorSlice slice in model.Slices())
        {
            exact.Add(slice, model.Of(slice));
            batch.ForEach(slice, model.Of(slice), robust.Add);
        }

        ExactFingerprint roots = exact.Finish();
        return new ModelFingerprint(roots, robust.Finish(roots));
    }
}
