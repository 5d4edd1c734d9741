using System.Globalization;
using Bulwark.Models;

namespace Bulwark.Benchmarks;

/// <summary>
/// The main job on whole files, as a person runs it, against what people use today on the same file in the same run. CPU seconds
/// survive a busy machine, wall clock needs an idle one; medians.
/// </summary>
internal static class MainJobBenchmark
{
    private const int Rounds = 3;

    /// <summary>Runs the benchmark: [MEBIBYTES] [FOLDER]; 1,024 MiB in the temporary folder by default.</summary>
    public static void Run(string[] args)
    {
        long mebibytes = args.Length > 0 ? long.Parse(args[0], CultureInfo.InvariantCulture) : 1024;
        string folder = Directory.CreateDirectory(Path.Combine(args.Length > 1 ? args[1] : Path.GetTempPath(), "bulwark-benchmark")).FullName;
        Environment.SetEnvironmentVariable("BULWARK_HOME", Path.Combine(folder, "home"));
        Environment.SetEnvironmentVariable("PASS", "benchmark");
        Console.WriteLine($"{mebibytes} MiB safetensors in {folder}, {Environment.ProcessorCount} cores, .NET {Environment.Version}; medians of {Rounds}");
        foreach (DType dtype in new[] { DType.F32, DType.F16, DType.BF16 })
            Run(folder, dtype, mebibytes);
    }

    private static void Run(string folder, DType dtype, long mebibytes)
    {
        string model = Path.Combine(folder, $"{dtype}.safetensors"), output = Path.Combine(folder, "out"), opened = Path.Combine(folder, "opened");
        SyntheticModel.Write(model, dtype, mebibytes);
        string body = Path.Combine(output, $"{dtype}.safetensors.enc");
        ChildProcess.Run("cat", model);
        Console.WriteLine();
        Console.WriteLine($"{dtype,-40}{"wall s",9}{"CPU s",9}{"peak MiB",10}{"CPU/sha256",12}{"CPU/sum",9}{"wall/sha256",13}");

        ChildProcess.Cost sha = Needed("openssl", "dgst", "-sha256", model);
        ChildProcess.Cost ctr = Needed("openssl", "enc", "-aes-256-ctr", "-pbkdf2", "-pass", "env:PASS", "-in", model, "-out", "/dev/null");
        double sum = 2 * sha.Cpu + ctr.Cpu;
        Print("openssl dgst -sha256", sha, sha, sum);
        Print("openssl enc -aes-256-ctr >/dev/null", ctr, sha, sum);
        if (dtype == DType.F32)
        {
            string key = Path.Combine(folder, "age.key");
            File.Delete(key);
            if (ChildProcess.Median(1, Nothing, "age-keygen", "-o", key) is not null)
            {
                string recipient = File.ReadLines(key).First(l => l.StartsWith("# public key: ", StringComparison.Ordinal))[14..];
                Print("age --encrypt", ChildProcess.Median(Rounds, () => File.Delete(opened), "age", "-e", "-r", recipient, "-o", opened, model), sha, sum);
                string aged = opened + ".age";
                File.Move(opened, aged, overwrite: true);
                Print("age --decrypt", ChildProcess.Median(Rounds, () => File.Delete(opened), "age", "-d", "-i", key, "-o", opened, aged), sha, sum);
                File.Delete(aged);
            }

            Print(
                "gpg --symmetric (AES-256)",
                ChildProcess.Median(3, () => File.Delete(opened), "gpg", "--batch", "--yes", "--passphrase", "benchmark", "--pinentry-mode", "loopback", "--cipher-algo", "AES256", "-z", "0", "-o", opened, "--symmetric", model),
                sha, sum);
        }

        void Clear() => Directory.Delete(Directory.CreateDirectory(output).FullName, recursive: true);
        File.Delete(opened);
        Print("bulwark protect --no-watermark", ChildProcess.Median(Rounds, Clear, ChildProcess.Bulwark, "protect", model, "--out", output, "--force", "--no-watermark"), sha, sum);
        Print("bulwark protect", ChildProcess.Median(Rounds, Clear, ChildProcess.Bulwark, "protect", model, "--out", output, "--force"), sha, sum);
        Print("bulwark verify", ChildProcess.Median(Rounds, Nothing, ChildProcess.Bulwark, "verify", body), sha, sum);
        Print("bulwark open", ChildProcess.Median(Rounds, () => File.Delete(opened), ChildProcess.Bulwark, "open", body, "--out", opened), sha, sum);
        Print("bulwark open --range 4 KiB", ChildProcess.Median(Rounds, () => File.Delete(opened), ChildProcess.Bulwark, "open", body, "--out", opened, "--range", "500000000:4096"), sha, sum);
        File.Delete(opened);
        Clear();
        File.Delete(model);
    }

    private static ChildProcess.Cost Needed(string program, params string[] arguments) =>
        ChildProcess.Median(Rounds, Nothing, program, arguments) ?? throw new InvalidOperationException($"This needs {program}.");

    private static void Nothing()
    {
    }

    private static void Print(string what, ChildProcess.Cost? cost, ChildProcess.Cost sha, double sum) =>
        Console.WriteLine(cost is { } c
            ? string.Create(CultureInfo.InvariantCulture, $"{what,-40}{c.Wall,9:0.00}{c.Cpu,9:0.00}{c.PeakMebibytes,10:0}{c.Cpu / sha.Cpu,11:0.00}x{c.Cpu / sum,8:0.00}x{c.Wall / sha.Wall,12:0.00}x")
            : $"{what,-40}  not on this machine");
}
