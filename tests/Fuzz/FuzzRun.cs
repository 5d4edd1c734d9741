using System.Diagnostics;

namespace Bulwark.Fuzzing;

/// <summary>Runs a target over bytes and holds it to the limits: a coded refusal or a result, within a second and 64 MiB.</summary>
public static class FuzzRun
{
    /// <summary>The longest that one input may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The most memory in bytes that may be live above what was before.</summary>
    public const long MemoryLimit = 64L << 20;

    /// <summary>Runs one input.</summary>
    /// <returns>What is wrong with the target, or null.</returns>
    public static async Task<string?> CheckAsync(Func<ReadOnlyMemory<byte>, Task> target, ReadOnlyMemory<byte> input)
    {
        (string? wrong, TimeSpan spent, long allocated) = await OnceAsync(target, input);
        // On a busy machine a second try tells a slow parser from a slow neighbour.
        if (wrong is null && spent > Patience && (spent = (await OnceAsync(target, input)).Spent) > Patience)
            wrong = $"took {spent}";
        if (wrong is null && allocated > MemoryLimit && await PeakAsync(target, input) is var peak && peak > MemoryLimit)
            wrong = $"held {peak >> 20} MiB";
        return wrong;
    }

    /// <summary>Runs one input; whatever it throws but a refusal is a fault of the target.</summary>
    public static async Task AcceptRefusalAsync(Func<ReadOnlyMemory<byte>, Task> target, ReadOnlyMemory<byte> input)
    {
        try
        {
            await target(input);
        }
        catch (BulwarkException error) when (error.Kind == ErrorKind.Refused)
        {
            // What hostile bytes deserve.
        }
    }

    private static async Task<(string? Wrong, TimeSpan Spent, long Allocated)> OnceAsync(Func<ReadOnlyMemory<byte>, Task> target, ReadOnlyMemory<byte> input)
    {
        long allocated = GC.GetTotalAllocatedBytes(), start = Stopwatch.GetTimestamp();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        string? wrong = null;
        try
        {
            await AcceptRefusalAsync(target, input);
        }
        catch (Exception error)
        {
            wrong = error.ToString();
        }

        // Neighbours hold the clock up but use none of this process's time; a target that only waits uses almost none either.
        TimeSpan spent = Stopwatch.GetElapsedTime(start), used = Environment.CpuUsage.TotalTime - cpu;
        return (wrong, used < spent && used > spent / 10 ? used : spent, GC.GetTotalAllocatedBytes() - allocated);
    }

    /// <summary>The most that was live at once, seen by collecting over and over while the target runs.</summary>
    private static async Task<long> PeakAsync(Func<ReadOnlyMemory<byte>, Task> target, ReadOnlyMemory<byte> input)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true), peak = before;
        Task run = Task.Run(() => OnceAsync(target, input));
        do
        {
            GC.Collect();
            peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
        }
        while (!run.IsCompleted);
        await run;
        return peak - before;
    }
}
