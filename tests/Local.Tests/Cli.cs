using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace Bulwark.Local.Cli.Tests;

/// <summary>Runs the real program in a process of its own, with its own home folder.</summary>
public sealed class Cli : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>A folder for the test's files; removed afterwards.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("bulwark-cli-").FullName;

    /// <summary>BULWARK_HOME of the runs.</summary>
    public string Home => Path.Combine(Folder, "home");

    private static string Program => Path.Combine(
        typeof(Cli).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "BulwarkProgramFolder").Value!,
        OperatingSystem.IsWindows() ? "bulwark.exe" : "bulwark");

    /// <summary>A path in the test's folder.</summary>
    public string this[string name] => Path.Combine(Folder, name);

    /// <summary>Runs to the end.</summary>
    public Outcome Run(params string[] arguments) => Finish(Start(arguments), $"bulwark {string.Join(' ', arguments)}");

    private static Outcome Finish(Process started, string what)
    {
        using Process process = started;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{what} did not end: {error.Result}");
        }

        return new Outcome(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Runs a script of bash, in which <c>bulwark</c> is the program, in the test's folder.</summary>
    public Outcome Bash(string script) => Finish(Process.Start(StartInfoOf("bash", ["-c", script]))!, "bash");

    /// <summary>Starts without waiting.</summary>
    public Process Start(params string[] arguments) => Process.Start(StartInfo(arguments))!;

    /// <summary>How a run is started.</summary>
    public ProcessStartInfo StartInfo(params string[] arguments) => StartInfoOf(Program, arguments);

    private ProcessStartInfo StartInfoOf(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        start.Environment["BULWARK_HOME"] = Home;
        start.Environment["PATH"] = $"{Path.GetDirectoryName(Program)}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? Path.GetDirectoryName(Environment.ProcessPath);
        return start;
    }

    public void Dispose()
    {
        // .NET cannot delete names that are not UTF-8.
        if (OperatingSystem.IsLinux())
            Bulwark.Testing.Shell.Run("rm", "-rf", Folder);
        else
            Directory.Delete(Folder, recursive: true);
    }

    /// <summary>What a run left.</summary>
    public sealed record Outcome(int Code, string Output, string Error)
    {
        /// <summary>Standard output as one JSON document.</summary>
        public JsonElement Json => JsonDocument.Parse(Output).RootElement;

        public override string ToString() => $"exit code {Code}\n{Output}\n{Error}";
    }
}
