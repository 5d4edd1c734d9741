using Bulwark.Models;
using Bulwark.Models.TorchSharp;
using Bulwark.Scanning.Disguise;
using Bulwark.Storage;

namespace Bulwark.Scanning.TorchSharp;

/// <summary>Scans files that TorchSharp wrote, or that are named so: the format runs nothing, so only its structure matters.</summary>
internal static class TorchSharpScanner
{
    /// <summary>Scans one file. Call it for what parses as TorchSharp's, and for what is named <c>.dat</c> and is nothing else.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        if (await TorchSharpFile.TryReadAsync(content, cancellationToken).ConfigureAwait(false) is null)
        {
            try
            {
                await TorchSharpFile.ReadAsync(content, cancellationToken).ConfigureAwait(false);
            }
            catch (ModelFormatException e)
            {
                context.Add(TorchSharpRules.Malformed, path, null, e.Message);
            }
        }

        await AttachedFile.ReportAsync(content, content.Source.Size, null, path, depth, context, cancellationToken).ConfigureAwait(false);
    }
}
