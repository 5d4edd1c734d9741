using System.Threading.Channels;
using Bulwark.Storage;

namespace Bulwark.Models;

/// <summary>
/// Streams a file window by window through several consumers at once. Every consumer sees every window in file order on a task
/// of its own; a window's buffer is reused when the last of them is done with it, so memory stays at
/// <see cref="Depth"/> windows whatever the file's size.
/// </summary>
/// <remarks>
/// <code>
/// read -> prepare (may edit the bytes) -+-> consumer 1 -+-> buffer back to the pool
///                                       +-> consumer 2 -+
/// </code>
/// </remarks>
internal static class WindowPipeline
{
    /// <summary>Windows in flight: one being read, one or two being consumed, one to keep both cores busy.</summary>
    public const int Depth = 4;

    /// <summary>Works on one window's bytes.</summary>
    public delegate ValueTask Consumer(FileWindow window, ReadOnlyMemory<byte> bytes);

    /// <summary>Runs the file through the pipeline; the first failure cancels the rest and is thrown.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="windows">Its windows, in order.</param>
    /// <param name="prepare">Edits a window's bytes before any consumer sees them; null for none.</param>
    /// <param name="consumers">Who reads the bytes.</param>
    /// <param name="progress">Told how many bytes were read so far.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public static async Task RunAsync(
        IObjectReader reader, IEnumerable<FileWindow> windows, Action<FileWindow, Memory<byte>>? prepare,
        IReadOnlyList<Consumer> consumers, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<byte[]> pool = Channel.CreateUnbounded<byte[]>();
        Channel<Loan>[] queues = [.. consumers.Select(_ => Channel.CreateBounded<Loan>(Depth))];
        // The last buffers of a short file are never needed, so they are made on demand.
        int unmade = Depth;
        int bufferLength = (int)Math.Min(FileWindow.MaximumLength, Math.Max(1, reader.Source.Size));

        async Task ProduceAsync()
        {
            foreach (FileWindow window in windows)
            {
                if (!pool.Reader.TryRead(out byte[]? buffer))
                {
                    buffer = unmade-- > 0
                        ? GC.AllocateUninitializedArray<byte>(bufferLength, pinned: true)
                        : await pool.Reader.ReadAsync(stop.Token);
                }

                Memory<byte> bytes = buffer.AsMemory(0, window.Length);
                await reader.ReadAsync(window.Offset, bytes, stop.Token);
                prepare?.Invoke(window, bytes);
                progress?.Report(window.Offset + window.Length);
                Loan loan = new(window, buffer, pool.Writer, consumers.Count);
                foreach (Channel<Loan> queue in queues)
                    await queue.Writer.WriteAsync(loan, stop.Token);
            }
        }

        async Task ConsumeAsync(Consumer consume, ChannelReader<Loan> queue)
        {
            await foreach (Loan loan in queue.ReadAllAsync(stop.Token))
            {
                await consume(loan.Window, loan.Buffer.AsMemory(0, loan.Window.Length));
                loan.Release();
            }
        }

        async Task GuardAsync(Func<Task> work, bool producer)
        {
            try
            {
                await work();
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
            finally
            {
                if (producer)
                    Array.ForEach(queues, q => q.Writer.TryComplete());
            }
        }

        List<Task> tasks = [Task.Run(() => GuardAsync(ProduceAsync, producer: true), CancellationToken.None)];
        for (int i = 0; i < consumers.Count; i++)
        {
            (Consumer consumer, ChannelReader<Loan> queue) = (consumers[i], queues[i].Reader);
            tasks.Add(Task.Run(() => GuardAsync(() => ConsumeAsync(consumer, queue), producer: false), CancellationToken.None));
        }

        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        // The cause, not the cancellations it set off.
        Task? failed = tasks.FirstOrDefault(t => t.IsFaulted) ?? tasks.FirstOrDefault(t => t.IsCanceled);
        if (failed is not null)
            await failed;
    }

    private sealed class Loan(FileWindow window, byte[] buffer, ChannelWriter<byte[]> pool, int readers)
    {
        private int _readers = readers;

        public FileWindow Window { get; } = window;

        public byte[] Buffer { get; } = buffer;

        public void Release()
        {
            if (Interlocked.Decrement(ref _readers) == 0)
                pool.TryWrite(Buffer);
        }
    }
}
