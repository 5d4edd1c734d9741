using System.CommandLine;
using System.CommandLine.Help;
using Bulwark.Functions.Local.Commands;

namespace Bulwark.Functions.Local;

/// <summary>The root of the command line, and how every command runs.</summary>
internal static class BulwarkCommand
{
    private static readonly Option<bool> JsonOption = new("--json")
    {
        Description = "Print one JSON document on standard output.",
        Recursive = true,
    };

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
            SignCommand.Create(),
            VerifySignatureCommand.Create(),
            WatermarkCommand.Create(),
            KeysCommand.Create(),
            LogCommand.Create(),
            ServeCommand.Create(),
            CompletionCommand.Create(),
        };

        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExamplesHelpAction((HelpAction)help.Action!);
        return root;
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
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
            {
                return terminal.Fail(UsageException.Unexpected(error));
            }
        });
        return command;
    }
}
