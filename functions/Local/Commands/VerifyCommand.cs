using System.CommandLine;
using Bulwark.Protection;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark verify NAME.enc</c>.</summary>
internal static class VerifyCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string> body = Arguments.Path("NAME.enc", "The protected model; its signature, claims and envelope lie beside it. A path or, with --cloud aws, its key in the bucket of protected models.");
        Option<string?> cloud = Workplace.Cloud();
        return new ExampleCommand(
            "verify",
            "Check signature, claims, envelope and every segment without writing plaintext.",
            "bulwark verify model.safetensors.enc",
            "bulwark verify fraud.safetensors.enc --cloud aws")
        {
            body, cloud,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            (string container, string name) = Workplace.Locate(parsed.GetValue(body)!, parsed.GetValue(cloud));
            await using Workplace place = await Workplace.OpenAsync(parsed.GetValue(cloud), cancellationToken);
            await using OpenedModel opened = await place.Opener.OpenAsync(container, name, cancellationToken);
            await terminal.WithProgressAsync(async progress =>
            {
                await opened.VerifyBodyAsync(progress, cancellationToken);
                return true;
            });
            Show(terminal, OpenedDocument.Of(opened, output: null, range: null));
            return ExitCode.Good;
        });
    }

    /// <summary>Tells what verified.</summary>
    public static void Show(Terminal terminal, OpenedDocument document) =>
        terminal.Show(document, CliJson.Default.OpenedDocument, console =>
        {
            console.MarkupLine(document.Output is null ? "[green]Verified[/]" : "[green]Verified and opened[/]");
            Terminal.Facts(console,
                ("model", $"{document.Model} ({Arguments.Size(document.Size)})"),
                ("sha256", document.Sha256),
                ("signed by", document.SignedBy),
                ("and by", document.PostQuantumSignedBy is { } second ? $"{second} (ML-DSA-65)" : null),
                ("claims", string.Join(", ", document.Claims)),
                ("range", document.Range is { } range ? $"{range}; the rest of the body was not looked at" : null),
                ("written to", document.Output));
        });
}
