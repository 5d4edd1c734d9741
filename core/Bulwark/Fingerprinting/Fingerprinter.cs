using Bulwark.Models;
using Bulwark.Storage;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>Takes both fingerprints of a model in one pass.</summary>
public static class Fingerprinter
{
    /// <summary>Reads a model once and fingerprints it.</summary>
    /// <param name="source">The model file.</param>
    /// <param name="progress">Told how many bytes were read.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="FingerprintException">The file has no tensors (BW1702).</exception>
    /// <exception cref="ModelFormatException">The file claims a format and breaks its rules.</exception>
    public static async Task<Fingerprint> FingerprintAsync(IObjectReader source, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ModelFile model = await ModelFile.OpenAsync(source, cancellationToken);
        if (model.Tensors.Count == 0)
            throw FingerprintException.NoTensors(source.Source.ToString(), model.Format);
        using TensorTree tree = new();
        using FingerprintBuilder builder = new(model.Tensors);
        GroupBatch batch = new();
        await WindowPipeline.RunAsync(
            source,
            FileWindow.Cut(source.Source.Size, model.Tensors),
            prepare: null,
            [
                (window, bytes) =>
                {
                    foreach (TensorSlice slice in window.Slices)
                        tree.Add(slice, bytes.Span.Slice(slice.WindowOffset, slice.Length));
                    return ValueTask.CompletedTask;
                },
                (window, bytes) =>
                {
                    foreach (TensorSlice slice in window.Slices)
                        batch.ForEach(slice, bytes.Span.Slice(slice.WindowOffset, slice.Length), builder.Add);
                    return ValueTask.CompletedTask;
                },
            ],
            progress,
            cancellationToken);
        await source.EnsureUnchangedAsync(cancellationToken);
        ExactFingerprint exact = tree.Complete(model.Tensors);
        return new Fingerprint(exact, builder.Complete(exact));
    }
}
