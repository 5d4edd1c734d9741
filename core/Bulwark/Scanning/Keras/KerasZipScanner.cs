using Bulwark.Models;
using Bulwark.Models.Hdf5;
using Bulwark.Models.Keras;
using Bulwark.Models.Zip;
using Bulwark.Storage;

namespace Bulwark.Scanning.Keras;

/// <summary>
/// Scans what makes an archive a Keras model: its configuration, and that its parts are what they are named. The archive as such
/// and the content of its members are the container scanner's, which comes before.
/// </summary>
internal static class KerasZipScanner
{
    private static readonly string[] Programs =
    [
        ".py", ".pyc", ".pyo", ".pyd", ".pyw", ".sh", ".bash", ".bat", ".cmd", ".ps1", ".vbs", ".exe", ".dll", ".so", ".dylib", ".com", ".scr", ".jar", ".msi", ".lnk", ".command", ".desktop", ".php", ".rb", ".pl",
    ];

    /// <summary>Scans one archive; one that is no Keras model is passed over unless it is named as one.</summary>
    public static async Task ScanAsync(ZipDirectory directory, string path, int depth, ScanContext context, CancellationToken cancellationToken)
    {
        bool named = path.EndsWith(".keras", StringComparison.OrdinalIgnoreCase);
        if (!KerasZipFile.Looks(directory) && !named)
            return;
        if (directory.Find(KerasZipFile.ConfigurationName) is null)
            context.Add(KerasRules.BadArchive, path, null, "It has no config.json.");
        foreach (ZipMember member in directory.Members)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string place = $"{path}!{member.Name}";
            if (Programs.Any(ending => member.Name.TrimEnd(' ', '.').EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
                context.Add(KerasRules.Program, place, null, "Its name is that of a program or script.");
            if (Is(member, KerasZipFile.ConfigurationName) || Is(member, KerasZipFile.MetadataName))
                await OpenAsync(directory, member, place, depth, context, c => KerasConfigScanner.ScanAsync(c, place, depth + 1, KerasSource.Archive, context, cancellationToken), cancellationToken).ConfigureAwait(false);
            else if (Is(member, KerasZipFile.WeightsName))
                await OpenAsync(directory, member, place, depth, context, c => CheckWeightsAsync(c, place, context, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool Is(ZipMember member, string name) => member.Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static async Task CheckWeightsAsync(IObjectReader content, string place, ScanContext context, CancellationToken cancellationToken)
    {
        if (!await Hdf5File.LooksAsync(content, cancellationToken).ConfigureAwait(false))
            context.Add(KerasRules.BadArchive, place, 0, "The weights are no HDF5 file.");
    }

    private static async Task OpenAsync(ZipDirectory directory, ZipMember member, string place, int depth, ScanContext context, Func<IObjectReader, Task> scan, CancellationToken cancellationToken)
    {
        try
        {
            var budget = new InflationBudget
            {
                MaxBytes = Math.Max(0, context.Limits.MaxInflatedBytes - context.InflatedBytes),
                MaxRatio = context.Limits.MaxInflationRatio,
                MaxHeldBytes = context.Limits.MaxHeldBytes >> Math.Min(depth + 1, 30),
                Spent = bytes => context.InflatedBytes += bytes,
            };
            await using IObjectReader content = await directory.OpenAsync(member, budget, cancellationToken).ConfigureAwait(false);
            await scan(content).ConfigureAwait(false);
        }
        catch (ModelFormatException e)
        {
            context.Add(KerasRules.BadArchive, place, null, e.Message);
        }
    }
}
