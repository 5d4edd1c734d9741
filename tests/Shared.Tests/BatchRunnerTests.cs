using System.Collections.Concurrent;
using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;
using Bulwark.Functions.Hosting;

namespace Bulwark.Functions.Tests;

public sealed class BatchRunnerTests
{
    private readonly ListLogger _log = new();
    private readonly ConcurrentQueue<string> _ran = new();

    [Fact]
    public async Task Only_what_failed_is_named_in_the_order_of_the_batch()
    {
        BatchAnswer answer = await RunAsync(Batch(ordered: false, ("1", null), ("2!", null), ("3", null), ("4!", null)), parallelism: 1);
        Assert.Equal(["2!", "4!"], answer.BatchItemFailures.Select(f => f.ItemIdentifier));
        Assert.Equal(["1", "2!", "3", "4!"], _ran);
        Assert.Equal(20, answer.Bytes);
        Assert.Equal(
            """{"batchItemFailures":[{"itemIdentifier":"2!"},{"itemIdentifier":"4!"}]}""", System.Text.Encoding.UTF8.GetString(answer.ToJson()));
    }

    [Fact]
    public async Task A_batch_of_which_everything_failed_is_an_answer() =>
        Assert.Equal(2, (await RunAsync(Batch(ordered: false, ("1!", null), ("2!", null)), parallelism: 4)).BatchItemFailures.Count);

    [Fact]
    public async Task After_a_failure_the_rest_of_its_group_is_not_begun_and_other_groups_are()
    {
        QueueBatch batch = Batch(ordered: true, ("a1", "a"), ("a2!", "a"), ("b1", "b"), ("a3", "a"), ("b2", "b"));
        BatchAnswer answer = await RunAsync(batch, parallelism: 1);
        Assert.Equal(["a2!", "a3"], answer.BatchItemFailures.Select(f => f.ItemIdentifier));
        Assert.DoesNotContain("a3", _ran);
        Assert.Equal(["b1", "b2"], _ran.Where(r => r[0] == 'b'));
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_fails_by_itself()
    {
        QueueBatch batch = new()
        {
            Messages =
            [
                new QueueMessage("bad", null, new QueueContent([], FunctionException.MalformedEvent("it is odd"))),
                new QueueMessage("test", null, new QueueContent([], null)),
                Message("good", null),
            ],
        };
        BatchAnswer answer = await RunAsync(batch, parallelism: 1);
        Assert.Equal(["bad"], answer.BatchItemFailures.Select(f => f.ItemIdentifier));
        Assert.Equal("BW2202", Assert.IsType<FunctionException>(Assert.Single(_log.Entries).Error).Code);
    }

    [Fact]
    public async Task What_was_not_begun_when_the_deadline_nears_has_failed()
    {
        using CancellationTokenSource deadline = new();
        BatchRunner runner = new(async (received, token) =>
        {
            _ran.Enqueue(received.Id!);
            if (received.Id == "2")
            {
                await deadline.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            }

            return Done;
        }, 1, _log);
        BatchAnswer answer = await runner.RunAsync(Batch(ordered: false, ("1", null), ("2", null), ("3", null)), deadline.Token);
        Assert.Equal(["2", "3"], answer.BatchItemFailures.Select(f => f.ItemIdentifier));
        Assert.Equal(["1", "2"], _ran);
    }

    [Fact]
    public async Task No_more_messages_are_worked_on_at_once_than_allowed()
    {
        int running = 0, most = 0;
        BatchRunner runner = new(async (_, token) =>
        {
            int now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await Task.Delay(20, token);
            Interlocked.Decrement(ref running);
            return Done;
        }, 3, _log);
        (string, string?)[] messages = [.. Enumerable.Range(0, 12).Select(i => ($"{i}", (string?)null))];
        await runner.RunAsync(Batch(ordered: false, messages), Bench.None);
        Assert.Equal(3, most);
    }

    private static FunctionAnswer Done => new ProtectAnswer { Result = ProtectAnswer.Gone, Source = "" };

    private static void InterlockedMax(ref int place, int value)
    {
        for (int seen = Volatile.Read(ref place); seen < value; seen = Volatile.Read(ref place))
            Interlocked.CompareExchange(ref place, value, seen);
    }

    private static QueueMessage Message(string id, string? group) => new(id, group, new QueueContent([new ScheduleFired { Id = id }], null));

    private static QueueBatch Batch(bool ordered, params (string Id, string? Group)[] messages) => new()
    {
        Ordered = ordered,
        Messages = [.. messages.Select(m => Message(m.Id, m.Group))],
    };

    private Task<BatchAnswer> RunAsync(QueueBatch batch, int parallelism) => new BatchRunner((received, _) =>
    {
        _ran.Enqueue(received.Id!);
        return received.Id!.EndsWith('!')
            ? throw new InvalidOperationException("no")
            : Task.FromResult<FunctionAnswer>(new EventsAnswer([new HttpResponse { Status = 200, Body = (_, _) => Task.CompletedTask, Length = 10 }]));
    }, parallelism, _log).RunAsync(batch, Bench.None);
}
