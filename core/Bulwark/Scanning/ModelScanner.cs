using Bulwark.Models.Zip;
using Bulwark.Scanning.Configs;
using Bulwark.Scanning.Containers;
using Bulwark.Scanning.Disguise;
using Bulwark.Scanning.Gguf;
using Bulwark.Scanning.Keras;
using Bulwark.Scanning.Numpy;
using Bulwark.Scanning.Onnx;
using Bulwark.Scanning.Pickle;
using Bulwark.Scanning.Safetensors;
using Bulwark.Scanning.SavedModel;
using Bulwark.Scanning.Torch;
using Bulwark.Scanning.TorchSharp;
using Bulwark.Storage;

namespace Bulwark.Scanning;

/// <summary>Scans model files without running, importing or rendering anything in them. Goes by content at head and tail; a name can only add findings.</summary>
/// <param name="limits">What a scan of one file may spend; null for the usual.</param>
public sealed class ModelScanner(ScanLimits? limits = null)
{
    private static readonly string[] PickleEndings = [".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth", ".ckpt"];

    private readonly ScanLimits _limits = limits ?? new ScanLimits();

    /// <summary>Scans one file by itself. Hostile content never throws: it is in the findings.</summary>
    /// <exception cref="StorageException">The object cannot be read, or changed since it was opened.</exception>
    public Task<ScanReport> ScanAsync(IObjectReader reader, CancellationToken cancellationToken) => ScanAsync(reader, null, cancellationToken);

    /// <summary>Scans one file where it lies.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="store">Where it lies. Files that it names in its own folder are looked up there, and never opened; null for none.</param>
    /// <param name="cancellationToken">Stops the scan.</param>
    /// <exception cref="StorageException">The object cannot be read, or changed since it was opened.</exception>
    public async Task<ScanReport> ScanAsync(IObjectReader reader, IObjectStore? store, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        string path = reader.Source.Name;
        var context = new ScanContext(_limits, ScanContentAsync) { Store = store };
        string format = await ScanAsync(reader, path, 0, context, cancellationToken).ConfigureAwait(false);
        await reader.EnsureUnchangedAsync(cancellationToken).ConfigureAwait(false);
        return new ScanReport(path, format, context.Verdict, context.Findings);
    }

    private static async Task ScanContentAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken) =>
        _ = await ScanAsync(content, path, depth, context, cancellationToken).ConfigureAwait(false);

    private static async Task<string> ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        string kind = ContentFormat.Opaque;
        string format = kind;
        try
        {
            format = kind = await ContentFormat.OfAsync(content, cancellationToken).ConfigureAwait(false);
            ZipDirectory? archive = kind == "zip" ? await ZipDirectory.ReadAsync(content, cancellationToken).ConfigureAwait(false) : null;
            if (depth == 0)
                format = archive is not null ? ZipFormat.NameOf(archive) : await ContentFormat.NameAsync(content, kind, cancellationToken).ConfigureAwait(false);
            await DispatchAsync(content, kind, archive, path, depth, context, cancellationToken).ConfigureAwait(false);
            await DisguiseScanner.ScanAsync(content, path, depth, context, cancellationToken).ConfigureAwait(false);
            if (depth == 0)
                DisguiseScanner.CheckName(path, kind, context);
            // Zip readers start at the end of a file, whatever it begins with.
            if (kind != "zip" && await AttachedFile.FindZipAsync(content, cancellationToken).ConfigureAwait(false) is { } zip)
                context.Add(DisguiseRules.Polyglot, path, zip, "A zip archive ends where the file ends.");
        }
        catch (Exception error) when (error is not (OperationCanceledException or StorageException or OutOfMemoryException))
        {
            // A fault of a scanner must not make a hostile file pass.
            context.Add(GeneralRules.Unscannable, path, null, $"The scan ended with {error.GetType().Name}.");
        }

        return format;
    }

    private static async Task DispatchAsync(IObjectReader content, string format, ZipDirectory? archive, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        bool named(string ending) => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);
        if (format != "safetensors" && named(".safetensors"))
            await SafetensorsScanner.ScanAsync(content, path, depth, context, cancellationToken).ConfigureAwait(false);
        Task scan = format switch
        {
            "safetensors" => SafetensorsScanner.ScanAsync(content, path, depth, context, cancellationToken),
            "gguf" => GgufScanner.ScanAsync(content, path, depth, context, cancellationToken),
            "onnx" => OnnxScanner.ScanAsync(content, path, depth, context, cancellationToken),
            "npy" => NpyScanner.ScanAsync(content, path, depth, context, cancellationToken),
            "pickle" => PickleScanner.ScanAsync(content, path, depth, context, cancellationToken),
            "pytorch-legacy" => LegacyTorchScanner.ScanAsync(content, path, depth, context, cancellationToken),
            "zip" => ScanZipAsync(archive!, path, depth, context, cancellationToken),
            "tar" => TarScanner.ScanAsync(content, path, depth, context, cancellationToken),
            "7z" => SevenZipScanner.ScanAsync(content, path, depth, context, cancellationToken),
            "zlib" or "gzip" or "bzip2" or "xz" or "lzma" or "lz4" => CompressedScanner.ScanAsync(content, path, depth, context, cancellationToken),
            "hdf5" => Hdf5Scanner.ScanAsync(content, path, depth, context, cancellationToken),
            "savedmodel" => SavedModelScanner.ScanAsync(content, path, depth, context, cancellationToken),
            ContentFormat.TensorBundle => SavedModelScanner.ScanIndexAsync(content, path, depth, context, cancellationToken),
            "torchsharp" => TorchSharpScanner.ScanAsync(content, path, depth, context, cancellationToken),
            ContentFormat.Text => ConfigScanner.ScanAsync(content, path, depth, context, cancellationToken),
            // Loaders of these names read whatever there is as theirs, and run what comes before a fault.
            ContentFormat.Opaque when PickleEndings.Any(named) => PickleScanner.ScanAsync(content, path, depth, context, cancellationToken),
            ContentFormat.Opaque when named(".onnx") => OnnxScanner.ScanAsync(content, path, depth, context, cancellationToken),
            ContentFormat.Opaque when named(".gguf") => GgufScanner.ScanAsync(content, path, depth, context, cancellationToken),
            ContentFormat.Opaque when named(".npy") => NpyScanner.ScanAsync(content, path, depth, context, cancellationToken),
            ContentFormat.Opaque when named(".dat") => TorchSharpScanner.ScanAsync(content, path, depth, context, cancellationToken),
            // These have no magic of their own; TensorFlow and Keras read them by name.
            ContentFormat.Opaque when named(".pb") => SavedModelScanner.ScanAsync(content, path, depth, context, cancellationToken),
            _ => Task.CompletedTask,
        };
        await scan.ConfigureAwait(false);
        if (format == ContentFormat.Zstandard)
            context.Add(GeneralRules.UnseenContainer, path, 0, "It is compressed as Zstandard, which is not read here.");
    }

    private static async Task ScanZipAsync(ZipDirectory directory, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        await ZipScanner.ScanAsync(directory, path, depth, context, cancellationToken).ConfigureAwait(false);
        await KerasZipScanner.ScanAsync(directory, path, depth, context, cancellationToken).ConfigureAwait(false);
    }
}
