using Bulwark.Models;
using Bulwark.Models.Hdf5;
using Bulwark.Scanning.Disguise;
using Bulwark.Storage;

namespace Bulwark.Scanning.Keras;

/// <summary>Scans HDF5 files: their structure, what they reach for outside themselves, and the configurations of Keras in their attributes.</summary>
internal static class Hdf5Scanner
{
    private const int LongestAttribute = 1 << 16;
    private const int HeadLength = 4096;
    private const int MostForeignFilters = 16;

    /// <summary>Whether a head is that of an HDF5 file without a user block.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => Hdf5File.Looks(head);

    /// <summary>Scans one file.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        Hdf5Content found = await Hdf5Walker.WalkAsync(content, cancellationToken).ConfigureAwait(false);
        foreach (Hdf5Reference reference in found.References)
        {
            ScanRule rule = reference.Kind switch
            {
                Hdf5ReferenceKind.ExternalLink => KerasRules.ExternalLink,
                Hdf5ReferenceKind.ExternalStorage => KerasRules.ExternalStorage,
                Hdf5ReferenceKind.VirtualDataset => KerasRules.VirtualDataset,
                _ => KerasRules.ForeignReference,
            };
            string what = Hdf5Text.Of(reference);
            context.Add(rule, path + "#" + reference.Path, null, char.ToUpperInvariant(what[0]) + what[1..] + ".");
        }

        foreach (ModelFormatException fault in found.Faults)
            context.Add(KerasRules.BrokenHdf5, path, null, fault.Message);
        foreach (string unseen in found.Unseen.Take(Hdf5Limits.Faults))
            context.Add(KerasRules.Unseen, path, null, $"There is {unseen}.");
        foreach (int filter in found.Datasets.SelectMany(d => d.Filters).Distinct().Where(f => !Hdf5Filters.IsKnown(f)).Take(MostForeignFilters))
            context.Add(KerasRules.ForeignFilter, path, null, FormattableString.Invariant($"A data set goes through filter {filter}."));
        CheckTensors(content, found, path, context);
        foreach (Hdf5Attribute attribute in found.Attributes)
            await ScanAttributeAsync(content, attribute, path, depth, context, cancellationToken).ConfigureAwait(false);
        await ScanAroundAsync(content, found, path, depth, context, cancellationToken).ConfigureAwait(false);
    }

    private static void CheckTensors(IObjectReader content, Hdf5Content found, string path, ScanContext context)
    {
        try
        {
            _ = Hdf5Tensors.Map(content.Source.ToString(), found, content.Source.Size);
        }
        catch (ModelFormatException e)
        {
            context.Add(KerasRules.BrokenHdf5, path, null, e.Message);
        }
    }

    private static async Task ScanAttributeAsync(IObjectReader content, Hdf5Attribute attribute, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        string place = $"{path}#{(attribute.Owner.Length == 0 ? "" : attribute.Owner + ".")}{attribute.Name}";
        bool isConfiguration = attribute.Name is "model_config" or "training_config" or "layer_config" or "optimizer_config";
        foreach ((long offset, long length) in attribute.Texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long end = length;
            if (length <= LongestAttribute)
            {
                byte[] bytes = new byte[(int)length];
                await content.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
                end = bytes.AsSpan().TrimEnd((byte)0).Length;
                if (!isConfiguration)
                {
                    await ScanTextAsync(bytes.AsMemory(0, (int)end), attribute.Name, place, depth, context, cancellationToken).ConfigureAwait(false);
                    continue;
                }
            }

            if (isConfiguration)
                await KerasConfigScanner.ScanAsync(new ReaderSection(content, attribute.Name, offset, end), place, depth, KerasSource.Hdf5, context, cancellationToken).ConfigureAwait(false);
        }
    }

    // PyTables and pandas keep pickles in attributes, and unpickle them when they are looked at.
    private static async Task ScanTextAsync(ReadOnlyMemory<byte> text, string name, string place, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        const int ShortestPickle = 3;
        if (text.Length < ShortestPickle)
            return;
        bool pickle = text.Span is [0x80, <= 5, ..] || (text.Span[^1] == '.' && text.Span.Contains((byte)'\n'));
        string words = System.Text.Encoding.UTF8.GetString(text.Span);
        if (KerasText.IsMarshal(words))
            context.Add(KerasRules.Marshal, place, null, "The attribute is a compiled function in base64.");
        else if (CodeText.Find(words) is { } code)
            context.Add(KerasRules.Code, place, null, $"The attribute holds {code}.");
        if (depth >= context.Limits.MaxDepth)
            return;
        if (pickle)
            await context.ScanContentAsync(new MemoryReader(name, text), place, depth + 1, cancellationToken).ConfigureAwait(false);
        else if (CodeText.DecodeBlob(words) is { } blob)
            await context.ScanContentAsync(new MemoryReader(name, blob), place, depth + 1, cancellationToken).ConfigureAwait(false);
    }

    private static async Task ScanAroundAsync(IObjectReader content, Hdf5Content found, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        if (found.UserBlock > 0)
        {
            byte[] head = new byte[(int)Math.Min(HeadLength, found.UserBlock)];
            await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
            if (head.AsSpan().ContainsAnyExcept((byte)0))
            {
                context.Add(KerasRules.UserBlock, path, 0, FormattableString.Invariant($"{found.UserBlock} bytes come before the HDF5 content."));
                if (depth < context.Limits.MaxDepth)
                    await context.ScanContentAsync(new ReaderSection(content, "userblock", 0, found.UserBlock), path + "!userblock", depth + 1, cancellationToken).ConfigureAwait(false);
            }
        }

        if (found.End is { } end)
            await AttachedFile.ReportAsync(content, end, KerasRules.TrailingBytes, path, depth, context, cancellationToken).ConfigureAwait(false);
    }
}
