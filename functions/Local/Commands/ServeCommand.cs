using System.CommandLine;
using Bulwark.Audit;
using Bulwark.Keys;
using Bulwark.Local;
using Bulwark.Protection;
using Bulwark.Storage;

namespace Bulwark.Functions.Local.Commands;

/// <summary><c>bulwark serve</c>: watches a folder and protects what lands there.</summary>
internal static class ServeCommand
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Option<string> incoming = new("--incoming") { Description = "Folder to watch.", Required = true, HelpName = "DIR" };
        Option<string?> output = new("--out") { Description = "Folder for protected models; 'protected' beside the watched one by default.", HelpName = "DIR" };
        Option<double> settle = new("--settle")
        {
            Description = "Seconds a file must stand still before it is taken.",
            DefaultValueFactory = _ => 2,
            HelpName = "SECONDS",
        };
        Option<string?> quarantine = Arguments.Quarantine();
        Option<bool> delete = new("--delete-source") { Description = "Delete each plaintext once it is protected." };
        return new ExampleCommand(
            "serve",
            "Watch a folder and protect every model that lands in it, until Ctrl-C or SIGTERM.",
            "bulwark serve --incoming ~/models/incoming --out ~/models/protected")
        {
            incoming, output, settle, quarantine, delete,
        }.Does(async (parsed, terminal, cancellationToken) =>
        {
            string folder = Arguments.Folder(parsed.GetValue(incoming)!);
            string destination = parsed.GetValue(output) is { } given
                ? Arguments.Folder(given)
                : Path.Combine(Path.GetDirectoryName(folder) ?? "/", "protected");
            if (!Directory.Exists(folder))
                throw StorageException.NotFound(folder);
            if (Arguments.IsInside(destination, folder))
                throw UsageException.BadOption("--out", "it lies inside the watched folder", "Name a folder elsewhere, so that results are not taken for models.");
            string? aside = parsed.GetValue(quarantine) is { } chosen ? Arguments.Folder(chosen) : null;
            if (aside is not null && (Arguments.IsInside(aside, folder) || Arguments.IsInside(folder, aside)))
                throw UsageException.BadOption("--quarantine", "it and the watched folder lie in each other", "Name a folder elsewhere, so that copies are not taken for models.");
            double seconds = parsed.GetValue(settle);
            if (seconds is not (>= 0 and <= 3600))
                throw UsageException.BadOption("--settle", "it is not between 0 and 3600", "Give a number of seconds.");

            // Makes the keys, and refuses exposed ones, before anything lands.
            await using (LocalHost host = await LocalHost.OpenAsync(cancellationToken))
            {
                if (aside is null && Arguments.IsInside(host.Services.QuarantineContainer, folder))
                    throw UsageException.BadOption("--incoming", "the quarantine lies in it", "Watch another folder, or name another one with --quarantine.");
            }

            IncomingWatcher watcher = new(new FolderObjectStore(), folder, TimeSpan.FromSeconds(seconds), TimeProvider.System);
            ProtectionOptions options = new() { DeleteSource = parsed.GetValue(delete) };
            Terminal.Say($"Watching {folder}; protected models go to {destination}.");
            string? trouble = null;
            try
            {
                while (true)
                {
                    foreach (ObjectRef file in await watcher.SettledAsync(cancellationToken))
                        await ProtectAsync(watcher, file, destination, aside, options, terminal, cancellationToken);
                    if (watcher.Trouble is { } found && found != trouble)
                        Terminal.Say($"warning   {found}");
                    trouble = watcher.Trouble;
                    await Task.Delay(PollInterval, cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                Terminal.Say("Stopped; nothing is half-written.");
                return ExitCode.Good;
            }
        });
    }

    private static async Task ProtectAsync(
        IncomingWatcher watcher, ObjectRef file, string destination, string? quarantine, ProtectionOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            // Opened anew each time: keys may have been rotated meanwhile.
            await using LocalHost host = await LocalHost.OpenAsync(cancellationToken);
            ProtectionResult result = await host.ProtectAsync(file.Container, file.Name, destination, quarantine, options, terminal, cancellationToken);
            watcher.Take(file);
            Terminal.Say($"protected {file.Name} ({result.Format}, sha256 {result.Sha256})");
        }
        catch (BulwarkException error) when (error.Kind == ErrorKind.Refused && error is not (AuditException or KeyException))
        {
            // It will not become better by trying again; a new version of it is looked at anew.
            watcher.Take(file);
            Terminal.Say($"refused   {file.Name}: {error.Message} [{error.Code}]");
        }
        catch (StorageException error) when (error.Code == "BW1001" && !File.Exists(Path.Combine(file.Container, file.Name)))
        {
            // Taken away again, or another server was faster and deleted it.
        }
        catch (Exception error) when (error is not (OperationCanceledException or OutOfMemoryException))
        {
            // Whatever one file brings about, the others must still be served.
            TimeSpan pause = watcher.Postpone(file);
            string code = error is BulwarkException coded ? $" [{coded.Code}]" : "";
            Terminal.Say($"failed    {file.Name}: {error.Message}{code} Trying again in {pause.TotalSeconds:0} s.");
        }
    }
}
