using System.Globalization;
using Bulwark.Fuzzing;
using SharpFuzz;

if (args is not [string name, ..] || !FuzzTargets.All.TryGetValue(name, out Func<ReadOnlyMemory<byte>, Task>? target))
{
    Console.Error.WriteLine("Usage: Fuzz TARGET                        under afl-fuzz, with Bulwark.Core.dll instrumented by sharpfuzz");
    Console.Error.WriteLine("       Fuzz TARGET --mutate N FILE...     N damaged copies of each file, without a fuzzer");
    Console.Error.WriteLine("       Fuzz TARGET FILE...                each file as it is, to look into a finding");
    Console.Error.WriteLine("Targets: " + string.Join(' ', FuzzTargets.All.Keys));
    return 2;
}

if (args.Length == 1)
{
    Fuzzer.OutOfProcess.Run(stream =>
    {
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        FuzzRun.AcceptRefusalAsync(target, bytes.ToArray()).GetAwaiter().GetResult();
    });
    return 0;
}

bool mutates = args is [_, "--mutate", _, ..];
int count = mutates ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
int failures = 0;
foreach (string file in args[(mutates ? 3 : 1)..])
{
    byte[] original = File.ReadAllBytes(file);
    Mutator mutator = new(original.Length);
    for (int i = 0; i < count && failures < 10; i++)
    {
        byte[] input = mutates ? mutator.Mutate(original) : original;
        if (await FuzzRun.CheckAsync(target, input) is not { } wrong)
            continue;
        failures++;
        string kept = Path.Combine(Path.GetTempPath(), $"fuzz-{name}-{failures}.bin");
        File.WriteAllBytes(kept, input);
        Console.WriteLine($"{name}: {file}, copy {i}, kept as {kept}: {wrong}");
    }
}

Console.WriteLine($"{name}: {count} x {args.Length - (mutates ? 3 : 1)} inputs, {failures} failures");
return failures == 0 ? 0 : 1;
