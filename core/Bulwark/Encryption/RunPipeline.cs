using System.Security.Cryptography;
using System.Threading.Channels;

namespace Bulwark.Encryption;

/// <summary>
/// Takes runs of segments through three stages: fill a slot (in order, one at a time), transform it (in parallel), drain it (in order,
/// one at a time). Slots are few and reused, so memory does not grow with the body; their buffers are zeroed at the end.
/// A failure is reported in the order of the body: of two altered segments, the first one is named.
/// </summary>
/// <param name="layout">Layout of the body.</param>
/// <param name="plaintextLength">Length of the whole plaintext in bytes.</param>
internal sealed class RunPipeline(SegmentLayout layout, long plaintextLength)
{
    private const int MaximumSlots = 10;
    private const long MemoryTarget = 64L << 20;

    /// <summary>Runs the stages over the segments <paramref name="first"/> to <paramref name="last"/>, inclusive.</summary>
    /// <remarks>The first failure of a stage stops the others and is thrown once no stage runs any more.</remarks>
    public async Task RunAsync(
        long first,
        long last,
        Func<Slot, CancellationToken, ValueTask> fill,
        Func<Slot, CancellationToken, Task> transform,
        Func<Slot, CancellationToken, ValueTask> drain,
        CancellationToken cancellationToken)
    {
        Slot[] slots = Allocate(first, last);
        Channel<Slot> free = Channel.CreateBounded<Slot>(slots.Length);
        Channel<(Slot Slot, Task Work)> filled = Channel.CreateBounded<(Slot, Task)>(slots.Length);
        foreach (Slot slot in slots)
            free.Writer.TryWrite(slot);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task filling = Task.Run(() => FillAsync(first, last, free.Reader, filled.Writer, fill, transform, stop.Token), CancellationToken.None);
        try
        {
            await DrainAsync(filled.Reader, free.Writer, drain, stop.Token);
            await filling;
        }
        finally
        {
            await stop.CancelAsync();
            // No stage may still touch a buffer when it is zeroed. What they throw now is a consequence of the first failure.
            await filling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (filled.Reader.TryRead(out (Slot Slot, Task Work) left))
                await left.Work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (Slot slot in slots)
                slot.Clear();
        }
    }

    private async Task FillAsync(
        long first,
        long last,
        ChannelReader<Slot> free,
        ChannelWriter<(Slot, Task)> filled,
        Func<Slot, CancellationToken, ValueTask> fill,
        Func<Slot, CancellationToken, Task> transform,
        CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            foreach (SegmentRun run in SegmentRun.Cut(layout, plaintextLength, first, last))
            {
                Slot slot = await free.ReadAsync(cancellationToken);
                slot.Run = run;
                await fill(slot, cancellationToken);
                await filled.WriteAsync((slot, Task.Run(() => transform(slot, cancellationToken), CancellationToken.None)), CancellationToken.None);
            }
        }
        catch (Exception e)
        {
            failure = e;
        }
        finally
        {
            filled.Complete(failure);
        }
    }

    private static async Task DrainAsync(
        ChannelReader<(Slot Slot, Task Work)> filled,
        ChannelWriter<Slot> free,
        Func<Slot, CancellationToken, ValueTask> drain,
        CancellationToken cancellationToken)
    {
        while (await filled.WaitToReadAsync(cancellationToken))
        {
            while (filled.TryRead(out (Slot Slot, Task Work) next))
            {
                await next.Work;
                await drain(next.Slot, cancellationToken);
                free.TryWrite(next.Slot);
            }
        }
    }

    private Slot[] Allocate(long first, long last)
    {
        int plaintext = 0, ciphertext = 0, runs = 0;
        // The first two runs are as long as any.
        foreach (SegmentRun run in SegmentRun.Cut(layout, plaintextLength, first, last).Take(MaximumSlots))
        {
            plaintext = Math.Max(plaintext, run.PlaintextLength);
            ciphertext = Math.Max(ciphertext, run.CiphertextLength);
            runs++;
        }

        int count = (int)Math.Clamp(MemoryTarget / ((long)plaintext + ciphertext), 1, Math.Min(Environment.ProcessorCount + 2, MaximumSlots));
        Slot[] slots = new Slot[Math.Min(count, runs)];
        for (int i = 0; i < slots.Length; i++)
            slots[i] = new Slot(plaintext, ciphertext, inPlace: SegmentRun.LengthFor(layout) == 1);
        return slots;
    }

    /// <summary>
    /// The buffers of one run on its way through the stages. A run of one segment is transformed in place: a large segment is then
    /// still in the cache of the core that transforms it, and takes half the memory.
    /// </summary>
    internal sealed class Slot
    {
        private readonly byte[] _plaintext;
        private readonly byte[] _ciphertext;

        public Slot(int plaintextCapacity, int ciphertextCapacity, bool inPlace)
        {
            _ciphertext = GC.AllocateUninitializedArray<byte>(ciphertextCapacity);
            _plaintext = inPlace ? _ciphertext : GC.AllocateUninitializedArray<byte>(plaintextCapacity);
        }

        /// <summary>The segments at hand.</summary>
        public SegmentRun Run { get; set; }

        /// <summary>Plaintext of the run. It begins where the ciphertext begins when the run is transformed in place.</summary>
        public Memory<byte> Plaintext => _plaintext.AsMemory(0, Run.PlaintextLength);

        /// <summary>Ciphertext and tags of the run.</summary>
        public Memory<byte> Ciphertext => _ciphertext.AsMemory(0, Run.CiphertextLength);

        /// <summary>Zeroes the plaintext.</summary>
        public void Clear() => CryptographicOperations.ZeroMemory(_plaintext);
    }
}
