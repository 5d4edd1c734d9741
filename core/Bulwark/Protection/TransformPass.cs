using System.Security.Cryptography;
using Bulwark.Fingerprinting;
using Bulwark.Models;

namespace Bulwark.Protection;

/// <summary>The two passes over a model's bytes.</summary>
internal static class TransformPass
{
    /// <summary>
    /// Pass 1: one read gathers the watermark's statistics and the source's exact roots, and compares the checksums in the file with
    /// its bytes, so that an edit does not repair them. Skipped when nothing will be changed.
    /// </summary>
    /// <returns>The roots before any change; null when there will be none.</returns>
    /// <exception cref="ModelFormatException">BW1427: a checksum is wrong.</exception>
    public static async Task<ExactFingerprint?> MeasureAsync(
        ModelFile model, WatermarkWork watermark, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        if (!watermark.Measures && !watermark.Changes)
            return null;
        long size = model.Reader.Source.Size;
        using ExactFingerprintBuilder before = new(model.Tensors);
        ChecksumReader checksums = new(model.Checksums);
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
                (window, bytes) =>
                {
                    checksums.Add(window, bytes.Span);
                    return ValueTask.CompletedTask;
                },
            ],
            StageProgress.Of(progress, "measure", size),
            cancellationToken);
        checksums.ThrowIfWrong(model.Reader.Source.ToString());
        return before.Finish();
    }

    /// <summary>
    /// Pass 2: one read marks the bytes and makes the file's checksums fit them, then hashes, encrypts, takes the fingerprints and reads
    /// the mark back side by side. A file that stores checksums ahead of their bytes is read once more before, as far as those bytes reach.
    /// </summary>
    /// <param name="model">The source.</param>
    /// <param name="watermark">What to write.</param>
    /// <param name="write">Takes the marked bytes, in file order.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops the pass.</param>
    /// <exception cref="ModelFormatException">BW1427: nothing was to be changed, and a checksum in the file is wrong.</exception>
    /// <exception cref="Storage.StorageException">BW1004: the file changed between the passes.</exception>
    public static async Task<TransformOutcome> RunAsync(
        ModelFile model, WatermarkWork watermark, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        long size = model.Reader.Source.Size;
        using IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using FingerprintBuilder? fingerprint = model.Tensors.Count > 0 ? new FingerprintBuilder(model.Tensors, watermark.Check) : null;
        ChecksumReader? unchanged = watermark.Changes ? null : new ChecksumReader(model.Checksums);
        ChecksumWriter? changed = watermark.Changes ? new ChecksumWriter(model.Reader.Source, model.Checksums, await SumAheadAsync(model, watermark, progress, cancellationToken)) : null;
        await WindowPipeline.RunAsync(
            model.Reader,
            FileWindow.Cut(size, model.Tensors),
            (window, bytes) =>
            {
                unchanged?.Add(window, bytes.Span);
                if (changed is null)
                    return;
                watermark.Apply(window, bytes.Span);
                changed.Rewrite(window, bytes.Span);
            },
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
        unchanged?.ThrowIfWrong(model.Reader.Source.ToString());
        return new TransformOutcome(sha256.GetHashAndReset(), fingerprint?.Finish());
    }

    /// <summary>The checksums, after the mark, of the ranges whose checksums are stored ahead; marking the same bytes again gives the same bytes.</summary>
    private static async Task<RangeSums?> SumAheadAsync(
        ModelFile model, WatermarkWork watermark, IProgress<ProtectionProgress>? progress, CancellationToken cancellationToken)
    {
        ChecksummedRange[] ranges = [.. model.Checksums.Where(c => c.IsStoredAhead)];
        if (ranges.Length == 0)
            return null;
        RangeSums sums = new(ranges);
        long size = model.Reader.Source.Size;
        await WindowPipeline.RunAsync(
            model.Reader,
            FileWindow.Cut(size, model.Tensors).SkipWhile(w => w.Offset + w.Length <= ranges[0].Offset).TakeWhile(w => w.Offset < ranges[^1].End),
            (window, bytes) => watermark.Apply(window, bytes.Span),
            [
                (window, bytes) =>
                {
                    sums.Add(window.Offset, bytes.Span);
                    return ValueTask.CompletedTask;
                },
            ],
            StageProgress.Of(progress, "checksums", size),
            cancellationToken);
        return sums;
    }
}
