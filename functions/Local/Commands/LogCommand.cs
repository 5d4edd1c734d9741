using System.CommandLine;
using Bulwark.Audit;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark log</c>: the audit log.</summary>
internal static class LogCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("log", "The append-only audit log of what was done to models and keys.") { Verify(), Show() };

    private static ExampleCommand Verify()
    {
        Option<string?> cloud = Workplace.Cloud();
        return new ExampleCommand(
            "verify",
            "Prove that every entry is in the signed tree and that nothing was altered, dropped or reordered since it was last seen.",
            "bulwark log verify",
            "bulwark log verify --cloud aws")
        {
            cloud,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            await using Workplace host = await Workplace.OpenAsync(parsed.GetValue(cloud), cancellationToken);
            AuditReport report = await host.Services.Audit.VerifyAsync(progress: null, cancellationToken);
            LogDocument document = LogDocument.Of(report, host.Services.Audit.VerifierKey.ToString());
            terminal.Show(document, CliJson.Default.LogDocument, console =>
            {
                console.MarkupLine(document.Intact ? "[green]Intact[/]" : "[red]Not intact[/]");
                Terminal.Facts(console,
                    ("entries", $"{document.Size}"),
                    ("root", document.Root),
                    ("verifier key", document.VerifierKey));
                foreach (LogFaultDocument fault in document.Faults)
                    console.WriteLine(Terminal.Printable(fault.Sentence));
            });
            return document.Intact ? ExitCode.Good : ExitCode.No;
        });
    }

    private static ExampleCommand Show()
    {
        Option<long> from = new("--from") { Description = "First entry to show.", DefaultValueFactory = _ => 0 };
        Option<string?> cloud = Workplace.Cloud();
        return new ExampleCommand("show", "List the entries, each checked against the signed tree.", "bulwark log show --from 10", "bulwark log show --cloud aws")
        {
            from, cloud,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            await using Workplace host = await Workplace.OpenAsync(parsed.GetValue(cloud), cancellationToken);
            List<LogEntryDocument> entries = [];
            await foreach (AuditRecord record in host.Services.Audit.ReadAsync(parsed.GetValue(from), cancellationToken))
                entries.Add(LogEntryDocument.Of(record));
            terminal.Show(entries, CliJson.Default.ListLogEntryDocument, console =>
            {
                Table table = new() { Border = TableBorder.Rounded };
                table.AddColumns("#", "time", "actor", "action", "outcome", "subject");
                foreach (LogEntryDocument entry in entries)
                {
                    table.AddRow(
                        [.. new[] { $"{entry.Index}", $"{entry.Time:u}", entry.Actor, entry.Action, entry.Outcome, entry.Subject }
                            .Select(cell => new Text(Terminal.Printable(cell)))]);
                }

                console.Write(table);
            });
            return ExitCode.Good;
        });
    }
}
