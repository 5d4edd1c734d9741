using Bulwark.Models;
using Bulwark.Models.Numpy;
using Bulwark.Scanning.Disguise;
using Bulwark.Scanning.Pickle;
using Bulwark.Storage;

namespace Bulwark.Scanning.Numpy;

/// <summary>Scans NumPy arrays. An array of objects is a pickle behind a header, and is scanned as one.</summary>
internal static class NpyScanner
{
    /// <summary>Scans one file.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        long end = content.Source.Size;
        try
        {
            NpyFile file = await NpyFile.ReadAsync(content, cancellationToken).ConfigureAwait(false);
            if (file.Header.Length > NpyHeader.UsualLength)
                context.Add(NumpyRules.LongHeader, path, 0, FormattableString.Invariant($"The header has {file.Header.Length} bytes."));
            end = file.DataEnd;
            var pickle = new ReaderSection(content, content.Source.Name, file.Header.DataOffset, end - file.Header.DataOffset);
            if (file.Header.Descr.HasObjects)
            {
                await PickleScanner.ScanAsync(pickle, path + "!pickle", depth, context, cancellationToken).ConfigureAwait(false);
            }
            else if (await PickleScanner.FindPayloadAsync(pickle, cancellationToken).ConfigureAwait(false) is { } payload)
            {
                context.Add(NumpyRules.Payload, path, file.Header.DataOffset, $"The elements are a pickle: {payload}");
            }
        }
        catch (ModelFormatException e)
        {
            context.Add(NumpyRules.Malformed, path, null, e.Message);
        }

        await AttachedFile.ReportAsync(content, end, NumpyRules.TrailingBytes, path, depth, context, cancellationToken).ConfigureAwait(false);
    }
}
