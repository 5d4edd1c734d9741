using System.Text;
using Bulwark.Storage;

namespace Bulwark.Scanning.Keras;

/// <summary>
/// Walks a configuration of Keras as its JSON is read, without building it in memory: each object is judged when it ends, each
/// string when it is read. Objects count wherever they stand, since Keras builds them wherever they stand.
/// </summary>
internal static class KerasConfigScanner
{
    private const int LongestOddText = 16 << 20;

    /// <summary>Scans a configuration.</summary>
    /// <param name="content">The JSON.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="depth">Containers around it.</param>
    /// <param name="source">Where Keras has it from.</param>
    /// <param name="context">Receives findings.</param>
    /// <param name="cancellationToken">Stops the scan.</param>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, KerasSource source, ScanContext context, CancellationToken cancellationToken)
    {
        if (source == KerasSource.Archive && await DecodeAsync(content, path, context, cancellationToken).ConfigureAwait(false) is { } decoded)
            content = decoded;
        var json = new PythonJsonReader(content);
        var judge = new KerasJudge(path, source, context);
        List<KerasNode> open = [];
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            switch (await json.NextAsync(cancellationToken).ConfigureAwait(false))
            {
                case (JsonToken.ObjectStart or JsonToken.ArrayStart) and var token:
                    open.Add(new KerasNode(open is [.., { IsArray: false } parent] ? parent.Next : "", json.Offset, token == JsonToken.ArrayStart));
                    break;
                case JsonToken.ObjectEnd or JsonToken.ArrayEnd:
                    Close(open, judge);
                    break;
                case JsonToken.Key:
                    open[^1].Next = json.Text;
                    judge.Key(json.Text, json.Offset);
                    break;
                case JsonToken.Text:
                    string key = open is [.., var node] ? node.IsArray ? node.Key : node.Next : "";
                    if (open is [.., var owner] && !owner.TryKeep(key, json.Text))
                        judge.Ambiguous(key, json.Offset);
                    if (judge.Text(key, json.Text, json.Offset) is { } blob && depth < context.Limits.MaxDepth)
                        await context.ScanContentAsync(new MemoryReader(key, blob), path + "#" + key, depth + 1, cancellationToken).ConfigureAwait(false);
                    break;
                case JsonToken.End:
                    return;
                case JsonToken.Refused:
                    // What was read before the fault counts: other readers forgive more.
                    while (open.Count > 0)
                        Close(open, judge);
                    context.Add(KerasRules.BadConfiguration, path, json.Offset, $"Python would not read it: {json.Fault}.");
                    return;
            }
        }
    }

    private static void Close(List<KerasNode> open, KerasJudge judge)
    {
        KerasNode node = open[^1];
        open.RemoveAt(open.Count - 1);
        judge.Node(node);
        if (open is [.., var parent] && !parent.TryKeep(node))
            judge.Ambiguous(node.Key, node.Offset);
    }

    /// <summary>The text in UTF-8, when Python would find it to be in another encoding: json.detect_encoding.</summary>
    private static async Task<IObjectReader?> DecodeAsync(IObjectReader content, string path, ScanContext context, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(4, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        Encoding? encoding = head switch
        {
            [0xFF, 0xFE, 0, 0] => Encoding.UTF32,
            [0, 0, 0xFE, 0xFF] => new UTF32Encoding(bigEndian: true, byteOrderMark: true),
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            [0, 0, ..] when head.Length == 4 => new UTF32Encoding(bigEndian: true, byteOrderMark: false),
            [0, ..] when head.Length > 1 => Encoding.BigEndianUnicode,
            [_, 0, 0, 0] => Encoding.UTF32,
            [_, 0, ..] => Encoding.Unicode,
            _ => null,
        };
        if (encoding is null)
            return null;
        context.Add(KerasRules.OddEncoding, path, 0, $"It is in {encoding.WebName}.");
        if (content.Source.Size > LongestOddText)
        {
            context.Add(KerasRules.BadConfiguration, path, 0, $"It has {content.Source.Size} bytes in {encoding.WebName}.");
            return null;
        }

        byte[] bytes = new byte[(int)content.Source.Size];
        await content.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        return new MemoryReader(content.Source.Name, Encoding.UTF8.GetBytes(encoding.GetString(bytes).TrimStart('\uFEFF')));
    }
}
