using System.CommandLine;
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
        Option<string?> output = new("--out") { Description = "Also write the 1,600 bytes of the robust fingerprint.", HelpName = "FILE" };
        Option<bool> force = new("--force") { Description = "Replace FILE if it exists." };
        return new ExampleCommand(
            "fingerprint",
            "Take a model's exact roots and its robust fingerprint.",
            "bulwark fingerprint model.safetensors --out model.fingerprint")
        {
            model, output, force,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            string path = parsed.GetValue(model)!;
            await using IObjectReader reader = await LocalHost.OpenFileAsync(path, cancellationToken);
            Fingerprint fingerprint = await terminal.WithProgressAsync("fingerprint", progress => Fingerprinter.FingerprintAsync(reader, progress, cancellationToken));
            string? written = parsed.GetValue(output);
            if (written is not null)
            {
                RobustFingerprint robust = fingerprint.Robust
                    ?? throw UsageException.BadOption("--out", "no tensor is large enough for a robust fingerprint", "Compare such a model by its contentRoot.");
                await WriteAsync(written, robust.ToBytes(), parsed.GetValue(force), cancellationToken);
            }

            FingerprintDocument document = FingerprintDocument.Of(path, fingerprint, written);
            terminal.Show(document, CliJson.Default.FingerprintDocument, console => Terminal.Facts(console,
                ("content root", document.ContentRoot),
                ("named root", document.NamedRoot),
                ("robust", document.Robust is null ? "none: no tensor is large enough" : $"1,600 bytes over {document.Elements:N0} weights; --json or --out shows them"),
                ("written to", document.Output)));
            return ExitCode.Good;
        });
    }

    private static async Task WriteAsync(string path, byte[] bytes, bool replace, CancellationToken cancellationToken)
    {
        (string folder, string name) = Arguments.Locate(path);
        FolderObjectStore store = new();
        if (!replace && await store.FindAsync(folder, name, cancellationToken) is not null)
            throw UsageException.OutputExists(path);
        await using IObjectWriter writer = await store.CreateAsync(folder, name, replace ? WriteCondition.Any : WriteCondition.IfAbsent, cancellationToken);
        await writer.WriteAsync(bytes, cancellationToken);
        await writer.CommitAsync(cancellationToken);
    }
}
