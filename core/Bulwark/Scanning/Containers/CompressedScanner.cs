using Bulwark.Models;
using Bulwark.Models.Zip;
using Bulwark.Storage;

namespace Bulwark.Scanning.Containers;

/// <summary>Scans what is in compressed files, as joblib and others write them: zlib, gzip, bzip2, xz, lzma, lz4.</summary>
internal static class CompressedScanner
{
    /// <summary>Scans the content of a compressed file.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        byte[] head = new byte[(int)Math.Min(CompressedFormat.HeadLength, content.Source.Size)];
        await content.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (CompressedFormat.Of(head) is not { } format || !MemberScan.TryEnter(path, depth, context))
            return;
        var compressed = new ReaderSection(content, content.Source.Name, format.Offset, content.Source.Size - format.Offset);
        InflationBudget budget = MemberScan.Budget(context, depth);
        try
        {
            await using IObjectReader inner = await Inflated.OpenAsync(compressed, format.Decoder, budget, null, cancellationToken).ConfigureAwait(false);
            await MemberScan.ScanAsync(inner, $"{path}!{format.Name}", depth, context, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException e) when (format.IsCertain || budget.Bytes > 0 || e.Code == "BW1423")
        {
            MemberScan.Report(e, path, context);
        }
        catch (ModelFormatException)
        {
            // Two bytes that look like zlib's begin many files that are something else.
        }
    }
}
