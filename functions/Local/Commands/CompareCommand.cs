using System.CommandLine;
using System.Globalization;
using Bulwark.Fingerprinting;
using Bulwark.Storage;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark compare MODEL MODEL</c>.</summary>
internal static class CompareCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string> left = Arguments.Path("LEFT", "A model, or a fingerprint that 'bulwark fingerprint --out' wrote.");
        Argument<string> right = Arguments.Path("RIGHT", "The other one.");
        return new ExampleCommand(
            "compare",
            "Say whether two models are the same, derived from each other, or independent. Exit code 0: same or derived; 1: independent.",
            "bulwark compare ours.safetensors suspect.safetensors",
            "bulwark compare ours.fingerprint suspect.safetensors --json")
        {
            left, right,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            (string leftPath, string rightPath) = (parsed.GetValue(left)!, parsed.GetValue(right)!);
            RobustFingerprint first = await ReadAsync(leftPath, terminal, cancellationToken);
            RobustFingerprint second = await ReadAsync(rightPath, terminal, cancellationToken);
            ComparisonDocument document = ComparisonDocument.Of(leftPath, rightPath, FingerprintComparison.Of(first, second));
            terminal.Show(document, CliJson.Default.ComparisonDocument, console =>
            {
                console.MarkupLine(document.Verdict == "independent" ? "[yellow]Independent[/]" : document.Verdict == "derived" ? "[green]Derived[/]" : "[green]The same tensors[/]");
                Terminal.Facts(console,
                    ("by weights and names", Describe(document.A, FingerprintComparison.ThresholdA)),
                    ("by columns", Describe(document.B, FingerprintComparison.ThresholdB)),
                    ("by rows", Describe(document.C, FingerprintComparison.ThresholdC)));
            });
            return document.Verdict == "independent" ? ExitCode.No : ExitCode.Good;
        });
    }

    private static string Describe(double? distance, double threshold) => distance is { } d
        ? string.Create(CultureInfo.InvariantCulture, $"{d:0.000} of the bits differ (derived up to {threshold:0.00}; unrelated models: about 0.5)")
        : "cannot be compared";

    private static async Task<RobustFingerprint> ReadAsync(string path, Terminal terminal, CancellationToken cancellationToken)
    {
        await using IObjectReader reader = await LocalHost.OpenFileAsync(path, cancellationToken);
        byte[] head = new byte[Math.Min(RobustFingerprint.Length, reader.Source.Size)];
        await reader.ReadAsync(0, head, cancellationToken);
        if (RobustFingerprint.IsFingerprint(reader.Source.Size, head))
            return RobustFingerprint.Parse(head);
        Fingerprint fingerprint = await terminal.WithProgressAsync("fingerprint", progress => Fingerprinter.FingerprintAsync(reader, progress, cancellationToken));
        return fingerprint.Robust ?? throw FingerprintException.TooSmall(path);
    }
}
