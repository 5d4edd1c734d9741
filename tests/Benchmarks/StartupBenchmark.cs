using System.Globalization;

namespace Bulwark.Benchmarks;

/// <summary>How long a person waits for the help, against the shell's own start.</summary>
internal static class StartupBenchmark
{
    private const int Rounds = 21;

    /// <summary>Runs the benchmark.</summary>
    public static void Run()
    {
        ChildProcess.Cost shell = ChildProcess.Median(Rounds, static () => { }, "/bin/sh", "-c", "true")!.Value;
        ChildProcess.Cost help = ChildProcess.Median(Rounds, static () => { }, ChildProcess.Bulwark, "--help")!.Value;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"/bin/sh -c true {1000 * shell.Wall,6:0} ms;  bulwark --help {1000 * help.Wall,6:0} ms, {1000 * help.Cpu:0} ms of CPU; medians of {Rounds}"));
    }
}
