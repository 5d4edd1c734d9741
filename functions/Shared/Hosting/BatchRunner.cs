using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;
using Bulwark.Functions.Logging;
using Microsoft.Extensions.Logging;

namespace Bulwark.Functions.Hosting;

/// <summary>
/// Runs the messages of a batch, and names those that failed; the queue delivers these again. A batch of which every message failed is
/// an answer like any other: thrown, it would count against the function's health without telling more.
/// </summary>
/// <param name="run">Runs one event.</param>
/// <param name="parallelism">Messages worked on at once.</param>
/// <param name="logger">Told about each failure.</param>
public sealed class BatchRunner(Func<FunctionEvent, CancellationToken, Task<FunctionAnswer>> run, int parallelism, ILogger logger)
{
    /// <summary>Runs a batch.</summary>
    /// <param name="batch">The messages.</param>
    /// <param name="cancellationToken">Fires near the deadline: what is under way stops and has failed, what was not begun has failed, too.</param>
    public async Task<BatchAnswer> RunAsync(QueueBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        QueueMessage[][] lanes = batch.Ordered
            ? [.. batch.Messages.GroupBy(m => m.Group).Select(g => g.ToArray())]
            : [.. batch.Messages.Select(m => new[] { m })];
        HashSet<string> failed = [];
        long bytes = 0;
        // Not given the token: every message has to be accounted for.
        await Parallel.ForEachAsync(lanes, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, parallelism) }, async (lane, _) =>
        {
            bool broken = false;
            foreach (QueueMessage message in lane)
            {
                long? done = broken || cancellationToken.IsCancellationRequested
                    ? NotBegun(message, broken ? "one before it in its group failed" : "the deadline is near")
                    : await RunAsync(message, cancellationToken);
                broken |= batch.Ordered && done is null;
                lock (failed)
                {
                    bytes += done ?? 0;
                    if (done is null)
                        failed.Add(message.Id);
                }
            }
        });
        return new BatchAnswer([.. batch.Messages.Where(m => failed.Contains(m.Id)).Select(m => new BatchItemFailure(m.Id))]) { Processed = bytes };
    }

    private long? NotBegun(QueueMessage message, string why)
    {
        logger.MessageNotBegun(message.Id, why);
        return null;
    }

    private async Task<long?> RunAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        using IDisposable? scope = logger.BeginScope(LogFields.Of(("messageId", message.Id)));
        try
        {
            if (message.Content.Trouble is { } trouble)
                throw trouble;
            long bytes = 0;
            foreach (FunctionEvent received in message.Content.Events)
            {
                await using FunctionAnswer answer = await run(received, cancellationToken);
                bytes += answer.Bytes;
            }

            return bytes;
        }
        catch (Exception error)
        {
            // Whatever it was, it concerns this message only.
            logger.MessageFailed(message.Id, error);
            return null;
        }
    }
}
