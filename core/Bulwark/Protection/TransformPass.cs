using System.Security.Cryptography;
using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Protection;

/// <summary>The two passes over a model's bytes.</summary>
internal static class TransformPass
{
    /// <summary>Pass 1: one read gathers the watermark's statistics. Skipped when nothing will be marked.</summary>
    public static async Task MeasureAsync(ModelFile model, WatermarkWork watermark, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        if (!watermark.Measures)
            return;
        long size = model.Reader.Source.Size;
        await WindowPipeline.RunAsync(
            model.Reader,
            FileWindow.Cut(size, model.Tensors),
            prepare: null,
            [
                (window, bytes) =>
                {
                    watermark.Measure(window, bytes.Span);
                    return ValueTask.CompletedTask;
                },
            ],
            StageProgress.Of(progress, "measure", size),
            cancellationToken);
    }

    /// <summary>Pass 2: one read marks the bytes, then hashes, fingerprints, encrypts and reads the mark back side by side.</summary>
    /// <param name="model">The source.</param>
    /// <param name="watermark">What to write.</param>
    /// <param name="write">Takes the marked bytes, in file order.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops the pass.</param>
    public static async Task<TransformedModel> RunAsync(
        ModelFile model, WatermarkWork watermark, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        long size = model.Reader.Source.Size;
        using FingerprintWork fingerprint = new(model);
        GroupBatch batch = new();
        using IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await WindowPipeline.RunAsync(
            model.Reader,
            FileWindow.Cut(size, model.Tensors),
            watermark.Changes ? (window, bytes) => watermark.Apply(window, bytes.Span) : null,
            [
                (_, bytes) =>
                {
                    sha256.AppendData(bytes.Span);
                    return ValueTask.CompletedTask;
                },
                (_, bytes) => write(bytes, cancellationToken),
                (window, bytes) =>
                {
                    fingerprint.Hash(window, bytes.Span);
                    return ValueTask.CompletedTask;
                },
                (window, bytes) =>
                {
                    // Quantised once for the mark that is read back and for the robust fingerprint.
                    foreach (TensorSlice slice in window.Slices)
                    {
                        batch.ForEach(slice, bytes.Span.Slice(slice.WindowOffset, slice.Length), (tensor, groups) =>
                        {
                            watermark.Check(tensor, groups);
                            fingerprint.Robust.Add(tensor, groups);
                        });
                    }

                    return ValueTask.CompletedTask;
                },
            ],
            StageProgress.Of(progress, "protect", size),
            cancellationToken);
        return new TransformedModel(sha256.GetHashAndReset(), fingerprint.Complete());
    }
}
