using System.Diagnostics;
using System.Security.Cryptography;
using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Benchmarks;

/// <summary>Fingerprints on one core: the robust one with and without the quantisation it shares with the watermark, the exact one, and SHA-256 in the same run.</summary>
internal static class FingerprintBenchmark
{
    private const int Length = 64 << 20;
    private const int Rounds = 7;
    private const int Comparisons = 1_000_000;

    public static void Run()
    {
        Console.WriteLine($"fingerprints over {Length >> 20} MiB in memory, one thread, median of {Rounds}");
        Console.WriteLine("dtype  columns  path     quantise GB/s  robust GB/s  both GB/s  exact GB/s  sha256 GB/s");
        foreach ((DType dtype, int columns) in new[] { (DType.F32, 4096), (DType.F32, 768), (DType.F32, 576), (DType.F32, 64), (DType.F16, 4096), (DType.BF16, 4096) })
            Measure(dtype, columns);
        Compare();
    }

    private static void Measure(DType dtype, int columns)
    {
        byte[] weights = SyntheticModel.Weights(dtype, Length);
        int size = dtype.BitWidth() / 8, rows = Length / size / columns;
        var tensor = new TensorInfo("weight", dtype, [rows, columns], 0, (long)rows * columns * size);
        TensorSlice[] slices =
        [
            .. Enumerable.Range(0, (int)((tensor.Length + FileWindow.ChunkLength - 1) / FileWindow.ChunkLength)).Select(i => new TensorSlice(
                tensor, (long)i << 20, i << 20, (int)Math.Min(FileWindow.ChunkLength, tensor.Length - ((long)i << 20)))),
        ];
        double sha = Rate(tensor.Length, () => SHA256.HashData(weights.AsSpan(0, (int)tensor.Length)));
        double exact = Rate(tensor.Length, () =>
        {
            using ExactFingerprintBuilder builder = new([tensor]);
            foreach (TensorSlice slice in slices)
                builder.Add(slice, weights.AsSpan(slice.WindowOffset, slice.Length));
            builder.Finish();
        });
        ExactFingerprint roots = ExactOf(tensor, slices, weights);
        foreach (VectorPath path in VectorPaths.Supported.Where(VectorPaths.IsNative))
        {
            GroupBatch batch = new(path);
            double quantise = Rate(tensor.Length, () =>
            {
                foreach (TensorSlice slice in slices)
                    batch.ForEach(slice, weights.AsSpan(slice.WindowOffset, slice.Length), (_, _) => { });
            });
            double both = Rate(tensor.Length, () =>
            {
                using RobustFingerprintBuilder builder = new([tensor], path);
                foreach (TensorSlice slice in slices)
                    batch.ForEach(slice, weights.AsSpan(slice.WindowOffset, slice.Length), builder.Add);
                builder.Finish(roots);
            });
            Console.WriteLine($"{dtype,-5}  {columns,7}  {path,-7}  {quantise,13:F2}  {1 / (1 / both - 1 / quantise),11:F2}  {both,9:F2}  {exact,10:F2}  {sha,11:F2}");
        }
    }

    private static void Compare()
    {
        RobustFingerprint[] prints = [.. Enumerable.Range(1, 2).Select(seed =>
        {
            byte[] weights = SyntheticModel.Weights(DType.F32, 8 << 20);
            var tensor = new TensorInfo("weight", DType.F32, [2048, 1024], 0, weights.Length);
            using FingerprintBuilder builder = new([tensor]);
            builder.Add(new TensorSlice(tensor, 0, 0, weights.Length), weights);
            return builder.Finish().Robust;
        })];
        int derived = 0;
        double[] times = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Comparisons; i++)
                derived += FingerprintComparison.Of(prints[0], prints[1]).Verdict == FingerprintVerdict.Derived ? 1 : 0;
            times[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Comparisons;
        }

        Array.Sort(times);
        Console.WriteLine($"compare: {times[Rounds / 2]:F3} µs a pair ({derived} of {Rounds * Comparisons} derived)");
    }

    private static ExactFingerprint ExactOf(TensorInfo tensor, TensorSlice[] slices, byte[] weights)
    {
        using ExactFingerprintBuilder builder = new([tensor]);
        foreach (TensorSlice slice in slices)
            builder.Add(slice, weights.AsSpan(slice.WindowOffset, slice.Length));
        return builder.Finish();
    }

    private static double Rate(long bytes, Action work)
    {
        double[] rates = new double[Rounds];
        work();
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            rates[i] = bytes / 1e9 / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        Array.Sort(rates);
        return rates[Rounds / 2];
    }
}
