using System.CommandLine;
using Bulwark.Audit;
using Bulwark.Local;
using Spectre.Console;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark keys</c>: the keys of this user.</summary>
internal static class KeysCommand
{
    private static readonly Dictionary<string, LocalKeyKind> Kinds = new(StringComparer.Ordinal)
    {
        ["signing"] = LocalKeyKind.Signing,
        ["wrapping"] = LocalKeyKind.Wrapping,
        ["watermark"] = LocalKeyKind.Watermark,
        ["log"] = LocalKeyKind.Log,
        ["mldsa"] = LocalKeyKind.MLDsa,
    };

    /// <summary>Builds the command.</summary>
    public static Command Create() => new("keys", "Keys under BULWARK_HOME: list, rotate, export the public halves.") { List(), Rotate(), ExportPublic() };

    private static ExampleCommand List() => new ExampleCommand("list", "Show every key; secrets are never shown.", "bulwark keys list")
        .Does((_, terminal, _) =>
        {
            List<KeyDocument> keys = [.. LocalKeyRing.Default().List().Select(KeyDocument.Of)];
            terminal.Show(keys, CliJson.Default.ListKeyDocument, console =>
            {
                if (keys.Count == 0)
                {
                    console.WriteLine($"No keys in {LocalKeyRing.Default().Home} yet; they are made on first use.");
                    return;
                }

                Table table = new() { Border = TableBorder.Rounded };
                table.AddColumns("kind", "id", "algorithm", "in use", "created");
                foreach (KeyDocument key in keys)
                    table.AddRow(key.Kind, key.Id, key.Algorithm, key.InUse ? "yes" : "kept", key.Created is { } at ? $"{at:u}" : "");
                console.Write(table);
                console.WriteLine($"Back up {LocalKeyRing.Default().Home}: without it nothing that was encrypted can be opened.");
            });
            return Task.FromResult(ExitCode.Good);
        });

    private static ExampleCommand Rotate()
    {
        Argument<string> kind = Kind();
        return new ExampleCommand(
            "rotate",
            "Make a new key and use it from now on; the old one is kept for opening, verifying and detecting.",
            "bulwark keys rotate signing")
        {
            kind,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            string name = parsed.GetValue(kind)!;
            LocalKeyInfo current;
            await using (LocalHost host = await LocalHost.OpenAsync(cancellationToken))
            {
                // No rotation without its entry: a log that would refuse it must say so before the key is changed.
                await host.Services.Audit.HeadAsync(cancellationToken);
                await host.Keys.RotateAsync(Kinds[name], cancellationToken);
                current = host.Keys.List().First(k => k.Kind == Kinds[name] && k.IsCurrent);
            }

            // Opened anew: when the log's own key was rotated, the entry is signed with the new one.
            await using LocalHost after = await LocalHost.OpenAsync(cancellationToken);
            await after.Services.Audit.AppendAsync(
                new AuditEntry
                {
                    Actor = after.Services.Actor,
                    Action = "key.rotated",
                    Subject = new AuditSubject { Name = $"{name}/{current.Id}" },
                    Outcome = "success",
                },
                cancellationToken);
            KeyDocument document = KeyDocument.Of(current);
            terminal.Show(document, CliJson.Default.KeyDocument, console => console.WriteLine($"New {name} key {current.Id}; the old one is kept."));
            return ExitCode.Good;
        });
    }

    private static ExampleCommand ExportPublic()
    {
        Argument<string> kind = new Argument<string>("KIND") { Description = "signing, log or mldsa.", DefaultValueFactory = _ => "signing" }
            .AcceptOnlyFromAmong("signing", "log", "mldsa");
        return new ExampleCommand(
            "export-public",
            "Print the public key as PEM, for those who verify.",
            "bulwark keys export-public > signing.pub.pem")
        {
            kind,
        }.Does((parsed, terminal, _) =>
        {
            string pem = LocalKeyRing.Default().ExportPublic(Kinds[parsed.GetValue(kind)!]);
            if (terminal.Json)
                terminal.Show(new PublicKeyDocument(pem), CliJson.Default.PublicKeyDocument, _ => { });
            else
                Console.Out.Write(pem);
            return Task.FromResult(ExitCode.Good);
        });
    }

    private static Argument<string> Kind() =>
        new Argument<string>("KIND") { Description = "signing, wrapping, watermark, log or mldsa." }.AcceptOnlyFromAmong([.. Kinds.Keys]);
}
