using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bulwark.Protection;
using Spectre.Console;

namespace Bulwark.Functions.Local;

/// <summary>
/// What a person sees and what a script reads: with <c>--json</c> one JSON document on standard output, otherwise tables there;
/// progress bars and errors on standard error, bars only when that is a terminal.
/// </summary>
internal sealed class Terminal(bool json)
{
    private readonly Lazy<IAnsiConsole> _out = new(() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) }));

    private readonly Lazy<IAnsiConsole> _error = new(() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));

    /// <summary>True when the reader is a script.</summary>
    public bool Json { get; } = json;

    /// <summary>Prints the result: the document for a script, or what <paramref name="draw"/> makes of it for a person.</summary>
    public void Show<T>(T result, JsonTypeInfo<T> shape, Action<IAnsiConsole> draw)
    {
        if (Json)
            Console.Out.WriteLine(JsonSerializer.Serialize(result, shape));
        else
            draw(_out.Value);
    }

    /// <summary>Lines of what and its value. Never wrapped: people copy digests and paths.</summary>
    public static void Facts(IAnsiConsole console, params (string Name, string? Value)[] rows)
    {
        int width = rows.Max(r => r.Name.Length);
        foreach ((string name, string? value) in rows)
        {
            if (value is not null)
                console.Profile.Out.Writer.WriteLine($"  {Printable(name).PadRight(width)}  {Printable(value)}");
        }
    }

    /// <summary>Runs long work under a progress bar, if someone is watching.</summary>
    public async Task<T> WithProgressAsync<T>(Func<IProgress<ProtectionProgress>?, Task<T>> work)
    {
        if (Json || Console.IsErrorRedirected)
            return await work(null);
        return await _error.Value.Progress()
            .HideCompleted(false)
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                Dictionary<string, ProgressTask> bars = [];
                return await work(new Reporter(update =>
                {
                    lock (bars)
                    {
                        if (!bars.TryGetValue(update.Stage, out ProgressTask? bar))
                        {
                            bars[update.Stage] = bar = context.AddTask(update.Stage, maxValue: Math.Max(1, update.TotalBytes));
                            bar.IsIndeterminate = update.TotalBytes < 0;
                        }

                        if (update.TotalBytes >= 0)
                            bar.Value = update.DoneBytes;
                        else
                            bar.Description = $"{update.Stage} {Arguments.Size(update.DoneBytes)}";
                    }
                }));
            });
    }

    /// <summary>The same for work of one stage whose size is not known beforehand: bytes are counted up.</summary>
    public Task<T> WithProgressAsync<T>(string stage, Func<IProgress<long>?, Task<T>> work) =>
        WithProgressAsync(progress => work(progress is null ? null : new ByteReporter(stage, progress)));

    /// <summary>Says on standard error what went wrong and what to do; returns the exit code.</summary>
    public int Fail(BulwarkException error)
    {
        if (Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new ErrorDocument(new ErrorBody(error.Code, error.Message, error.Remedy)), CliJson.Default.ErrorDocument));
        }

        Console.Error.WriteLine($"bulwark: {Printable(error.Message)} [{error.Code}]");
        Console.Error.WriteLine($"         {Printable(error.Remedy)}");
        return error.Kind == ErrorKind.Refused ? ExitCode.No : ExitCode.Fault;
    }

    /// <summary>A line for a person on standard error.</summary>
    public static void Say(string line) => Console.Error.WriteLine(Printable(line));

    /// <summary>Hostile names must not drive the reader's terminal.</summary>
    public static string Printable(string text) =>
        string.Create(text.Length, text, static (to, from) =>
        {
            for (int i = 0; i < to.Length; i++)
                to[i] = char.IsControl(from[i]) ? '\uFFFD' : from[i];
        });

    private sealed class ByteReporter(string stage, IProgress<ProtectionProgress> progress) : IProgress<long>
    {
        public void Report(long value) => progress.Report(new ProtectionProgress(stage, value, TotalBytes: -1));
    }

    private sealed class Reporter(Action<ProtectionProgress> report) : IProgress<ProtectionProgress>
    {
        public void Report(ProtectionProgress value) => report(value);
    }
}
