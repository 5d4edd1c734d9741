using System.CommandLine;
using System.Globalization;
using Bulwark.Fingerprinting;
using Bulwark.Storage;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark compare A B</c>.</summary>
internal static class CompareCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string> first = Arguments.Path("A", "A model file, or a fingerprint that 'bulwark fingerprint --out' wrote.");
        Argument<string> second = Arguments.Path("B", "Another one.");
        return new ExampleCommand(
            "compare",
            "Say whether two models have a common origin. Exit code 0: identical or derived; 1: independent; 3: they have nothing that can be compared.",
            "bulwark compare ours.safetensors suspect.safetensors",
            "bulwark compare ours.bwfp suspect.safetensors --json")
        {
            first, second,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            (string a, string b) = (parsed.GetValue(first)!, parsed.GetValue(second)!);
            FingerprintComparison comparison = FingerprintComparison.Of(
                await ReadAsync(a, terminal, cancellationToken), await ReadAsync(b, terminal, cancellationToken));
            Show(terminal, ComparisonDocument.Of(a, b, comparison), comparison.Verdict);
            return comparison.Verdict switch
            {
                FingerprintVerdict.Identical or FingerprintVerdict.Derived => ExitCode.Good,
                FingerprintVerdict.Independent => ExitCode.No,
                _ => ExitCode.Review,
            };
        });
    }

    private static async Task<RobustFingerprint> ReadAsync(string path, Terminal terminal, CancellationToken cancellationToken)
    {
        await using IObjectReader reader = await LocalHost.OpenFileAsync(path, cancellationToken);
        // One byte more than a fingerprint has, so that a longer file is refused as one.
        byte[] head = new byte[Math.Min(reader.Source.Size, RobustFingerprint.Length + 1)];
        await reader.ReadAsync(0, head, cancellationToken);
        if (RobustFingerprint.IsFingerprint(head))
            return RobustFingerprint.Parse(path, head);
        ModelFingerprint fingerprint = await terminal.WithProgressAsync(
            Path.GetFileName(path), progress => Fingerprinter.FingerprintAsync(reader, progress, cancellationToken));
        return fingerprint.Robust;
    }

    private static void Show(Terminal terminal, ComparisonDocument document, FingerprintVerdict verdict) =>
        terminal.Show(document, CliJson.Default.ComparisonDocument, console =>
        {
            console.MarkupLine(verdict switch
            {
                FingerprintVerdict.Identical => document.SameNames ? "[green]Identical[/], names included" : "[green]Identical[/], under other names",
                FingerprintVerdict.Derived => "[green]Derived[/]: one was made from the other, or both from a third",
                FingerprintVerdict.Independent => "[red]Independent[/]: nothing speaks for a common origin",
                _ => "[yellow]Not comparable[/]: the two have no part in common that says something",
            });
            Terminal.Facts(console,
                ("A, position by position", Describe(document.A, document.ThresholdA)),
                ("B, whatever the row order", Describe(document.B, FingerprintComparison.ThresholdB)),
                ("C, whatever the column order", Describe(document.C, FingerprintComparison.ThresholdC)));
        });

    private static string Describe(double? distance, double threshold) => distance is { } value
        ? string.Create(CultureInfo.InvariantCulture, $"{value:0.000} of the bits differ; derived from {threshold:0.00} down, unrelated around 0.5")
        : "not comparable";
}
