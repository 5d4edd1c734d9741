using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Local;
using Bulwark.Scanning;
using Bulwark.Storage;

namespace Bulwark.Benchmarks;

/// <summary>
/// Scanning whole files: an archive of PyTorch whose storages nobody needs to read, and a pickle that is nothing but opcodes; in this
/// process after a warm-up, and as a person runs it. Against SHA-256 over the same bytes.
/// </summary>
internal static class ScanBenchmark
{
    private const int Rounds = 5;
    private const int Tensors = 100;
    private const int TensorLength = 5_000_000;
    private const int Numbers = 12_000_000;
    private const int Batch = 1000;

    /// <summary>Runs the benchmark: [FOLDER]; the temporary folder by default. Needs 600 MB there.</summary>
    public static async Task RunAsync(string[] args)
    {
        string folder = Directory.CreateDirectory(Path.Combine(args.Length > 0 ? args[0] : Path.GetTempPath(), "bulwark-benchmark")).FullName;
        Environment.SetEnvironmentVariable("BULWARK_HOME", Path.Combine(folder, "home"));
        Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}; medians of {Rounds}");
        Console.WriteLine($"{"",-34}{"MB",7}{"scan s",10}{"CPU s",8}{"MB/CPU s",10}{"bytes read",14}{"sha256 s",10}{"command s",11}{"CPU s",8}{"peak MiB",10}  verdict");
        string torch = Path.Combine(folder, "scan.pt"), pickle = Path.Combine(folder, "scan.pkl");
        WriteTorch(torch);
        WritePickle(pickle);
        await MeasureAsync("PyTorch zip, 100 storages", torch);
        await MeasureAsync("pickle, 12 M numbers", pickle);
        ChildProcess.Cost help = ChildProcess.Median(Rounds, static () => { }, ChildProcess.Bulwark, "--help")!.Value;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bulwark --help {help.Wall:0.000} s, {help.Cpu:0.000} s of CPU, {help.PeakMebibytes:0} MiB"));
        File.Delete(torch);
        File.Delete(pickle);
    }

    private static async Task MeasureAsync(string what, string file)
    {
        FolderObjectStore store = new();
        ObjectRef source = (await store.FindAsync(Path.GetDirectoryName(file)!, Path.GetFileName(file), CancellationToken.None))!;
        List<double> seconds = [], cpu = [];
        (long read, Verdict verdict) = (0, default);
        for (int i = 0; i <= Rounds; i++)
        {
            await using CountingReader reader = new(await store.OpenReadAsync(source, CancellationToken.None));
            TimeSpan spent = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            verdict = (await new ModelScanner().ScanAsync(reader, store, CancellationToken.None)).Verdict;
            if (i > 0)
            {
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                cpu.Add((Environment.CpuUsage.TotalTime - spent).TotalSeconds);
            }

            read = reader.Count;
        }

        double scan = seconds.Order().ElementAt(Rounds / 2), busy = cpu.Order().ElementAt(Rounds / 2);
        ChildProcess.Cost command = ChildProcess.Median(Rounds, static () => { }, ChildProcess.Bulwark, "scan", file, "--json")!.Value;
        long hashed = Stopwatch.GetTimestamp();
        await using (FileStream stream = File.OpenRead(file))
            await SHA256.HashDataAsync(stream);
        double sha = Stopwatch.GetElapsedTime(hashed).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what,-34}{source.Size / 1e6,7:0}{scan,10:0.0000}{busy,8:0.000}{source.Size / 1e6 / Math.Max(busy, 1e-3),10:0}{read,14:N0}{sha,10:0.000}{command.Wall,11:0.000}{command.Cpu,8:0.000}{command.PeakMebibytes,10:0}  {verdict}"));
    }

    /// <summary>What torch.save writes for a state dict, but with System.IO.Compression's padding of headers.</summary>
    private static void WriteTorch(string file)
    {
        byte[] storage = new byte[TensorLength];
        using ZipArchive zip = new(File.Create(file), ZipArchiveMode.Create);
        Add(zip, "archive/data.pkl", StateDict());
        Add(zip, "archive/byteorder", "little"u8);
        for (int i = 0; i < Tensors; i++)
        {
            new Random(i).NextBytes(storage);
            Add(zip, string.Create(CultureInfo.InvariantCulture, $"archive/data/{i}"), storage);
        }

        Add(zip, "archive/version", "3\n"u8);
    }

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> content)
    {
        using Stream stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        stream.Write(content);
    }

    private static byte[] StateDict()
    {
        using MemoryStream pickle = new();
        pickle.Write([0x80, 2]);
        pickle.Write("ccollections\nOrderedDict\n)R("u8);
        for (int i = 0; i < Tensors; i++)
        {
            byte[] count = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(count, TensorLength / 4);
            pickle.Write(Text($"layer{i}.weight"));
            pickle.Write("ctorch._utils\n_rebuild_tensor_v2\n(("u8);
            pickle.Write(Text("storage"));
            pickle.Write("ctorch\nFloatStorage\n"u8);
            pickle.Write(Text(i.ToString(CultureInfo.InvariantCulture)));
            pickle.Write(Text("cpu"));
            pickle.Write([(byte)'J', .. count, (byte)'t', (byte)'Q', (byte)'K', 0, (byte)'J', .. count, 0x85, (byte)'K', 1, 0x85, 0x89]);
            pickle.Write("ccollections\nOrderedDict\n)RtR"u8);
        }

        pickle.Write("u."u8);
        return pickle.ToArray();
    }

    private static byte[] Text(string text)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        return [(byte)'X', .. length, .. Encoding.ASCII.GetBytes(text)];
    }

    /// <summary>A list of numbers in CPython's batches: five bytes an opcode, 60 MB.</summary>
    private static void WritePickle(string file)
    {
        using BufferedStream pickle = new(File.Create(file), 1 << 20);
        pickle.Write([0x80, 4, (byte)']', 0x94]);
        byte[] number = [(byte)'J', 0, 0, 0, 0];
        for (int i = 0; i < Numbers; i++)
        {
            if (i % Batch == 0)
                pickle.WriteByte((byte)'(');
            BinaryPrimitives.WriteInt32LittleEndian(number.AsSpan(1), i);
            pickle.Write(number);
            if (i % Batch == Batch - 1)
                pickle.WriteByte((byte)'e');
        }

        pickle.WriteByte((byte)'.');
    }

    /// <summary>Counts what is read.</summary>
    private sealed class CountingReader(IObjectReader inner) : IObjectReader
    {
        public long Count { get; private set; }

        public ObjectRef Source => inner.Source;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            Count += buffer.Length;
            return inner.ReadAsync(offset, buffer, cancellationToken);
        }

        public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => inner.EnsureUnchangedAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
