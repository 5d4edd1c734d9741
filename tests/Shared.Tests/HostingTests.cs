using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;
using Bulwark.Functions.Hosting;
using Bulwark.Functions.Logging;
using Microsoft.Extensions.Logging;

namespace Bulwark.Functions.Tests;

public sealed class HostingTests : IDisposable
{
    private readonly Bench _bench = new();
    private readonly MemoryStream _output = new();
    private readonly JsonLineLogger _log;
    private readonly List<FunctionAnswer> _delivered = [];

    public HostingTests() => _log = new JsonLineLogger(_output, TimeProvider.System);

    public void Dispose() => _output.Dispose();

    private List<JsonElement> Lines =>
        [.. Encoding.UTF8.GetString(_output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    [Fact]
    public async Task An_invocation_leaves_one_summary_line_with_its_scope()
    {
        FunctionRunner runner = Runner();
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(1000));
        await RunAsync(runner, uploaded);
        await RunAsync(runner, uploaded);
        JsonElement[] summaries = [.. Lines.Where(l => l.GetProperty("event").GetString() == "Invocation")];
        Assert.Equal(2, summaries.Length);
        Assert.Equal([true, false], summaries.Select(s => s.GetProperty("coldStart").GetBoolean()));
        Assert.Equal(["protected", "already-protected"], summaries.Select(s => s.GetProperty("outcome").GetString()));
        Assert.Equal([1000, 0], summaries.Select(s => s.GetProperty("bytes").GetInt64()));
        Assert.All(summaries, s =>
        {
            Assert.Equal(nameof(ProtectModel), s.GetProperty("function").GetString());
            Assert.Equal("r-1", s.GetProperty("requestId").GetString());
            Assert.Equal("0af7651916cd43dd8448eb211c80319c", s.GetProperty("traceId").GetString());
            Assert.True(s.GetProperty("durationMs").GetDouble() >= 0);
        });
    }

    [Fact]
    public async Task What_a_function_tells_has_the_object_in_its_line()
    {
        await RunAsync(Runner(), _bench.Upload("m.pkl", Bench.Malicious));
        JsonElement refused = Lines.Single(l => l.GetProperty("event").GetString() == "Refused");
        Assert.Equal(("warning", "BW2011", "uploads", "m.pkl", "r-1"), (Text("level"), Text("code"), Text("container"), Text("name"), Text("requestId")));

        string? Text(string member) => refused.GetProperty(member).GetString();
    }

    [Fact]
    public async Task A_failure_is_one_error_line_with_code_and_remedy_and_is_thrown()
    {
        FunctionException error = await Assert.ThrowsAsync<FunctionException>(() => RunAsync(Runner(), new ScheduleFired()));
        Assert.Equal("BW2203", error.Code);
        JsonElement summary = Assert.Single(Lines);
        Assert.Equal(("error", "failed", "BW2203"), (summary.GetProperty("level").GetString(), summary.GetProperty("outcome").GetString(), summary.GetProperty("code").GetString()));
        Assert.Equal("BW2203", summary.GetProperty("error").GetProperty("code").GetString());
        Assert.NotEmpty(summary.GetProperty("error").GetProperty("remedy").GetString()!);
        Assert.Empty(_delivered);
    }

    [Fact]
    public async Task What_nobody_foresaw_becomes_a_coded_error_with_its_stack_in_the_log()
    {
        FunctionRunner runner = new(FunctionCatalogue.Find(nameof(ProtectModel)), _ => throw new InvalidCastException("odd"), _log, TimeProvider.System);
        FunctionException error = await Assert.ThrowsAsync<FunctionException>(() => RunAsync(runner, _bench.Upload("m.bin", [1])));
        Assert.Equal("BW2299", error.Code);
        Assert.Contains("at ", Assert.Single(Lines).GetProperty("error").GetProperty("stack").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_failed_is_tried_again_and_one_that_stands_is_kept()
    {
        int connections = 0;
        FunctionRunner runner = new(
            FunctionCatalogue.Find(nameof(ProtectModel)),
            _ => ++connections == 1 ? throw FunctionException.BadSetting("X", "it is not set") : Task.FromResult(_bench.Services),
            _log, TimeProvider.System);
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(10));
        await Assert.ThrowsAsync<FunctionException>(() => RunAsync(runner, uploaded));
        await RunAsync(runner, uploaded);
        await RunAsync(runner, uploaded);
        Assert.Equal(2, connections);
    }

    [Fact]
    public async Task An_event_that_asks_for_nothing_does_not_connect()
    {
        FunctionRunner runner = new(FunctionCatalogue.Find(nameof(ProtectModel)), _ => throw new InvalidOperationException(), _log, TimeProvider.System);
        await RunAsync(runner);
        await RunAsync(runner, new QueueBatch { Messages = [new QueueMessage("1", null, new QueueContent([], null))] });
        Assert.Equal(["ignored", "done"], _delivered.Select(a => a.Outcome));
    }

    [Fact]
    public async Task The_deadline_stops_the_work_before_the_platform_does_and_a_retry_finishes_it()
    {
        ObjectUploaded uploaded = _bench.Upload("m.bin", Bench.Model(1000));
        FunctionServices services = _bench.Services;
        _bench.Services = services with { Protection = services.Protection with { Store = new StallingStore(_bench.Store) } };
        DateTimeOffset deadline = DateTimeOffset.UtcNow.AddSeconds(1.4);
        FunctionException error = await Assert.ThrowsAsync<FunctionException>(() => RunAsync(Runner(), Context with { Deadline = deadline }, uploaded));
        Assert.Equal("BW2205", error.Code);
        Assert.True(DateTimeOffset.UtcNow < deadline);
        Assert.Empty(await _bench.NamesAsync("protected"));
        _bench.Services = services;
        // At once: the claim was given back.
        await RunAsync(Runner(), uploaded);
        Assert.Equal("protected", Assert.Single(_delivered).Outcome);
    }

    [Theory]
    [InlineData(60, 5, 55)]
    [InlineData(3, 5, 1.5)]
    [InlineData(0.6, 5, 0.1)]
    [InlineData(60, 0.001, 59.5)]
    public async Task The_margin_is_what_was_asked_for_within_reason(double left, double margin, double fires)
    {
        ManualClock clock = new();
        using DeadlineSource source = new(clock.GetUtcNow().AddSeconds(left), TimeSpan.FromSeconds(margin), clock, Bench.None);
        clock.Advance(TimeSpan.FromSeconds(fires - 0.01));
        Assert.False(source.Token.IsCancellationRequested);
        clock.Advance(TimeSpan.FromSeconds(0.02));
        await Task.Yield();
        Assert.True(source.Token.IsCancellationRequested);
        Assert.True(source.IsReached);
    }

    [Fact]
    public void A_job_has_no_deadline_but_can_be_stopped()
    {
        using CancellationTokenSource stop = new();
        using DeadlineSource source = new(DateTimeOffset.MaxValue, TimeSpan.FromSeconds(5), TimeProvider.System, stop.Token);
        Assert.False(source.Token.IsCancellationRequested);
        stop.Cancel();
        Assert.True(source.Token.IsCancellationRequested);
        Assert.False(source.IsReached);
    }

    [Fact]
    public async Task An_invocation_is_an_activity_and_a_child_of_its_caller()
    {
        List<Activity> ended = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = s => s.Name == FunctionTelemetry.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a =>
            {
                // Other tests run invocations meanwhile.
                if (a.GetTagItem("faas.invocation_id") as string == "traced")
                    ended.Add(a);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await RunAsync(Runner(), Context with { InvocationId = "traced" }, _bench.Upload("m.bin", Bench.Model(10)));
        await Assert.ThrowsAsync<FunctionException>(() => RunAsync(Runner(), Context with { InvocationId = "traced" }, new ScheduleFired()));
        Assert.Equal(["0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319c"], ended.Select(a => a.TraceId.ToHexString()));
        Assert.All(ended, a => Assert.Equal("b7ad6b7169203331", a.ParentSpanId.ToHexString()));
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Error], ended.Select(a => a.Status));
    }

    [Fact]
    public void Lines_are_whole_whatever_stands_in_them_and_the_innermost_scope_wins()
    {
        using (_log.BeginScope(LogFields.Of(("name", "outer"), ("kept", 1))))
        using (_log.BeginScope(LogFields.Of(("name", "inn\nör \uD800\""))))
            _log.LogObject("a\r\n\u2028b");
        _log.LogObject("after");
        Assert.Equal(2, Lines.Count);
        Assert.Equal("inn\nör \uFFFD\"", Lines[0].GetProperty("name").GetString());
        Assert.Equal(1, Lines[0].GetProperty("kept").GetInt32());
        Assert.False(Lines[1].TryGetProperty("name", out _));
    }

    [Fact]
    public async Task Scopes_of_work_at_the_same_time_do_not_mix()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            using IDisposable scope = _log.BeginScope(LogFields.Of(("lane", i)));
            await Task.Yield();
            _log.LogObject($"{i}");
        })));
        Assert.All(Lines, l => Assert.Equal(l.GetProperty("objectName").GetString(), l.GetProperty("lane").GetRawText()));
    }

    private static FunctionContext Context { get; } = Bench.Context with
    {
        InvocationId = "r-1",
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };

    private FunctionRunner Runner() =>
        new(FunctionCatalogue.Find(nameof(ProtectModel)), _ => Task.FromResult(_bench.Services with { Logger = _log }), _log, TimeProvider.System);

    private Task RunAsync(FunctionRunner runner, params FunctionEvent[] events) => RunAsync(runner, Context, events);

    private Task RunAsync(FunctionRunner runner, FunctionContext context, params FunctionEvent[] events) => runner.RunAsync(
        () => events,
        context,
        (answer, _) =>
        {
            _delivered.Add(answer);
            return Task.CompletedTask;
        },
        Bench.None);
}

/// <summary>An entry that any test may write.</summary>
internal static partial class TestLog
{
    [LoggerMessage(1, LogLevel.Information, "{objectName}")]
    public static partial void LogObject(this ILogger logger, string objectName);
}

/// <summary>A clock that moves when told.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan time)
    {
        _now += time;
        foreach (ManualTimer timer in _timers.Where(t => t.Due <= _now).ToArray())
            timer.Fire();
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; private set; } = DateTimeOffset.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime < TimeSpan.Zero ? DateTimeOffset.MaxValue : clock._now + dueTime;
            return true;
        }

        public void Fire()
        {
            Due = DateTimeOffset.MaxValue;
            callback(state);
        }

        public void Dispose() => Due = DateTimeOffset.MaxValue;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
