using System.CommandLine;
using System.Globalization;
using Bulwark.Protection;
using Bulwark.Storage;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark watermark embed|detect MODEL</c>.</summary>
internal static class WatermarkCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("watermark", "Write an owner's mark into a model's weights, or read it from them.") { Embed(), Detect() };

    /// <summary>A receipt in one line.</summary>
    public static string Describe(WatermarkReceipt receipt) => receipt.Applied
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"owner {receipt.OwnerId}, model '{receipt.ModelId}', {receipt.RelativeChange:P2} change{(receipt.Mode == "block-scales" ? " of the block scales" : "")}, read back with Z {receipt.Z:0.0}{(receipt.Promises == WatermarkReceipt.PromisesNothing ? ", which proves nothing" : "")}{(receipt.Sealed ? ", sealed" : "")}")
        : $"none: {receipt.Reason}{(receipt.Sealed ? " (sealed)" : "")}";

    private static ExampleCommand Embed()
    {
        Argument<string> model = Arguments.Path("MODEL", "The model file; it is left as it is.");
        Option<string> output = new("--out") { Description = "Where the marked copy is written.", Required = true, HelpName = "FILE" };
        Option<bool> force = new("--force") { Description = "Replace FILE if it exists." };
        WatermarkOptions watermark = new();
        return new ExampleCommand(
            "embed",
            "Write a marked copy of a model, and record the payload so that it is found again.",
            "bulwark watermark embed model.safetensors --out marked.safetensors --owner 7 --model-id fraud-3")
        {
            model, output, watermark.Owner, watermark.ModelId, watermark.Budget, watermark.Seal, force,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            (string folder, string file) = Arguments.Locate(parsed.GetValue(output)!);
            bool replace = parsed.GetValue(force);
            WatermarkSettings settings = watermark.Read(parsed);
            await using IObjectReader reader = await LocalHost.OpenFileAsync(parsed.GetValue(model)!, cancellationToken);
            await using LocalHost host = await LocalHost.OpenAsync(cancellationToken);
            if (!replace && await host.Store.FindAsync(folder, file, cancellationToken) is not null)
                throw UsageException.OutputExists(Path.Combine(folder, file));
            await using IObjectWriter writer = await host.Store.CreateAsync(
                folder, file, replace ? WriteCondition.Any : WriteCondition.IfAbsent, cancellationToken);
            WatermarkReceipt receipt = await terminal.WithProgressAsync(
                progress => host.Watermarker.EmbedAsync(reader, writer, host.WatermarkKeys[0], settings, progress, cancellationToken));
            terminal.Show(receipt, CliJson.Default.WatermarkReceipt, console =>
            {
                console.MarkupLine(IsProven(receipt) ? "[green]Marked[/]" : "[yellow]Marked, but rounding undid it: these weights cannot show a mark[/]");
                Terminal.Facts(console,
                    ("written to", Path.Combine(folder, file)),
                    ("watermark", Describe(receipt)),
                    ("payload", receipt.Payload),
                    ("key", receipt.KeyId));
            });
            return IsProven(receipt) ? ExitCode.Good : ExitCode.Review;
        });
    }

    private static bool IsProven(WatermarkReceipt receipt) => receipt.Promises != WatermarkReceipt.PromisesNothing;

    private static ExampleCommand Detect()
    {
        Argument<string> model = Arguments.Path("MODEL", "The model file.");
        Option<bool> seal = new("--seal") { Description = "Also check the seal, and tell which parts were changed." };
        return new ExampleCommand(
            "detect",
            "Read a watermark with every key of this home. Exit code 0: marked; 1: not marked; 3: a payload was read, but too weakly to claim it.",
            "bulwark watermark detect suspect.safetensors",
            "bulwark watermark detect suspect.safetensors --seal --json")
        {
            model, seal,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            string path = parsed.GetValue(model)!;
            bool checkSeal = parsed.GetValue(seal);
            await using IObjectReader reader = await LocalHost.OpenFileAsync(path, cancellationToken);
            await using LocalHost host = await LocalHost.OpenAsync(cancellationToken);
            WatermarkReading reading = await terminal.WithProgressAsync(
                progress => host.Watermarker.DetectAsync(reader, host.WatermarkKeys, checkSeal, progress, cancellationToken));
            Show(terminal, WatermarkDocument.Of(path, reading));
            return reading.IsMarked ? ExitCode.Good : reading.Matches.Count > 0 ? ExitCode.Review : ExitCode.No;
        });
    }

    private static void Show(Terminal terminal, WatermarkDocument document) =>
        terminal.Show(document, CliJson.Default.WatermarkDocument, console =>
        {
            console.MarkupLine(document.Marked ? "[green]Marked[/]" : document.Matches.Count > 0 ? "[yellow]A payload was read, but too weakly to claim it[/]" : "[red]No mark of these keys[/]");
            foreach (WatermarkMatchDocument match in document.Matches)
            {
                Terminal.Facts(console,
                    ("owner", match.OwnerId.ToString(CultureInfo.InvariantCulture)),
                    ("model", match.ModelId),
                    ("payload", match.Payload),
                    ("score", string.Create(CultureInfo.InvariantCulture, $"Z {match.Z:0.0}; a model made without the key shows this with probability below 10^{match.Log10FalsePositive:0.0}")),
                    ("read", match.Decoded ? $"without knowing it, {match.BitErrorRate:P1} of the coded bits wrong" : "by comparing with the registry of issued payloads"),
                    ("in", match.Mode == "elements" ? "single weights" : "block scales"),
                    ("issued", match.IssuedAt?.ToString("u", CultureInfo.InvariantCulture) ?? "not in this home's registry"),
                    ("key", match.KeyId));
            }

            foreach (UnreadTensors unread in document.Unread)
                Terminal.Facts(console, ("not read", string.Create(CultureInfo.InvariantCulture, $"{unread.Tensors:N0} tensors such as {unread.Example}: {unread.Reason}")));
            if (document.Seal is { } seal)
            {
                Terminal.Facts(console,
                    ("seal", seal.IsIntact ? $"intact, {seal.Chunks:N0} chunks" : seal.IsSealed ? $"broken in {seal.BrokenChunks:N0} of {seal.Chunks:N0} chunks" : "none of these keys"),
                    ("changed", seal.IsSealed && seal.BrokenChunks > 0 ? string.Join(", ", seal.Broken) : null));
            }
        });
}
