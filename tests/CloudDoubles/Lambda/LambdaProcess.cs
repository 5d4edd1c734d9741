using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Bulwark.CloudDoubles.Lambda;

/// <summary>The program in a sandbox: a process of its own with Lambda's environment and nothing else of ours.</summary>
public sealed class LambdaProcess : IDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private LambdaProcess(Process process) => Process = process;

    /// <summary>The process.</summary>
    public Process Process { get; }

    /// <summary>What it wrote to standard output, by line.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>The same as JSON; a line that is none fails.</summary>
    public IReadOnlyList<JsonElement> Entries => [.. _lines.Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>What it wrote to standard error.</summary>
    public string Errors => string.Join('\n', _errors);

    /// <summary>Starts it.</summary>
    /// <param name="program">The program; a <c>.dll</c> is run by <c>dotnet</c>.</param>
    /// <param name="address">Where the Runtime API is; null for a job.</param>
    /// <param name="environment">Further variables, <c>_HANDLER</c> among them.</param>
    /// <param name="arguments">Arguments.</param>
    public static LambdaProcess Start(string program, string? address, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        bool managed = program.EndsWith(".dll", StringComparison.Ordinal);
        ProcessStartInfo start = new(managed ? "dotnet" : program, managed ? [program, .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("AWS_", StringComparison.Ordinal) || k.StartsWith("BULWARK_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        if (address is not null)
            start.Environment["AWS_LAMBDA_RUNTIME_API"] = address;
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        LambdaProcess sandbox = new(Process.Start(start)!);
        sandbox.Process.OutputDataReceived += (_, line) => Keep(sandbox._lines, line.Data);
        sandbox.Process.ErrorDataReceived += (_, line) => Keep(sandbox._errors, line.Data);
        sandbox.Process.BeginOutputReadLine();
        sandbox.Process.BeginErrorReadLine();
        return sandbox;
    }

    /// <summary>Waits for its end and returns its exit code.</summary>
    public async Task<int> ExitAsync(TimeSpan? patience = null)
    {
        using CancellationTokenSource enough = new(patience ?? TimeSpan.FromSeconds(30));
        await Process.WaitForExitAsync(enough.Token);
        return Process.ExitCode;
    }

    /// <summary>Asks it to end, as Lambda and Batch do.</summary>
    public void Terminate()
    {
        using Process kill = Process.Start("kill", ["-TERM", Process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (!Process.HasExited)
            Process.Kill(entireProcessTree: true);
        Process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }
}
