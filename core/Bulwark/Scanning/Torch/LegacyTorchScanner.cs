using Bulwark.Models;
using Bulwark.Models.Torch;
using Bulwark.Scanning.Pickle;
using Bulwark.Storage;

namespace Bulwark.Scanning.Torch;

/// <summary>Scans PyTorch's old format: each of the five pickles, then whether the storages are what they say.</summary>
internal static class LegacyTorchScanner
{
    private const int Pickles = 5;

    /// <summary>Scans one file.</summary>
    public static async Task ScanAsync(IObjectReader content, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        long offset = 0;
        for (int i = 0; i < Pickles; i++)
        {
            if (offset >= content.Source.Size)
            {
                context.Add(TorchRules.Structure, path, offset, FormattableString.Invariant($"The file ends after {i} of {Pickles} pickles."));
                return;
            }

            if (await PickleScanner.ScanPickleAsync(content, offset, path, depth, PickleScanOptions.Torch, context, cancellationToken).ConfigureAwait(false) is not { } end)
                return;
            offset = end;
        }

        try
        {
            await LegacyTorchFile.ReadAsync(content, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException e)
        {
            TorchFaults.Report(e, path, context);
            // Something behind the storages, or instead of them, may be a file of its own.
            if (e.Code == "BW1432" && await Disguise.AttachedFile.FindZipAsync(content, cancellationToken).ConfigureAwait(false) is { } zip)
                context.Add(Disguise.DisguiseRules.Polyglot, path, zip, "A zip archive ends where the file ends.");
        }
    }
}
