using Bulwark.Models;
using Bulwark.Models.Onnx;
using Bulwark.Scanning.Disguise;
using Bulwark.Storage;

namespace Bulwark.Scanning.Onnx;

/// <summary>Scans ONNX models: what they make a loader read, which operators they need, and what their text holds.</summary>
internal static class OnnxScanner
{
    private static readonly string[] KnownDomains = ["", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft", "com.ms.internal.nhwc"];

    /// <summary>Operators that call into Python, wherever their domain is loaded.</summary>
    private static readonly string[] PythonOperators = ["PyOp", "PythonOp", "PythonOpGrad", "PyFunc", "EagerPyFunc", "PyCustomOp"];

    /// <summary>Keys of external_data that the format defines.</summary>
    private static readonly string[] KnownKeys = ["location", "offset", "length", "checksum", "basepath"];

    /// <summary>Scans one file.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        var reader = new OnnxReader(content);
        try
        {
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException e)
        {
            context.Add(OnnxRules.Malformed, path, null, e.Message);
        }

        // What was read before a fault counts too.
        foreach (OnnxExternal external in reader.External)
            JudgeExternal(external, path, context);
        if (depth == 0 && context.Store is { } store)
            await new OnnxDataFiles(store, content.Source, path, context).CheckAsync(reader.External, cancellationToken).ConfigureAwait(false);
        foreach (OnnxOperator used in reader.Operators)
            JudgeOperator(used, reader.Functions, path, context);
        foreach (string oddity in reader.Oddities)
            context.Add(OnnxRules.Odd, path, null, oddity);
        foreach (OnnxText text in reader.Texts)
        {
            if (CodeText.Find(text.Value) is { } code)
                context.Add(OnnxRules.Code, path, text.Position, $"{ModelFormatException.Quote(text.Key)} holds {code}.");
            if (CodeText.DecodeBlob(text.Value) is { } blob && depth < context.Limits.MaxDepth)
                await context.ScanContentAsync(new MemoryReader(text.Key, blob), path + "#" + text.Key, depth + 1, cancellationToken).ConfigureAwait(false);
        }

        await AttachedFile.ReportAsync(content, content.Source.Size, null, path, depth, context, cancellationToken).ConfigureAwait(false);
    }

    private static void JudgeExternal(OnnxExternal external, string path, ScanContext context)
    {
        foreach ((string key, string value) in external.Entries)
        {
            if (key is "location" or "basepath" && (value.Length > 0) && Leaves(value) is { } how)
                context.Add(OnnxRules.ExternalPath, path, external.Position, $"Tensor {ModelFormatException.Quote(external.Tensor)} reads {ModelFormatException.Quote(value)}, {how}.");
            else if (key == "location" && value.Contains('$', StringComparison.Ordinal))
                context.Add(OnnxRules.Odd, path, external.Position, $"Tensor {ModelFormatException.Quote(external.Tensor)} reads {ModelFormatException.Quote(value)}, which depends on the machine where something expands it.");
            if (KnownKeys.Contains(key))
                continue;
            bool attribute = key.StartsWith('_') || key.Contains("__", StringComparison.Ordinal);
            context.Add(attribute ? OnnxRules.ExternalAttribute : OnnxRules.ExternalKey, path, external.Position, $"Tensor {ModelFormatException.Quote(external.Tensor)} has the key {ModelFormatException.Quote(key)}.");
        }
    }

    /// <summary>How a location leaves the folder of the model; null when it stays.</summary>
    internal static string? Leaves(string location)
    {
        if (location.Contains('\0', StringComparison.Ordinal))
            return "which ends early for some readers";
        if (location[0] is '/' or '\\' or '~')
            return "an absolute path";
        if (location.Contains("://", StringComparison.Ordinal) || location.StartsWith("file:", StringComparison.OrdinalIgnoreCase) || location.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            return "an address";
        if (location.Length > 1 && location[1] == ':')
            return "a path on a drive";
        if (location.Contains('$', StringComparison.Ordinal) || location.Contains('%', StringComparison.Ordinal))
        {
            string decoded = Uri.UnescapeDataString(location);
            if (decoded != location && Leaves(decoded) is { } how)
                return how;
        }

        return location.Split('/', '\\').Any(part => part.Trim() == "..") ? "a way upwards" : null;
    }

    private static void JudgeOperator(OnnxOperator used, IReadOnlySet<(string Domain, string Name)> functions, string path, ScanContext context)
    {
        string name = used.Domain.Length == 0 ? used.Type : used.Domain + "." + used.Type;
        bool python = PythonOperators.Contains(used.Type, StringComparer.OrdinalIgnoreCase)
            || (used.Domain.Length > 0 && used.Type.Contains("python", StringComparison.OrdinalIgnoreCase));
        if (python && !functions.Contains((used.Domain, used.Type)))
            context.Add(OnnxRules.PythonOperator, path, used.Position, $"It uses {ModelFormatException.Quote(name)}.");
        else if (!KnownDomains.Contains(used.Domain) && !used.Domain.StartsWith("com.microsoft.", StringComparison.Ordinal) && !functions.Contains((used.Domain, used.Type)))
            context.Add(OnnxRules.CustomDomain, path, used.Position, $"It uses {ModelFormatException.Quote(name)}.");
    }
}
