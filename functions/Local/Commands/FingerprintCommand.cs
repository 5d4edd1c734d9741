using System.CommandLine;
using System.Globalization;
using Bulwark.Fingerprinting;
using Bulwark.Local;
using Bulwark.Storage;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark fingerprint MODEL</c>.</summary>
internal static class FingerprintCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string> model = Arguments.Path("MODEL", "The model file.");
        Option<string?> output = new("--out") { Description = "Where the 1,600 bytes of the robust fingerprint are written, for 'bulwark compare'.", HelpName = "FILE" };
        Option<bool> force = new("--force") { Description = "Replace FILE if it exists." };
        return new ExampleCommand(
            "fingerprint",
            "Say exactly which weights a model has, and by what it is recognised after changes. No key is needed.",
            "bulwark fingerprint model.safetensors",
            "bulwark fingerprint model.safetensors --out model.bwfp")
        {
            model, output, force,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            string path = parsed.GetValue(model)!;
            bool replace = parsed.GetValue(force);
            (string Folder, string File)? target = parsed.GetValue(output) is { } file ? Arguments.Locate(file) : null;
            FolderObjectStore store = new();
            if (target is { } wanted && !replace && await store.FindAsync(wanted.Folder, wanted.File, cancellationToken) is not null)
                throw UsageException.OutputExists(Path.Combine(wanted.Folder, wanted.File));
            if (target == Arguments.Locate(path))
                throw UsageException.BadOption("--out", "it is the model itself", "Name another file.");

            await using IObjectReader reader = await LocalHost.OpenFileAsync(path, cancellationToken);
            ModelFingerprint fingerprint = await terminal.WithProgressAsync(
                "fingerprint", progress => Fingerprinter.FingerprintAsync(reader, progress, cancellationToken));
            if (target is { } place)
            {
                await using IObjectWriter writer = await store.CreateAsync(
                    place.Folder, place.File, replace ? WriteCondition.Any : WriteCondition.IfAbsent, cancellationToken);
                await writer.WriteAsync(fingerprint.Robust.ToBytes(), cancellationToken);
                await writer.CommitAsync(cancellationToken);
            }

            Show(terminal, FingerprintDocument.Of(path, fingerprint, target is { } written ? Path.Combine(written.Folder, written.File) : null));
            return ExitCode.Good;
        });
    }

    private static void Show(Terminal terminal, FingerprintDocument document) =>
        terminal.Show(document, CliJson.Default.FingerprintDocument, console => Terminal.Facts(console,
            ("content root", document.ContentRoot),
            ("named root", document.NamedRoot),
            ("weights", string.Create(CultureInfo.InvariantCulture, $"{document.Elements:N0} carry the robust fingerprint, {document.BitsA} bits in its part A")),
            ("robust", document.Robust),
            ("written to", document.Output)));
}
