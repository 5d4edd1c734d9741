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
                            bars[update.Stage] = bar = context.AddTask(Label(update.Stage), maxValue: Math.Max(1, update.TotalBytes));
                            bar.IsIndeterminate = update.TotalBytes < 0;
                        }

                        if (update.TotalBytes >= 0)
                            bar.Value = update.DoneBytes;
                        else
                            bar.Description = $"{Label(update.Stage)} {Arguments.Size(update.DoneBytes)}";
                    }
                }));
            });
    }

    /// <summary>The same for work of one stage whose size is not known beforehand: bytes are counted up.</summary>
    public Task<T> WithProgressAsync<T>(string stage, Func<IProgress<long>?, Task<T>> work) =>
        WithProgressAsync(progress => work(progress is null ? null : new ByteReporter(stage, progress)));

    /// <summary>Runs work on many things under a bar that counts them, if someone is watching.</summary>
    public async Task<T> WithCountAsync<T>(string stage, int total, Func<IProgress<int>?, Task<T>> work)
    {
        if (Json || Console.IsErrorRedirected || total < 2)
            return await work(null);
        return await _error.Value.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{stage} {total:N0} files"), maxValue: total);
                return await work(new Counter(done => bar.Value = Math.Max(bar.Value, done)));
            });
    }

    /// <summary>Says on standard error what went wrong and what to do; returns the exit code.</summary>
    public int Fail(BulwarkException error)
    {
        if (Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new ErrorDocument(new ErrorBody(error.Code, error.Message, error.Remedy, error.Unrecorded?.Code)), CliJson.Default.ErrorDocument));
        }

        Console.Error.WriteLine($"bulwark: {Printable(error.Message)} [{error.Code}]");
        Console.Error.WriteLine($"         {Printable(error.Remedy)}");
        if (error.Unrecorded is { } log)
            Console.Error.WriteLine($"         This could not be written to the audit log: {Printable(log.Message)} [{log.Code}]");
        return error.Kind == ErrorKind.Refused ? ExitCode.No : ExitCode.Fault;
    }

    /// <summary>A line for a person on standard error.</summary>
    public static void Say(string line) => Console.Error.WriteLine(Printable(line));

    /// <summary>Hostile names must not drive the reader's terminal, nor turn around what stands beside them.</summary>
    public static string Printable(string text) =>
        string.Create(text.Length, text, static (to, from) =>
        {
            for (int i = 0; i < to.Length; i++)
                to[i] = char.IsControl(from[i]) || IsDirection(from[i]) ? '\uFFFD' : from[i];
        });

    // Unicode's controls of writing direction (UAX 9), and its line and paragraph separators.
    private static bool IsDirection(char c) => c is '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private sealed class Counter(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }

    // A stage may be a file's name, which the progress bar would read as markup.
    private static string Label(string stage) => Markup.Escape(Printable(stage));

    private sealed class ByteReporter(string stage, IProgress<ProtectionProgress> progress) : IProgress<long>
    {
        public void Report(long value) => progress.Report(new ProtectionProgress(stage, value, TotalBytes: -1));
    }

    private sealed class Reporter(Action<ProtectionProgress> report) : IProgress<ProtectionProgress>
    {
        public void Report(ProtectionProgress value) => report(value);
    }
}
