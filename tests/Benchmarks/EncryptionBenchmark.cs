using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Bulwark.Encryption;
using Bulwark.Keys;
using Bulwark.Storage;

namespace Bulwark.Benchmarks;

/// <summary>
/// Encryption against its limits, measured in the same run: the raw <see cref="AesGcm"/> over 1 MiB buffers on one core, and
/// <see cref="SHA256.HashData(ReadOnlySpan{byte}, Span{byte})"/>, which every model pays anyway. Medians; figures per CPU-second are
/// those that survive a busy machine.
/// </summary>
internal static class EncryptionBenchmark
{
    private const int SegmentSize = 1 << 20;
    private const int DefaultMebibytes = 256;
    private const int Repetitions = 7;

    /// <summary>Runs the benchmark. The first argument, if any, is the size of the model in MiB (default 256).</summary>
    public static void Run(string[] args)
    {
        int mebibytes = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : DefaultMebibytes;
        long length = (long)mebibytes << 20;
        byte[] window = RandomNumberGenerator.GetBytes(SegmentSize), output = new byte[SegmentSize + 16];
        Console.WriteLine($"{mebibytes} MiB, {Environment.ProcessorCount} cores, .NET {Environment.Version}; medians of {Repetitions}");
        Console.WriteLine($"{"",-44}{"MiB/s wall",12}{"MiB/CPU-s",12}{"to AesGcm",12}{"to SHA-256",12}");

        (double Wall, double Cpu) sha = Measure(mebibytes, () => SHA256.HashData(window, output));
        using AesGcm aes = new(RandomNumberGenerator.GetBytes(32), 16);
        byte[] nonce = new byte[12];
        (double Wall, double Cpu) raw = Measure(
            mebibytes, () => aes.Encrypt(nonce, window, output.AsSpan(0, SegmentSize), output.AsSpan(SegmentSize)));
        Print("SHA256.HashData, 1 MiB, one thread", sha, raw, sha);
        Print("AesGcm.Encrypt, 1 MiB, one thread", raw, raw, sha);

        using StreamingAeadKey key = StreamingAeadKey.Generate();
        int capacity = key.Parameters.Layout.Capacity, first = key.Parameters.Layout.FirstCapacity;
        (double Wall, double Cpu) segments = MeasureRuns(mebibytes, () =>
        {
            using SegmentEncryptor encryptor = new(key, default);
            for (int i = 0; i < mebibytes; i++)
                encryptor.Encrypt(i, i == mebibytes - 1, window.AsSpan(0, i == 0 ? first : capacity), output);
        });
        Print("SegmentEncryptor, one thread", segments, raw, sha);

        using SegmentEncryptor one = new(key, default);
        one.Encrypt(1, false, window.AsSpan(0, capacity), output);
        using SegmentDecryptor decryptor = new(key, one.Header.Span, default);
        byte[] opened = new byte[SegmentSize];
        Print("SegmentDecryptor, one thread", Measure(mebibytes, () => decryptor.Decrypt(1, false, output.AsSpan(0, SegmentSize), opened)), raw, sha);

        using KeysetWrappingKey kek = KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson());
        RepeatingReader source = new(window, length);
        Console.WriteLine("whole pipelines, reading a buffer in memory and writing to one (a copy each way):");
        Print("ModelEncryptor (with SHA-256)", MeasureRuns(mebibytes, () => Encrypt(source, new DiscardingWriter(), kek)), raw, sha);

        BodyWriter body = new(length + SegmentSize);
        EnvelopeSidecar sidecar = Encrypt(source, body, kek);
        Print("ModelDecryptor (with SHA-256)", MeasureRuns(mebibytes, () => Decrypt(body, sidecar, kek, true)), raw, sha);
        Print("ModelDecryptor (caller hashes)", MeasureRuns(mebibytes, () => Decrypt(body, sidecar, kek, false)), raw, sha);

