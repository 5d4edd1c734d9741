using System.Diagnostics;
using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Bulwark.Audit;
using Bulwark.Aws;
using Bulwark.CloudDoubles.S3;
using Bulwark.Findings;
using Bulwark.Keys;
using Bulwark.Local;
using Bulwark.Models;
using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Watermarking;

namespace Bulwark.Benchmarks;

/// <summary>
/// The main job with models, protected models and log in S3, on an in-memory double in a process of its own, against the same job in
/// folders. On a machine with two cores the double takes its share of them, which S3 would not; its CPU time is shown.
/// </summary>
internal static class AwsThroughputBenchmark
{
    /// <summary>The command that runs the double.</summary>
    public const string DoubleCommand = "s3-double";

    private const int Rounds = 5;
    private const string Model = "model.safetensors";
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>Serves the double until the input ends.</summary>
    public static async Task ServeAsync()
    {
        await using S3Double s3 = await S3Double.StartAsync();
        foreach (string bucket in new[] { "models", "protected", "audit", "quarantine" })
            s3.CreateBucket(bucket, versioned: false);
        Console.WriteLine(s3.Address);
        await Console.In.ReadToEndAsync();
    }

    /// <summary>Runs the benchmark.</summary>
    public static async Task RunAsync(string[] args)
    {
        long mebibytes = args.Length > 0 ? long.Parse(args[0], CultureInfo.InvariantCulture) : 512;
        string folder = Directory.CreateDirectory(Path.Combine(args.Length > 1 ? args[1] : Path.GetTempPath(), "bulwark-benchmark-aws")).FullName;
        string models = Directory.CreateDirectory(Path.Combine(folder, "models")).FullName;
        SyntheticModel.Write(Path.Combine(models, Model), DType.F16, mebibytes);

        using Process server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [DoubleCommand])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            Uri address = new(await server.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The double does not start."));
            using IAmazonS3 client = new AwsClients { Region = "us-east-1", Endpoint = address, Credentials = new BasicAWSCredentials("benchmark", "benchmark") }.CreateS3();
            S3ObjectStore s3 = new(client);
            FolderObjectStore local = new();
            ObjectRef file = (await local.FindAsync(models, Model, None))!;
            ObjectRef uploaded = await CopyAsync(local, file, s3);

            LocalKeyRing keys = new(Path.Combine(folder, "home"));
            using SqliteStateStore state = new(Path.Combine(folder, "state.db"));
            using PemSigningKey signing = await keys.GetSigningKeyAsync(None);
            using KeysetWrappingKey wrapping = keys.GetWrappingKey();
            using WatermarkMaster master = keys.GetWatermarkMasters()[0];
            using WatermarkKey watermark = WatermarkKey.FromMaster(master.Id, master.Secret);
            ProtectionServices Services(IObjectStore store, string quarantine, string audit, string origin) => new()
            {
                Store = store,
                State = state,
                Audit = new AuditLog(store, audit, keys.GetLogKey(), origin, TimeProvider.System),
                Findings = new StateFindingSink(state),
                QuarantineContainer = quarantine,
                SigningKey = signing,
                WatermarkKey = watermark,
                TrustedKeys = keys.GetVerificationKeys(),
                WrappingKeys = [wrapping],
                Clock = TimeProvider.System,
                Actor = "benchmark",
            };
            string Folder(string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            string log = Guid.NewGuid().ToString("N");
            ModelProtector inFolders = new(Services(local, Folder("quarantine"), Folder($"audit-{log}"), "benchmark/folders"));
            ModelProtector inS3 = new(Services(s3, "quarantine", "audit", "benchmark/s3"));

            Console.WriteLine($"{mebibytes} MiB F16 safetensors, {Environment.ProcessorCount} cores, .NET {Environment.Version}; medians of {Rounds}, in turns");
            Console.WriteLine($"{"",-26}{"wall s",9}{"MiB/s",9}{"CPU s",9}{"double's CPU s",16}");
            List<Cost> folders = [], buckets = [];
            for (int round = 0; round <= Rounds; round++)
            {
                Cost inTurn = await MeasureAsync(() => inFolders.ProtectAsync(file, Folder("protected"), new ProtectionOptions { Force = true }, null, None), server);
                Cost throughS3 = await MeasureAsync(() => inS3.ProtectAsync(uploaded, "protected", new ProtectionOptions { Force = true }, null, None), server);
                if (round == 0)
                    continue; // what is compiled on the way
                folders.Add(inTurn);
                buckets.Add(throughS3);
            }

            Print("protect in folders", folders, mebibytes);
            Print("protect through S3", buckets, mebibytes);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"throughput through S3 / in folders: {Middle(folders, c => c.Wall) / Middle(buckets, c => c.Wall):0.00} by the clock, {Middle(folders, c => c.Cpu) / Middle(buckets, c => c.Cpu):0.00} by our CPU time (asked: 0.70)"));
        }
        finally
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<ObjectRef> CopyAsync(FolderObjectStore from, ObjectRef source, S3ObjectStore to)
    {
        await using IObjectReader reader = await from.OpenReadAsync(source, None);
        await using IObjectWriter writer = await to.CreateAsync("models", Model, WriteCondition.Any, None);
        byte[] block = new byte[4 << 20];
        for (long at = 0; at < source.Size;)
        {
            Memory<byte> piece = block.AsMemory(0, (int)Math.Min(block.Length, source.Size - at));
            await reader.ReadAsync(at, piece, None);
            await writer.WriteAsync(piece, None);
            at += piece.Length;
        }

        return await writer.CommitAsync(None);
    }

    private static async Task<Cost> MeasureAsync(Func<Task> work, Process server)
    {
        using Process self = Process.GetCurrentProcess();
        server.Refresh();
        TimeSpan own = self.TotalProcessorTime, other = server.TotalProcessorTime;
        Stopwatch watch = Stopwatch.StartNew();
        await work();
        double wall = watch.Elapsed.TotalSeconds;
        self.Refresh();
        server.Refresh();
        return new Cost(wall, (self.TotalProcessorTime - own).TotalSeconds, (server.TotalProcessorTime - other).TotalSeconds);
    }

    private static void Print(string what, List<Cost> costs, long mebibytes)
    {
        double wall = Middle(costs, c => c.Wall);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what,-26}{wall,9:0.00}{mebibytes / wall,9:0}{Middle(costs, c => c.Cpu),9:0.00}{Middle(costs, c => c.DoubleCpu),16:0.00}"));
    }

    private static double Middle(List<Cost> costs, Func<Cost, double> figure)
    {
        double[] sorted = [.. costs.Select(figure).Order()];
        return sorted[sorted.Length / 2];
    }

    private readonly record struct Cost(double Wall, double Cpu, double DoubleCpu);
}
