using System.CommandLine;
using System.Text.Json;
using Bulwark.Scanning;
using Bulwark.Storage;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark scan PATH...</c>.</summary>
internal static class ScanCommand
{
    private const int Parallel = 4;

    // A folder that a link leads to may lie anywhere, and may lead back.
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string[]> paths = new("PATH") { Description = "Files, and folders with all that is in them; links in folders are not followed.", Arity = ArgumentArity.OneOrMore };
        Option<string?> sarif = new("--sarif") { Description = "Also write the findings as SARIF 2.1.0.", HelpName = "FILE" };
        return new ExampleCommand(
            "scan",
            "Say of each file whether it is benign, suspicious, malformed or malicious; nothing is executed.",
            "bulwark scan model.gguf",
            "bulwark scan models --sarif findings.sarif            # exit code 0 benign, 1 malicious or malformed, 3 suspicious")
        {
            paths, sarif,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            string[] files = [.. parsed.GetValue(paths)!.SelectMany(Expand).Distinct()];
            ScannedFileDocument[] scanned = new ScannedFileDocument[files.Length];
            Verdict[] verdicts = new Verdict[files.Length];
            await System.Threading.Tasks.Parallel.ForAsync(0, files.Length, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken }, async (i, stop) =>
            {
                await using IObjectReader reader = await LocalHost.OpenFileAsync(files[i], stop);
                ScanReport report = await new ModelScanner().ScanAsync(reader, stop);
                verdicts[i] = report.Verdict;
                scanned[i] = ScannedFileDocument.Of(files[i], report);
            });

            ScanDocument document = new(scanned);
            if (parsed.GetValue(sarif) is { } file)
                await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(SarifLog.Of(document), CliJson.Default.SarifLog), cancellationToken);
            Show(terminal, document);
            return verdicts.DefaultIfEmpty().Max() switch
            {
                Verdict.Benign => ExitCode.Good,
                Verdict.Suspicious => ExitCode.Review,
                _ => ExitCode.No,
            };
        });
    }

    private static IEnumerable<string> Expand(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", Everything).Order(StringComparer.Ordinal) : [path];

    private static void Show(Terminal terminal, ScanDocument document) =>
        terminal.Show(document, CliJson.Default.ScanDocument, console =>
        {
            Table table = new() { Border = TableBorder.Rounded };
            table.AddColumns("file", "format", "verdict", "why");
            foreach (ScannedFileDocument file in document.Files)
            {
                string why = string.Join('\n', file.Findings.Select(f => $"{f.Rule} {f.Title}: {f.Message}"));
                table.AddRow(new Text(Terminal.Printable(file.Path)), new Text(file.Format), new Text(file.Verdict), new Text(string.Join('\n', why.Split('\n').Select(Terminal.Printable))));
            }

            console.Write(table);
        });
}
