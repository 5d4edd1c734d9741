using System.CommandLine;
using System.CommandLine.Invocation;

namespace Bulwark.Functions.Local;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        ParseResult parsed = BulwarkCommand.Create().Parse(args);
        // Ctrl-C and SIGTERM cancel the command's token; it then has ten seconds to leave nothing half-written.
        int code = await parsed.InvokeAsync(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
        // The library answers 1 to a wrong command line; here 1 means "the answer is no".
        return parsed.Action is ParseErrorAction ? ExitCode.Fault : code;
    }
}
