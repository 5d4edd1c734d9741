using Bulwark.Models;
using Bulwark.Models.Gguf;
using Bulwark.Scanning.Disguise;
using Bulwark.Scanning.Templates;
using Bulwark.Storage;

namespace Bulwark.Scanning.Gguf;

/// <summary>Scans GGUF files: their structure, their chat templates, and what lies behind their tensors.</summary>
internal static class GgufScanner
{
    private const int LongestPlainValue = 1 << 16;

    /// <summary>True for GGUF and for its ancestors.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => GgufFile.Looks(head) || IsOld(head);

    /// <summary>Scans one file.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(4, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (IsOld(head))
        {
            context.Add(GgufRules.OldFormat, path, 0, "It begins as GGML, GGMF or GGJT.");
            return;
        }

        var reader = new GgufReader(content);
        long end = content.Source.Size;
        try
        {
            GgufFile file = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            end = Math.Min(end, (file.DataEnd + file.Alignment - 1) / file.Alignment * file.Alignment);
        }
        catch (ModelFormatException e)
        {
            context.Add(e.Code == "BW1442" ? GgufRules.BigEndian : GgufRules.Malformed, path, null, e.Message);
        }

        // What was read before a fault counts too: a payload does not become harmless by what follows it.
        foreach ((string key, string value) in reader.Metadata)
        {
            if (key.Contains("chat_template", StringComparison.Ordinal) || (JinjaTemplateScanner.Looks(value) && key.StartsWith("tokenizer.", StringComparison.Ordinal)))
                JinjaTemplateScanner.Scan(value, path + "#" + key, context);
            else if (value.Length <= LongestPlainValue && CodeText.Find(value) is { } code)
                context.Add(GgufRules.Code, path, null, $"The metadata {ModelFormatException.Quote(key)} holds {code}.");
            if (CodeText.DecodeBlob(value) is { } blob && depth < context.Limits.MaxDepth)
                await context.ScanContentAsync(new MemoryReader(key, blob), path + "#" + key, depth + 1, cancellationToken).ConfigureAwait(false);
        }

        foreach (string key in reader.UnkeptKeys)
            context.Add(GgufRules.Oversized, path, null, $"The metadata {ModelFormatException.Quote(key)} is too long.");
        await AttachedFile.ReportAsync(content, end, GgufRules.TrailingBytes, path, depth, context, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsOld(ReadOnlySpan<byte> head) => head.StartsWith("lmgg"u8) || head.StartsWith("fmgg"u8) || head.StartsWith("tjgg"u8) || head.StartsWith("GGML"u8) || head.StartsWith("GGMF"u8) || head.StartsWith("GGJT"u8);
}
