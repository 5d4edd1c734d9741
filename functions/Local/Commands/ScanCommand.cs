using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Bulwark.Local;
using Bulwark.Scanning;
using Bulwark.Storage;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark scan PATH...</c>.</summary>
internal static class ScanCommand
{
    private const int MostAtOnce = 8;
    private const int MostShown = 5;

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Argument<string[]> paths = new("PATH") { Description = "Files, and folders with all that is in them; links in folders are not followed.", Arity = ArgumentArity.OneOrMore };
        Option<string?> sarif = new("--sarif") { Description = "Also write the findings as SARIF 2.1.0.", HelpName = "FILE" };
        return new ExampleCommand(
            "scan",
            "Say of each file whether it is benign, suspicious, malformed or malicious; nothing is executed. Exit code 0: all benign; 1: malicious or malformed ones; 2: something could not be read; 3: suspicious ones.",
            "bulwark scan model.gguf",
            "bulwark scan models --sarif findings.sarif",
            "bulwark scan models --json | jq -r '.files[] | select(.verdict != \"benign\") | .path'")
        {
            paths, sarif,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            Stopwatch watch = Stopwatch.StartNew();
            ScanTargets targets = ScanTargets.Find(parsed.GetValue(paths)!);
            ScanDocument document = await terminal.WithCountAsync("scanning", targets.Files.Count, progress => ScanAsync(targets, progress, cancellationToken));
            if (parsed.GetValue(sarif) is { } file)
            {
                SarifLog log = SarifLog.Of(document, Directory.GetCurrentDirectory());
                await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(log, CliJson.Default.SarifLog), cancellationToken);
            }

