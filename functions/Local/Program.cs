using System.CommandLine;
using System.CommandLine.Invocation;

namespace Bulwark.Functions.Local;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        try
        {
            ParseResult parsed = BulwarkCommand.Create().Parse(args, BulwarkCommand.Parsing);
            if (parsed.Action is ParseErrorAction)
                return BulwarkCommand.Refuse(parsed);
            // Ctrl-C and SIGTERM cancel the command's token; it then has ten seconds to leave nothing half-written.
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
        }
        catch (IOException)
        {
            // Standard output or error itself cannot be written: there is nobody left to tell.
            return ExitCode.Fault;
        }
    }
}
