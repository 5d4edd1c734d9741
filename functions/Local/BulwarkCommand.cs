using System.CommandLine;
using System.CommandLine.Help;
using Bulwark.Functions.Local.Commands;
using Bulwark.Storage;

namespace Bulwark.Functions.Local;

/// <summary>The root of the command line, and how every command runs.</summary>
internal static class BulwarkCommand
{
    private static readonly Option<bool> JsonOption = new("--json")
    {
        Description = "Print one JSON document on standard output.",
        Recursive = true,
    };

    /// <summary>How arguments are read. Response files are off: in <c>bulwark scan *</c> a file called @x would bring arguments of its own.</summary>
    public static ParserConfiguration Parsing { get; } = new() { ResponseFileTokenReplacer = null };

    // ENOSPC, EROFS, and ERROR_DISK_FULL as an HRESULT.
    private const int NoSpaceOnUnix = 28;
    private const int ReadOnlyOnUnix = 30;
    private const int NoSpaceOnWindows = unchecked((int)0x80070070);

    /// <summary>Builds the whole command line.</summary>
    public static RootCommand Create()
    {
        RootCommand root = new("Zero-trust security for machine-learning models: protect, verify, open.")
        {
            JsonOption,
            ProtectCommand.Create(),
            VerifyCommand.Create(),
            OpenCommand.Create(),
            InspectCommand.Create(),
            ScanCommand.Create(),
            SignCommand.Create(),
            VerifySignatureCommand.Create(),
            WatermarkCommand.Create(),
            FingerprintCommand.Create(),
            CompareCommand.Create(),
            KeysCommand.Create(),
            LogCommand.Create(),
            ServeCommand.Create(),
            CompletionCommand.Create(),
        };

        HelpOption help = root.Options.OfType<HelpOption>().Single();
        foreach (string other in new[] { "/?", "/h" })
            help.Aliases.Remove(other);
        help.Action = new ExamplesHelpAction((HelpAction)help.Action!);
        return root;
    }

    /// <summary>A command line that does not fit: one message, and nothing on standard output that a script could take for a result.</summary>
    public static int Refuse(ParseResult parsed)
    {
        string command = string.Join(' ', Path(parsed.CommandResult.Command).Reverse());
        bool json = parsed.Tokens.Any(t => t.Value == JsonOption.Name);
        // The parser writes some messages as several lines.
        string[] lines = [.. parsed.Errors.SelectMany(e => e.Message.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        return new Terminal(json).Fail(UsageException.Wrong(string.Join(" ", lines), command));
    }

    private static IEnumerable<string> Path(Command command)
    {
        for (Command? at = command; at is not null; at = at.Parents.OfType<Command>().FirstOrDefault())
            yield return at is RootCommand ? "bulwark" : at.Name;
    }

    /// <summary>Gives a command its work: errors become one clear message and an exit code of the contract.</summary>
    public static ExampleCommand Does(this ExampleCommand command, Func<ParseResult, Terminal, CancellationToken, Task<int>> work)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            Terminal terminal = new(parsed.GetValue(JsonOption));
            try
            {
                return await work(parsed, terminal, cancellationToken);
            }
            catch (BulwarkException error)
            {
                return terminal.Fail(error);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return terminal.Fail(UsageException.Interrupted());
            }
            catch (IOException error) when (error.HResult is NoSpaceOnUnix or NoSpaceOnWindows)
            {
                return terminal.Fail(StorageException.NoSpace("what this command keeps", error));
            }
            catch (Exception error) when (error is UnauthorizedAccessException or IOException { HResult: ReadOnlyOnUnix })
            {
                return terminal.Fail(StorageException.AccessDenied($"something that this command needs ({error.Message.TrimEnd('.')})", error));
            }
            catch (Exception error) when (error is not (OperationCanceledException or OutOfMemoryException))
            {
                return terminal.Fail(UsageException.Unexpected(error));
            }
        });
        return command;
    }
}
