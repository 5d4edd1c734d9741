using Bulwark.Models;
using Bulwark.Storage;

namespace Bulwark.Scanning.Disguise;

/// <summary>Looks at what a file is beside what its name says.</summary>
internal static class DisguiseScanner
{
    private const int HeadLength = 4096;

    /// <summary>Endings of names of models and arrays, which no program and no script has.</summary>
    private static readonly string[] ModelEndings =
    [
        ".safetensors", ".gguf", ".ggml", ".onnx", ".npy", ".npz", ".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib", ".dat", ".data", ".model", ".weights", ".h5", ".hdf5", ".keras", ".pb", ".tflite", ".mar", ".jit", ".nemo", ".msgpack", ".dill",
    ];

    /// <summary>What files with an ending may be. Formats by the names of <see cref="ModelFile.Format"/>.</summary>
    private static readonly (string Ending, string[] Formats)[] Promises =
    [
        (".safetensors", ["safetensors"]),
        (".gguf", ["gguf"]),
        (".onnx", ["onnx"]),
        (".npy", ["npy"]),
        (".npz", ["npz", "zip"]),
        (".h5", ["hdf5", "keras"]),
        (".hdf5", ["hdf5", "keras"]),
        (".keras", ["keras", "hdf5", "zip"]),
        (".tflite", []),
        (".json", []),
        (".txt", []),
        (".md", []),
        (".yaml", []),
        (".yml", []),
        (".jinja", []),
        (".csv", []),
        (".png", []),
        (".jpg", []),
    ];

    /// <summary>Endings of formats that always begin the same way, so that anything else is broken or false.</summary>
    private static readonly string[] Strict = [".safetensors", ".gguf", ".onnx", ".npy", ".npz", ".keras", ".h5", ".hdf5"];

    /// <summary>Reports programs, and scripts and archives under the name of a model.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        _ = depth;
        byte[] head = new byte[(int)Math.Min(HeadLength, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (FileSignature.Of(head) is not var (kind, name))
            return;
        if (kind == ForeignKind.Program)
            context.Add(DisguiseRules.Executable, path, 0, $"It is {name}.");
        else if (ModelEndings.Any(e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase)))
            context.Add(kind == ForeignKind.Script ? DisguiseRules.Script : DisguiseRules.Archive, path, 0, $"It is {name}.");
    }

    /// <summary>Reports a name that promises another format than the content is of.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="format">What it is: <see cref="ModelFile.Format"/>, or <c>opaque</c> when it is nothing known, or <c>text</c>.</param>
    /// <param name="context">Receives findings.</param>
    public static void CheckName(string path, string format, ScanContext context)
    {
        foreach ((string ending, string[] formats) in Promises)
        {
            if (!path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                continue;
            if (format is "opaque" or "text")
            {
                if (Strict.Contains(ending))
                    context.Add(DisguiseRules.NotWhatItClaims, path, 0, $"It is no {ending[1..]} file.");
            }
            else if (!formats.Any(f => format.StartsWith(f, StringComparison.Ordinal)))
            {
                context.Add(DisguiseRules.WrongName, path, 0, $"It is named {ModelFormatException.Quote(ending)} but is {format}.");
            }

            return;
        }
    }
}
