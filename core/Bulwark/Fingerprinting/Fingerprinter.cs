using Bulwark.Models;
using Bulwark.Storage;

namespace Bulwark.Fingerprinting;

/// <summary>Takes the fingerprints of model files. No key is needed: everyone gets the same ones.</summary>
public static class Fingerprinter
{
    /// <summary>Reads a model once and computes its exact roots and its robust fingerprint side by side.</summary>
    /// <param name="reader">The model; stays the caller's to dispose.</param>
    /// <param name="progress">Told how many bytes were read so far.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="FingerprintException">No tensors were found in the file (BW1702).</exception>
    /// <exception cref="ModelFormatException">The file claims a format and breaks its rules.</exception>
    /// <exception cref="StorageException">The file cannot be read, or changed meanwhile.</exception>
    public static async Task<ModelFingerprint> FingerprintAsync(IObjectReader reader, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ModelFile model = await ModelFile.OpenAsync(reader, cancellationToken);
        if (model.Tensors.Count == 0)
            throw FingerprintException.NoTensors(reader.Source.ToString(), model.Format);

        using FingerprintBuilder builder = new(model.Tensors);
        await WindowPipeline.RunAsync(
            reader, FileWindow.Cut(reader.Source.Size, model.Tensors), prepare: null, builder.Consumers, progress, cancellationToken);
        await reader.EnsureUnchangedAsync(cancellationToken);
        return builder.Finish();
    }
}
