using System.Diagnostics;
using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;
using Bulwark.Functions.Logging;
using Microsoft.Extensions.Logging;

namespace Bulwark.Functions.Hosting;

/// <summary>
/// Runs invocations of one function: deadline, trace, log scope, summary line, and one kind of exception. A host decodes, calls this,
/// and encodes. Connects to the cloud when the first event comes that needs it, so that a start costs nothing.
/// </summary>
/// <param name="function">The function.</param>
/// <param name="connect">Makes the services; asked again when it failed.</param>
/// <param name="logger">The log.</param>
/// <param name="clock">The clock.</param>
/// <param name="margin">The operator's margin before deadlines; null for the function's own.</param>
public sealed class FunctionRunner(
    FunctionDefinition function, Func<CancellationToken, Task<FunctionServices>> connect, ILogger logger, TimeProvider clock, TimeSpan? margin = null)
{
    private FunctionServices? _services;
    private Func<FunctionEvent, FunctionContext, CancellationToken, Task<FunctionAnswer>>? _run;
    private bool _warm;

    /// <summary>Runs one invocation to its end, the delivery of its answer included.</summary>
    /// <param name="decode">Reads the events that the call brought.</param>
    /// <param name="context">The call.</param>
    /// <param name="deliver">Sends the answer; a body that is written as it is made is part of the invocation.</param>
    /// <param name="stop">The process is asked to end.</param>
    /// <exception cref="BulwarkException">The invocation failed; it was logged.</exception>
    public async Task RunAsync(
        Func<IReadOnlyList<FunctionEvent>> decode, FunctionContext context, Func<FunctionAnswer, CancellationToken, Task> deliver, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(decode);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(deliver);
        bool coldStart = !_warm;
        _warm = true;
        long began = clock.GetTimestamp();
        using DeadlineSource deadline = new(context.Deadline, margin ?? function.Margin, clock, stop);
        using Activity? activity = FunctionTelemetry.Begin(context, coldStart);
        using IDisposable? scope = logger.BeginScope(LogFields.Of(
            ("function", context.Function), ("requestId", context.InvocationId), ("traceId", FunctionTelemetry.TraceId(context, activity))));
        try
        {
            await using FunctionAnswer answer = await AnswerAsync(decode(), context, deadline.Token);
            await deliver(answer, deadline.Token);
            Summarise(answer.Outcome, answer.Bytes, error: null);
        }
        catch (Exception error)
        {
            BulwarkException known = error switch
            {
                OperationCanceledException when deadline.Token.IsCancellationRequested =>
                    FunctionException.DeadlineReached(function.Name, deadline.IsReached ? context.Deadline : clock.GetUtcNow(), error),
                BulwarkException expected => expected,
                _ => FunctionException.Unforeseen(function.Name, error),
            };
            activity?.SetStatus(ActivityStatusCode.Error, known.Code);
            Summarise(InvocationSummary.Failed, bytes: 0, known);
            if (known == error)
                throw;
            throw known;
        }

        void Summarise(string outcome, long bytes, BulwarkException? error)
        {
            InvocationSummary summary = new(function.Name, outcome, clock.GetElapsedTime(began).TotalMilliseconds, coldStart, bytes, error?.Code);
            activity?.SetTag("bulwark.outcome", outcome);
            logger.Log(
                error is null ? LogLevel.Information : LogLevel.Error, new EventId(2200, "Invocation"), summary, error, static (s, _) => s.ToString());
        }
    }

    private async Task<FunctionAnswer> AnswerAsync(IReadOnlyList<FunctionEvent> events, FunctionContext context, CancellationToken cancellationToken)
    {
        switch (events)
        {
            case []:
                return new EventsAnswer([]);
            case [QueueBatch batch]:
                // Messages that ask for nothing need no connection either.
                int parallelism = batch.Messages.Any(m => m.Content.Events.Count > 0) ? (await ConnectAsync(cancellationToken)).Settings.BatchParallelism : 1;
                return await new BatchRunner((received, token) => RunAsync(received, context, token), parallelism, logger).RunAsync(batch, cancellationToken);
            case [FunctionEvent single]:
                return await RunAsync(single, context, cancellationToken);
            default:
                List<FunctionAnswer> answers = [];
                foreach (FunctionEvent received in events)
                    answers.Add(await RunAsync(received, context, cancellationToken));
                return new EventsAnswer(answers);
        }
    }

    private async Task<FunctionAnswer> RunAsync(FunctionEvent received, FunctionContext context, CancellationToken cancellationToken)
    {
        function.EnsureTakes(received);
        await ConnectAsync(cancellationToken);
        using IDisposable? scope = received is ObjectUploaded uploaded
            ? logger.BeginScope(LogFields.Of(("container", uploaded.Container), ("name", uploaded.Name), ("version", uploaded.Version)))
            : null;
        cancellationToken.ThrowIfCancellationRequested();
        return await _run!(received, context, cancellationToken);
    }

    /// <summary>Invocations come one at a time on most platforms; on others two may connect at once, and one connection is dropped.</summary>
    private async Task<FunctionServices> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_services is not { } services)
        {
            services = await connect(cancellationToken);
            _run = function.Create(services);
            _services = services;
        }

        return services;
    }
}
