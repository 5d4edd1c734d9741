using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Bulwark.Benchmarks;

/// <summary>Runs other programs, and ours as people run it, and tells what they cost.</summary>
internal static partial class ChildProcess
{
    private const int Children = -1;

    /// <summary>What a process cost.</summary>
    /// <param name="Wall">Seconds from start to end.</param>
    /// <param name="Cpu">Seconds of user and system time.</param>
    /// <param name="PeakMebibytes">Highest resident memory seen.</param>
    public readonly record struct Cost(double Wall, double Cpu, double PeakMebibytes);

    /// <summary>The command line as it was built for people.</summary>
    public static string Bulwark { get; } = Path.Combine(
        typeof(ChildProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "BulwarkProgramFolder").Value!, "bulwark");

    /// <summary>Runs a program several times and takes the median of each figure.</summary>
    /// <param name="rounds">How often.</param>
    /// <param name="before">Run before each round, not measured.</param>
    /// <param name="program">The program; null in the answer when this machine lacks it.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Cost? Median(int rounds, Action before, string program, params string[] arguments)
    {
        if (!program.Contains('/', StringComparison.Ordinal) && !Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, program))))
            return null;
        List<Cost> costs = [];
        for (int i = 0; i < rounds; i++)
        {
            before();
            costs.Add(Run(program, arguments));
        }

        return new Cost(Middle(costs, c => c.Wall), Middle(costs, c => c.Cpu), Middle(costs, c => c.PeakMebibytes));
    }

    /// <summary>Runs a program once; it must succeed.</summary>
    public static Cost Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        double cpuBefore = ChildCpuSeconds();
        Stopwatch watch = Stopwatch.StartNew();
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task drained = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        double peak = 0;
        while (!process.WaitForExit(5))
            peak = Math.Max(peak, PeakMebibytes(process.Id));
        double wall = watch.Elapsed.TotalSeconds;
        Task.WaitAll(error, drained);
        return process.ExitCode == 0
            ? new Cost(wall, ChildCpuSeconds() - cpuBefore, peak)
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}\n{error.Result}");
    }

    private static double Middle(List<Cost> costs, Func<Cost, double> figure)
    {
        double[] sorted = [.. costs.Select(figure).Order()];
        return sorted[sorted.Length / 2];
    }

    private static double PeakMebibytes(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.AsSpan(6, line.Length - 8), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return 0; // it ended meanwhile
        }
    }

    private static double ChildCpuSeconds()
    {
        if (GetResourceUsage(Children, out ResourceUsage usage) != 0)
            throw new InvalidOperationException("getrusage failed.");
        return usage.UserSeconds + usage.SystemSeconds + (usage.UserMicroseconds + usage.SystemMicroseconds) / 1e6;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetResourceUsage(int who, out ResourceUsage usage);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct ResourceUsage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
        public fixed long Others[14];
    }
}
