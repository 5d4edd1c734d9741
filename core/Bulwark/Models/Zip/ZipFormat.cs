using Bulwark.Models.Keras;
using Bulwark.Models.Numpy;
using Bulwark.Models.Torch;
using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>Tells which of the formats that are zip archives one is, by the names of its members, and maps it.</summary>
internal static class ZipFormat
{
    /// <summary>An archive that is none of them.</summary>
    public const string Archive = "zip";

    /// <summary>The name of the format, as <see cref="ModelFile.Format"/> has it.</summary>
    public static string NameOf(ZipDirectory directory) =>
        TorchZipLayout.Of(directory).Kind is not TorchZipKind.None and var kind ? TorchZipFile.NameOf(kind)
        : KerasZipFile.Looks(directory) ? KerasZipFile.Name
        : NpzFile.Looks(directory) ? NpzFile.Name
        : Archive;

    /// <summary>Maps an archive that keeps all rules.</summary>
    /// <exception cref="ModelFormatException">BW1420 it breaks one; or the format's own rules are broken.</exception>
    public static async Task<ModelFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        ZipDirectory directory = await ZipDirectory.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        directory.ThrowIfFaulty();
        return NameOf(directory) switch
        {
            KerasZipFile.Name => await KerasZipFile.ReadAsync(directory, cancellationToken).ConfigureAwait(false),
            NpzFile.Name => await NpzFile.ReadAsync(directory, cancellationToken).ConfigureAwait(false),
            Archive => new OpaqueFile(reader, Archive, "a zip archive that is no model's is not looked into for weights"),
            _ => await TorchZipFile.ReadAsync(directory, cancellationToken).ConfigureAwait(false),
        };
    }
}
