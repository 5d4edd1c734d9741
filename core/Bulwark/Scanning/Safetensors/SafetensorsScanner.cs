using Bulwark.Models;
using Bulwark.Scanning.Disguise;
using Bulwark.Scanning.Pickle;
using Bulwark.Scanning.Templates;
using Bulwark.Storage;

namespace Bulwark.Scanning.Safetensors;

/// <summary>Scans safetensors files: the format runs nothing, so what matters is what else they carry.</summary>
internal static class SafetensorsScanner
{
    private const int MostTensorsLookedInto = 4096;
    private const int HeadLength = 4096;

    /// <summary>Scans one file.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        long end = content.Source.Size;
        try
        {
            if (await ModelFile.OpenAsync(content, cancellationToken).ConfigureAwait(false) is SafetensorsFile file)
            {
                foreach (string member in file.UnknownMembers)
                    context.Add(SafetensorsRules.UnknownMember, path, null, $"It has the member {ModelFormatException.Quote(member)}.");
                await ScanMetadataAsync(file.Metadata, path, depth, context, cancellationToken).ConfigureAwait(false);
                await ScanTensorsAsync(file, path, context, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ModelFormatException e)
        {
            context.Add(SafetensorsRules.Malformed, path, null, e.Message);
            end -= e.Surplus;
        }

        await AttachedFile.ReportAsync(content, end, null, path, depth, context, cancellationToken).ConfigureAwait(false);
    }

    private static async Task ScanMetadataAsync(IReadOnlyDictionary<string, string> metadata, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        foreach ((string key, string value) in metadata)
        {
            string place = path + "!__metadata__." + ModelFormatException.Quote(key);
            if (key.Contains("chat_template", StringComparison.OrdinalIgnoreCase))
            {
                JinjaTemplateScanner.Scan(value, place, context);
                continue;
            }

            if ((CodeText.Find(value) ?? CodeText.Find(key)) is { } code)
                context.Add(SafetensorsRules.Code, path, null, $"The metadata {ModelFormatException.Quote(key)} holds {code}.");
            if (CodeText.DecodeBlob(value) is { } blob && depth < context.Limits.MaxDepth)
                await context.ScanContentAsync(new MemoryReader(key, blob), place, depth + 1, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task ScanTensorsAsync(SafetensorsFile file, string path, ScanContext context, CancellationToken cancellationToken)
    {
        byte[] head = new byte[HeadLength];
        foreach (TensorInfo tensor in file.Tensors.Where(t => t.DType is DType.U8 or DType.I8 && t.Length >= 16).Take(MostTensorsLookedInto))
        {
            int length = (int)Math.Min(head.Length, tensor.Length);
            await file.Reader.ReadAsync(tensor.Offset, head.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            string? name = FileSignature.Of(head.AsSpan(0, length))?.Name ?? (head.AsSpan(0, length).StartsWith("PK\u0003\u0004"u8) ? "a zip archive" : null);
            if (name is null && await PickleScanner.FindPayloadAsync(new ReaderSection(file.Reader, tensor.Name, tensor.Offset, tensor.Length), cancellationToken).ConfigureAwait(false) is not null)
                name = "a pickle that runs code";
            if (name is not null)
                context.Add(SafetensorsRules.EmbeddedFile, path, tensor.Offset, $"Tensor {ModelFormatException.Quote(tensor.Name)} begins as {name}.");
        }
    }
}
