using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Scanning;
using Bulwark.Scanning.Pickle;
using Bulwark.Storage;

namespace Bulwark.Benchmarks;

/// <summary>Scanning opcode-dense pickles on one core: rate, and what it allocates beside the file's own bytes.</summary>
internal static class PickleBenchmark
{
    private const int Count = 12_000_000;
    private const int Batch = 1000;
    private const int Rounds = 5;

    public static async Task RunAsync()
    {
        Console.WriteLine($"pickles in memory, one thread, best of {Rounds}");
        Console.WriteLine("pickle                       MB   M opcodes      MB/s   M opcodes/s   allocated MB   of SHA-256   verdict");
        await MeasureAsync("12 M BININT", Repeat(Count, i => [(byte)'J', .. Int32(i)]));
        await MeasureAsync("12 M BININT1", Repeat(Count, i => [(byte)'K', (byte)i]));
        await MeasureAsync("6 M floats", Repeat(Count / 2, i => [(byte)'G', .. Int64(BitConverter.DoubleToInt64Bits(i))]));
        await MeasureAsync("4 M memoized strings", Repeat(Count / 3, i => Text($"token_{i}")));
        await MeasureAsync("4 M tuples of two", Repeat(Count / 3, i => [(byte)'K', (byte)i, (byte)'K', 1, 0x86, 0x94]));
        await MeasureAsync("500 arrays of 1 MiB", Repeat(500, _ => [(byte)'B', .. Int32(1 << 20), .. new byte[1 << 20]]));
    }

    private static async Task MeasureAsync(string name, byte[] pickle)
    {
        var reader = new MemoryReader(name, pickle);
        double best = double.MaxValue;
        long allocated = 0, hashed = Stopwatch.GetTimestamp();
        SHA256.HashData(pickle);
        double hash = Stopwatch.GetElapsedTime(hashed).TotalSeconds;
        ScanContext context = new(new ScanLimits(), static (_, _, _, _, _) => Task.CompletedTask);
        for (int i = 0; i < Rounds; i++)
        {
            context = new ScanContext(new ScanLimits(), static (_, _, _, _, _) => Task.CompletedTask);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            long start = Stopwatch.GetTimestamp();
            await PickleScanner.ScanAsync(reader, name, 0, context, CancellationToken.None);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        Console.WriteLine($"{name,-24} {pickle.Length / 1e6,6:F0}   {context.Opcodes / 1e6,9:F1}   {pickle.Length / 1e6 / best,7:F0}   {context.Opcodes / 1e6 / best,11:F0}   {allocated / 1e6,12:F1}   {hash / best,9:P0}   {context.Verdict}");
    }

    // A list, in the batches of CPython's pickler.
    private static byte[] Repeat(int count, Func<int, byte[]> item)
    {
        using var pickle = new MemoryStream();
        pickle.Write([0x80, 4, (byte)']', 0x94]);
        for (int i = 0; i < count; i++)
        {
            if (i % Batch == 0)
                pickle.WriteByte((byte)'(');
            pickle.Write(item(i));
            if (i % Batch == Batch - 1 || i == count - 1)
                pickle.WriteByte((byte)'e');
        }

        pickle.WriteByte((byte)'.');
        return pickle.ToArray();
    }

    private static byte[] Text(string text) => [0x8C, (byte)text.Length, .. Encoding.ASCII.GetBytes(text), 0x94];

    private static byte[] Int32(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Int64(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
