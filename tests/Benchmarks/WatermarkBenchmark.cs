using System.Diagnostics;
using System.Security.Cryptography;
using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Benchmarks;

/// <summary>KMM64 on one core: measuring (which is also extraction) and applying, against SHA-256 in the same run.</summary>
internal static class WatermarkBenchmark
{
    private const int Length = 64 << 20;
    private const int Rounds = 9;

    public static void Run()
    {
        using WatermarkKey key = WatermarkKey.FromMaster("benchmark", new byte[32]);
        WatermarkPayload payload = WatermarkPayload.Create(key, 1, "bench");
        Console.WriteLine($"KMM64 over {Length >> 20} MiB in memory, one thread, median of {Rounds}");
        Console.WriteLine("dtype  path     measure GB/s  apply GB/s  sha256 GB/s");
        foreach (DType dtype in new[] { DType.F32, DType.F16, DType.BF16 })
        {
            byte[] weights = SyntheticModel.Weights(dtype, Length);
            var tensor = new TensorInfo("weight", dtype, [Length / 4096, 4096 * 8 / dtype.BitWidth()], 0, Length);
            TensorSlice[] slices = [.. Enumerable.Range(0, Length >> 20).Select(i => new TensorSlice(tensor, (long)i << 20, i << 20, 1 << 20))];
            double sha = Measure(() => SHA256.HashData(weights));
            foreach (VectorPath path in VectorPaths.Supported.Where(VectorPaths.IsNative))
            {
                using var meter = new WatermarkMeter([key], WatermarkMode.Elements, toMark: true, path);
                double measure = Measure(() =>
                {
                    foreach (TensorSlice slice in slices)
                        meter.Add(slice, weights.AsSpan(slice.WindowOffset, slice.Length));
                });
                using var marker = new WatermarkMarker(key, WatermarkPlan.Solve(meter.Statistics[0], payload, 0.005), path);
                byte[] copy = [.. weights];
                double apply = Measure(() =>
                {
                    foreach (TensorSlice slice in slices)
                        marker.Apply(slice, copy.AsSpan(slice.WindowOffset, slice.Length));
                });
                Console.WriteLine($"{dtype,-5}  {path,-7}  {measure,12:F2}  {apply,10:F2}  {sha,11:F2}");
            }
        }
    }

    private static double Measure(Action work)
    {
        double[] rates = new double[Rounds];
        work();
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            rates[i] = Length / 1e9 / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        Array.Sort(rates);
        return rates[Rounds / 2];
    }
}