            Show(terminal, document, targets, watch.Elapsed);
            return CodeFor(document.Summary);
        });
    }

    // What is malicious is the answer, whatever else could not be read; and what could not be read is not benign.
    private static int CodeFor(ScanSummaryDocument summary) =>
        summary.Malicious + summary.Malformed > 0 ? ExitCode.No
        : summary.Unreadable > 0 ? ExitCode.Fault
        : summary.Suspicious > 0 ? ExitCode.Review
        : ExitCode.Good;

    private static async Task<ScanDocument> ScanAsync(ScanTargets targets, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        FolderObjectStore store = new();
        ScannedFileDocument?[] scanned = new ScannedFileDocument?[targets.Files.Count];
        ConcurrentQueue<(int Index, ScanErrorDocument Error)> errors = [];
        int[] verdicts = new int[Enum.GetValues<Verdict>().Length];
        int done = 0;
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Math.Min(MostAtOnce, Environment.ProcessorCount), CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, scanned.Length, parallel, async (i, stop) =>
        {
            ScanTarget target = targets.Files[i];
            try
            {
                ScanReport report = await ScanAsync(store, target.File, stop);
                Interlocked.Increment(ref verdicts[(int)report.Verdict]);
                scanned[i] = ScannedFileDocument.Of(target.Path, report);
            }
            catch (StorageException error)
            {
                // One file that is gone, locked or no file does not keep the others from being scanned.
                errors.Enqueue((i, ScanErrorDocument.Of(target.Path, error)));
            }

            progress?.Report(Interlocked.Increment(ref done));
        });

        ScanErrorDocument[] failed = [.. targets.Errors, .. errors.OrderBy(e => e.Index).Select(e => e.Error)];
        ScannedFileDocument[] files = [.. scanned.OfType<ScannedFileDocument>()];
        return new ScanDocument(files, failed, new ScanSummaryDocument(
            files.Length, verdicts[(int)Verdict.Benign], verdicts[(int)Verdict.Suspicious], verdicts[(int)Verdict.Malformed], verdicts[(int)Verdict.Malicious], failed.Length, targets.Links));
    }

    private static async Task<ScanReport> ScanAsync(FolderObjectStore store, string path, CancellationToken cancellationToken)
    {
        (string container, string name) = Arguments.Locate(path);
        ObjectRef file = await store.FindAsync(container, name, cancellationToken) ?? throw StorageException.NotFound(path);
        await using IObjectReader reader = await store.OpenReadAsync(file, cancellationToken);
        return await new ModelScanner().ScanAsync(reader, store, cancellationToken);
    }

    // Benign files are listed when they were named; the thousands in a folder are counted.
    private static void Show(Terminal terminal, ScanDocument document, ScanTargets targets, TimeSpan took) =>
        terminal.Show(document, CliJson.Default.ScanDocument, console =>
        {
            HashSet<string> named = [.. targets.Files.Where(t => t.Named).Select(t => t.Path)];
            foreach (ScannedFileDocument file in document.Files.Where(f => f.Verdict != "benign" || named.Contains(f.Path)))
                Show(console, file);
            foreach (ScanErrorDocument error in document.Errors)
            {
                Line(console, "unreadable", "red", error.Path);
                Indented(console, $"{error.Message} [{error.Code}]");
            }

            Summarise(console, document.Summary, took);
        });

    private static void Show(IAnsiConsole console, ScannedFileDocument file)
    {
        string colour = file.Verdict switch { "benign" => "green", "suspicious" => "yellow", _ => "red" };
        Line(console, file.Verdict, colour, $"{file.Path}  ({file.Format})");
        ScanFindingDocument[] worst = [.. file.Findings.OrderByDescending(f => Rank(f)).Take(MostShown)];
        foreach (ScanFindingDocument finding in worst)
        {
            string place = finding.Location == Path.GetFileName(file.Path) ? "" : $" In {finding.Location}";
            string offset = finding.Offset is { } at ? string.Create(CultureInfo.InvariantCulture, $"{(place.Length > 0 ? ", at" : " At")} byte {at}") : "";
            Indented(console, $"{finding.Rule} {finding.Severity}: {finding.Title}. {finding.Message}{place}{offset}{(place.Length + offset.Length > 0 ? "." : "")}");
        }

        if (file.Findings.Count > worst.Length)
            Indented(console, string.Create(CultureInfo.InvariantCulture, $"... and {file.Findings.Count - worst.Length} more; --json has them all."));
    }

    private static int Rank(ScanFindingDocument finding) =>
        10 * (int)Enum.Parse<Verdict>(finding.Verdict, ignoreCase: true) + (int)Enum.Parse<Findings.Severity>(finding.Severity, ignoreCase: true);

    private static void Summarise(IAnsiConsole console, ScanSummaryDocument summary, TimeSpan took)
    {
        string counts = string.Join(", ", new[] { (summary.Benign, "benign"), (summary.Suspicious, "suspicious"), (summary.Malformed, "malformed"), (summary.Malicious, "malicious") }
            .Where(c => c.Item1 > 0).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Item1:N0} {c.Item2}")));
        string files = summary.Files == 1 ? "1 file" : string.Create(CultureInfo.InvariantCulture, $"{summary.Files:N0} files");
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{files} scanned in {took.TotalSeconds:0.0} s{(counts.Length > 0 ? ": " : "")}{counts}."));
        if (summary.Unreadable > 0)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Could not be read, so that nothing is known about it: {summary.Unreadable:N0}."));
        if (summary.LinksNotFollowed > 0)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Links that were not followed: {summary.LinksNotFollowed:N0}. Name one to scan the file that it leads to."));
        if (summary.Malicious + summary.Malformed > 0)
            console.WriteLine("Do not load what is malicious or malformed.");
        if (summary.Suspicious > 0)
            console.WriteLine("Look at what is suspicious before it is used; 'bulwark protect' takes it only with --allow-suspicious.");
    }

    // The path is never wrapped: people copy it.
    private static void Line(IAnsiConsole console, string word, string colour, string text)
    {
        console.Markup($"[{colour}]{word,-10}[/]  ");
        console.Profile.Out.Writer.WriteLine(Terminal.Printable(text));
    }

    // Wrapped between words; a name that is longer than a line stays whole.
    private static void Indented(IAnsiConsole console, string text)
    {
        const string Indent = "    ";
        TextWriter writer = console.Profile.Out.Writer;
        int column = 0;
        foreach (string word in Terminal.Printable(text).Split(' '))
        {
            bool begins = column == 0 || column + 1 + word.Length > console.Profile.Width;
            if (begins && column > 0)
                writer.WriteLine();
            writer.Write(begins ? Indent : " ");
            writer.Write(word);
            column = (begins ? Indent.Length : column + 1) + word.Length;
        }

        writer.WriteLine();
    }
}
