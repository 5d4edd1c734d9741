using System.CommandLine;
using Bulwark.Protection;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark protect MODEL</c>.</summary>
internal static class ProtectCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string> model = Arguments.Path("MODEL", "The model file.");
        Option<string?> output = new("--out") { Description = "Folder for the protected model; the model's own by default.", HelpName = "DIR" };
        Option<bool> force = new("--force") { Description = "Protect again even if this very file was protected before, and replace what another file left in its place." };
        Option<bool> delete = new("--delete-source") { Description = "Delete the plaintext once everything is written." };
        WatermarkOptions watermark = new();
        Option<bool> without = new("--no-watermark") { Description = "Leave the weights as they are." };
        Option<bool> suspicious = new("--allow-suspicious") { Description = "Go on with a file that the scanner finds suspicious; malicious and malformed ones are quarantined all the same." };
        Option<string?> quarantine = Arguments.Quarantine();
        Option<bool> postQuantum = new("--post-quantum") { Description = "Sign a second time, with ML-DSA-65." };
        return new ExampleCommand(
            "protect",
            "Scan, watermark, sign and encrypt a model.",
            "bulwark protect model.safetensors                      # writes model.safetensors.enc and its three companions",
            "bulwark protect model.safetensors --out protected --owner 7 --model-id fraud-3",
            "bulwark protect model.safetensors --no-watermark       # the opened file is the source, byte for byte")
        {
            model, output, watermark.Owner, watermark.ModelId, watermark.Budget, watermark.Seal, without, postQuantum, suspicious, quarantine, force, delete,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            (string container, string name) = Arguments.Locate(parsed.GetValue(model)!);
            string destination = parsed.GetValue(output) is { } folder ? Arguments.Folder(folder) : container;
            ProtectionOptions options = new()
            {
                Watermark = parsed.GetValue(without) ? null : watermark.Read(parsed),
                AllowSuspicious = parsed.GetValue(suspicious),
                PostQuantum = parsed.GetValue(postQuantum),
                Force = parsed.GetValue(force),
                DeleteSource = parsed.GetValue(delete),
            };

            await using LocalHost host = await LocalHost.OpenAsync(cancellationToken);
            ProtectionResult result = await host.ProtectAsync(
                container, name, destination, parsed.GetValue(quarantine) is { } aside ? Arguments.Folder(aside) : null, options, terminal, cancellationToken);
            Show(terminal, result);
            return ExitCode.Good;
        });
    }

    /// <summary>Tells what was done.</summary>
    public static void Show(Terminal terminal, ProtectionResult result) =>
        terminal.Show(result, CliJson.Default.ProtectionResult, console =>
        {
            console.MarkupLine(result.AlreadyProtected ? "[yellow]Already protected[/]; this is the first run's result." : "[green]Protected[/]");
            Terminal.Facts(console,
                ("model", $"{result.Model} ({result.Format}, {result.Tensors} tensors, {Arguments.Size(result.Size)})"),
                ("watermark", WatermarkCommand.Describe(result.Watermark)),
                ("sha256", result.Sha256),
                ("content root", result.ContentRoot),
                ("body", Path.Combine(result.Container, result.Body)),
                ("envelope", result.Sidecar),
                ("signature", result.Signature),
                ("claims", result.Claims),
                ("signed by", result.SignedBy));
        });
}
