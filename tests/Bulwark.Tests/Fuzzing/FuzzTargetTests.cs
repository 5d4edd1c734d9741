using System.Diagnostics;
using Bulwark.Fuzzing;
using Bulwark.Testing;

namespace Bulwark.Tests.Fuzzing;

/// <summary>The targets that ship for long fuzzing, each over a sample of damaged real files. BULWARK_FUZZ makes the sample larger.</summary>
public sealed class FuzzTargetTests
{
    private const int LargestSeed = 256 << 10;

    // Whole scans of many files: a tenth of what a single parser gets.
    private static int Mutants => Math.Max(1, Mutator.Count / 10);

    public static TheoryData<string> Endings { get; } = [.. FuzzTargets.ModelEndings];

    [DataTheory]
    [MemberData(nameof(Endings))]
    public async Task Damaged_model_files_are_refused_soon_and_without_much_memory(string ending)
    {
        Func<ReadOnlyMemory<byte>, Task> target = FuzzTargets.All["model-" + ending];
        string[] seeds = [.. Seeds().Where(f => f.EndsWith("." + ending, StringComparison.Ordinal)).Take(8)];
        foreach (string file in seeds.Length > 0 ? seeds : Seeds().Take(8))
        {
            byte[] original = await File.ReadAllBytesAsync(file);
            Mutator mutator = new(original.Length);
            for (int i = 0; i < Mutants / 8 + 1; i++)
            {
                byte[] mutant = mutator.Mutate(original);
                string? wrong = await FuzzRun.CheckAsync(target, mutant);
                Assert.True(wrong is null, $"mutant {i} of {Path.GetFileName(file)}: {wrong}");
            }
        }
    }

    [Fact]
    public async Task A_target_that_fails_hangs_or_hoards_is_found_out()
    {
        Assert.NotNull(await FuzzRun.CheckAsync(_ => throw new InvalidOperationException(), default));
        Assert.NotNull(await FuzzRun.CheckAsync(_ => SpinAsync(), default));
        Assert.NotNull(await FuzzRun.CheckAsync(_ => HoardAsync(), default));
        Assert.Null(await FuzzRun.CheckAsync(_ => throw Bulwark.Models.ModelFormatException.NotSafetensors("x", "y"), default));
        Assert.Null(await FuzzRun.CheckAsync(_ => Task.CompletedTask, default));
    }

    private static IEnumerable<string> Seeds() =>
        new[] { "models", "scan" }.SelectMany(d => Directory.EnumerateFiles(SharedData.PathOf(d), "*", SearchOption.AllDirectories))
            .Where(f => new FileInfo(f).Length is > 0 and <= LargestSeed)
            .OrderBy(f => f, StringComparer.Ordinal);

    private static Task SpinAsync()
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Stopwatch clock = Stopwatch.StartNew();
        while (Environment.CpuUsage.TotalTime - before < FuzzRun.Patience * 1.2 || clock.Elapsed < FuzzRun.Patience * 1.2)
            Thread.SpinWait(1000);
        return Task.CompletedTask;
    }

    private static async Task HoardAsync()
    {
        byte[] held = new byte[FuzzRun.MemoryLimit + (1 << 20)];
        Array.Fill(held, (byte)1);
        await Task.Delay(200);
        GC.KeepAlive(held);
    }
}
