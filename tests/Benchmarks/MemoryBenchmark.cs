using System.Globalization;
using Bulwark.Models;

namespace Bulwark.Benchmarks;

/// <summary>Peak resident memory of the main job, for a small model and for one far larger than memory would hold.</summary>
internal static class MemoryBenchmark
{
    /// <summary>Runs the benchmark: [FOLDER]. The large model is sparse, its protected body is not: 9 GiB of disk.</summary>
    public static void Run(string[] args)
    {
        string folder = Directory.CreateDirectory(Path.Combine(args.Length > 0 ? args[0] : Path.GetTempPath(), "bulwark-benchmark")).FullName;
        Environment.SetEnvironmentVariable("BULWARK_HOME", Path.Combine(folder, "home"));
        Console.WriteLine($"{"",-12}{"protect MiB",14}{"open MiB",12}");
        foreach (long mebibytes in new long[] { 64, 1024, 8192 })
        {
            string model = Path.Combine(folder, "memory.safetensors"), output = Path.Combine(folder, "out"), opened = Path.Combine(folder, "opened");
            SyntheticModel.Write(model, DType.F32, mebibytes, sparse: true);
            ChildProcess.Cost protect = ChildProcess.Run(ChildProcess.Bulwark, "protect", model, "--out", output, "--force", "--delete-source");
            ChildProcess.Cost open = ChildProcess.Run(ChildProcess.Bulwark, "open", Path.Combine(output, "memory.safetensors.enc"), "--out", opened, "--force");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mebibytes + " MiB",-12}{protect.PeakMebibytes,14:0}{open.PeakMebibytes,12:0}"));
            File.Delete(opened);
            Directory.Delete(output, recursive: true);
        }
    }
}