        using ModelDecryptor ranges = ModelDecryptor.OpenAsync(body, sidecar, [kek], null, CancellationToken.None).GetAwaiter().GetResult();
        byte[] page = new byte[4096];
        Random random = new(1);
        Stopwatch watch = Stopwatch.StartNew();
        const int Reads = 500;
        for (int i = 0; i < Reads; i++)
            ranges.ReadAsync(random.NextInt64(length - page.Length), page, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a random 4 KiB range: {watch.Elapsed.TotalMicroseconds / Reads:F0} microseconds"));
    }

    private static EnvelopeSidecar Encrypt(IObjectReader source, IObjectWriter body, KeysetWrappingKey kek) =>
        new ModelEncryptor().EncryptAsync(source, body, "", [kek], null, CancellationToken.None).GetAwaiter().GetResult();

    private static void Decrypt(IObjectReader body, EnvelopeSidecar sidecar, KeysetWrappingKey kek, bool checkDigest)
    {
        using ModelDecryptor decryptor = ModelDecryptor.OpenAsync(body, sidecar, [kek], null, CancellationToken.None).GetAwaiter().GetResult();
        decryptor.DecryptAsync(new DiscardingWriter(), checkDigest, null, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static (double Wall, double Cpu) Measure(int mebibytes, Action perMebibyte) => MeasureRuns(mebibytes, () =>
    {
        for (int i = 0; i < mebibytes; i++)
            perMebibyte();
    });

    private static (double Wall, double Cpu) MeasureRuns(int mebibytes, Action run)
    {
        run();
        double[] wall = new double[Repetitions], cpu = new double[Repetitions];
        using Process process = Process.GetCurrentProcess();
        for (int i = 0; i < Repetitions; i++)
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            Stopwatch watch = Stopwatch.StartNew();
            run();
            wall[i] = mebibytes / watch.Elapsed.TotalSeconds;
            process.Refresh();
            cpu[i] = mebibytes / (process.TotalProcessorTime - before).TotalSeconds;
        }

        Array.Sort(wall);
        Array.Sort(cpu);
        return (wall[Repetitions / 2], cpu[Repetitions / 2]);
    }

    private static void Print(string what, (double Wall, double Cpu) figure, (double Wall, double Cpu) raw, (double Wall, double Cpu) sha) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what,-44}{figure.Wall,12:F0}{figure.Cpu,12:F0}{figure.Cpu / raw.Cpu,11:F2}x{figure.Cpu / sha.Cpu,11:F2}x"));

    /// <summary>A model that repeats one window.</summary>
    private sealed class RepeatingReader(byte[] window, long length) : IObjectReader
    {
        public ObjectRef Source { get; } = new("memory", "c", "model", "1", length);

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            window.AsMemory(0, buffer.Length).CopyTo(buffer);
            return ValueTask.CompletedTask;
        }

        public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Copies what it is given into one buffer, as a write into the page cache does.</summary>
    private sealed class DiscardingWriter : IObjectWriter
    {
        private readonly byte[] _page = new byte[2 * SegmentSize];

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            bytes.CopyTo(_page);
            return ValueTask.CompletedTask;
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public Task<ObjectRef> CommitAsync(CancellationToken cancellationToken) => throw new NotSupportedException("Nothing is kept.");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Keeps a body in memory and reads it back.</summary>
    private sealed class BodyWriter(long capacity) : IObjectWriter, IObjectReader
    {
        private readonly byte[] _bytes = new byte[capacity];
        private int _length;

        public ObjectRef Source => new("memory", "c", "body", "1", _length);

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            bytes.CopyTo(_bytes.AsMemory(_length));
            _length += bytes.Length;
            return ValueTask.CompletedTask;
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public Task<ObjectRef> CommitAsync(CancellationToken cancellationToken) => Task.FromResult(Source);

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _bytes.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
            return ValueTask.CompletedTask;
        }

        public ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
