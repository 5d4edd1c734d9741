using System.Security.Cryptography;
using Bulwark.Fingerprinting;
using Bulwark.Models;

namespace Bulwark.Protection;

/// <summary>The two passes over a model's bytes.</summary>
internal static class TransformPass
{
    /// <summary>Pass 1: one read gathers the watermark's statistics and the source's exact roots. Skipped when nothing will be changed.</summary>
    /// <returns>The roots before any change; null when there will be none.</returns>
    public static async Task<ExactFingerprint?> MeasureAsync(
        ModelFile model, WatermarkWork watermark, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        if (!watermark.Measures && !watermark.Changes)
            return null;
        long size = model.Reader.Source.Size;
        using ExactFingerprintBuilder before = new(model.Tensors);
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
                before.ConsumeAsync,
            ],
            StageProgress.Of(progress, "measure", size),
            cancellationToken);
        return before.Finish();
    }

    /// <summary>Pass 2: one read marks the bytes, then hashes, encrypts, takes the fingerprints and reads the mark back side by side.</summary>
    /// <param name="model">The source.</param>
    /// <param name="watermark">What to write.</param>
    /// <param name="write">Takes the marked bytes, in file order.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops the pass.</param>
    public static async Task<TransformOutcome> RunAsync(
        ModelFile model, WatermarkWork watermark, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        long size = model.Reader.Source.Size;
        using IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using FingerprintBuilder? fingerprint = model.Tensors.Count > 0 ? new FingerprintBuilder(model.Tensors, watermark.Check) : null;
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
                watermark.CheckDecodedAsync,
                .. fingerprint?.Consumers ?? [],
            ],
            StageProgress.Of(progress, "protect", size),
            cancellationToken);
        return new TransformOutcome(sha256.GetHashAndReset(), fingerprint?.Finish());
    }
}
