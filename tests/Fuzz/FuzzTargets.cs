using System.Text;
using Bulwark.Audit;
using Bulwark.Encryption;
using Bulwark.Fingerprinting;
using Bulwark.Keys;
using Bulwark.Models;
using Bulwark.Scanning;
using Bulwark.Scanning.Templates;
using Bulwark.Signing;
using Bulwark.Storage;

namespace Bulwark.Fuzzing;

/// <summary>Every parser of hostile bytes by name. A target takes bytes, and either works or throws a <see cref="BulwarkException"/>.</summary>
public static class FuzzTargets
{
    /// <summary>The endings under which model files are mapped and scanned: a name can only add parsers to what the content selects.</summary>
    public static IReadOnlyList<string> ModelEndings { get; } =
    [
        "safetensors", "pkl", "joblib", "pt", "npy", "npz", "onnx", "gguf", "keras", "h5", "pb", "index", "dat", "json", "yaml", "zip", "tar", "7z", "bin",
    ];

    /// <summary>The targets.</summary>
    public static IReadOnlyDictionary<string, Func<ReadOnlyMemory<byte>, Task>> All { get; } = Build();

    private static SortedDictionary<string, Func<ReadOnlyMemory<byte>, Task>> Build()
    {
        SortedDictionary<string, Func<ReadOnlyMemory<byte>, Task>> targets = new(StringComparer.Ordinal)
        {
            ["jinja"] = bytes => Try(() => JinjaTemplateScanner.Scan(Encoding.UTF8.GetString(bytes.Span), "template", ScanContext.Aside(new ScanLimits()))),
            ["bundle"] = bytes => Try(() => SigstoreBundle.Parse("bundle", bytes)),
            ["statement"] = bytes => Try(() => ManifestReader.Read("statement", bytes)),
            ["sidecar"] = bytes => Try(() => EnvelopeSidecar.Parse(bytes.Span)),
            ["keyset"] = bytes => Try(() => StreamingKeyset.ParseBinary(bytes.Span)),
            ["keyset-json"] = bytes => Try(() => StreamingKeyset.ParseJson(bytes.Span)),
            ["public-key"] = bytes => Try(() =>
            {
                try
                {
                    VerificationKey.FromPem(Encoding.UTF8.GetString(bytes.Span));
                }
                catch (KeyException)
                {
                    // A fault of whoever configured the key, not a refusal of what was sent.
                }
            }),
            ["checkpoint"] = bytes => Try(() => SignedNote.TryParse(bytes.Span, out _)),
            ["log-proof"] = bytes => Try(() => LogProof.Parse(Encoding.UTF8.GetString(bytes.Span))),
            ["log-entry"] = bytes => Try(() => AuditEntry.Parse(bytes.Span)),
            ["fingerprint"] = bytes => Try(() => RobustFingerprint.Parse("fingerprint", bytes.Span)),
        };
        foreach (string ending in ModelEndings)
            targets["model-" + ending] = bytes => ModelAsync($"model.{ending}", bytes);
        return targets;
    }

    private static async Task ModelAsync(string name, ReadOnlyMemory<byte> bytes)
    {
        await new ModelScanner().ScanAsync(new MemoryReader(name, bytes), CancellationToken.None);
        ModelFile model = await ModelFile.OpenAsync(new MemoryReader(name, bytes), CancellationToken.None);
        long end = 0;
        foreach (TensorInfo tensor in model.Tensors)
        {
            if (tensor.Offset < end || tensor.Length < 0 || tensor.Length > bytes.Length - tensor.Offset)
                throw new InvalidOperationException($"The map of {model.Format} puts {tensor.Length} bytes of {tensor.Name} at {tensor.Offset}: outside of the file, or over another tensor.");
            end = tensor.Offset + tensor.Length;
        }
    }

    private static Task Try(Action parse)
    {
        parse();
        return Task.CompletedTask;
    }
}
