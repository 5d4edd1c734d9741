using Bulwark.Benchmarks;

Dictionary<string, (string What, Action<string[]> Run)> benchmarks = new(StringComparer.Ordinal)
{
    ["mainjob"] = ("protect and open on whole files, against openssl, age and gpg: [MEBIBYTES] [FOLDER]", MainJobBenchmark.Run),
    ["memory"] = ("peak memory of protect and open, 1 GiB and 8 GiB: [FOLDER]", MemoryBenchmark.Run),
    ["startup"] = ("bulwark --help", _ => StartupBenchmark.Run()),
    ["lambda-start"] = ("the AWS functions' program, native beside ReadyToRun: [PROGRAM] [PROGRAM]", args => LambdaStartBenchmark.RunAsync(args).GetAwaiter().GetResult()),
    ["watermark"] = ("KMM64 on one core against SHA-256", _ => WatermarkBenchmark.Run()),
    ["fingerprint"] = ("exact and robust fingerprints on one core against SHA-256, and a comparison", _ => FingerprintBenchmark.Run()),
    ["scan"] = ("scan a 500 MB PyTorch zip and a 60 MB pickle: [FOLDER]", args => ScanBenchmark.RunAsync(args).GetAwaiter().GetResult()),
    ["pickle"] = ("opcode-dense pickles in memory on one core against SHA-256", _ => PickleBenchmark.RunAsync().GetAwaiter().GetResult()),
    ["aws-throughput"] = ("protect through S3, on a double in a process of its own, against folders: [MEBIBYTES] [FOLDER]", args => AwsThroughputBenchmark.RunAsync(args).GetAwaiter().GetResult()),
    [AwsThroughputBenchmark.DoubleCommand] = ("the double alone; prints its address, ends with its input", _ => AwsThroughputBenchmark.ServeAsync().GetAwaiter().GetResult()),
    ["encryption"] = ("segments and pipelines against raw AES-GCM and SHA-256: [MEBIBYTES]", EncryptionBenchmark.Run),
};

if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var chosen))
{
    Console.Error.WriteLine("Name a benchmark:");
    foreach ((string name, (string what, _)) in benchmarks)
        Console.Error.WriteLine($"  {name,-14}{what}");
    return 2;
}

chosen.Run(args[1..]);
return 0;
