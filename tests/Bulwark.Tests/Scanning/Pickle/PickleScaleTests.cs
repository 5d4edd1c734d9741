using System.Diagnostics;
using System.Text;
using Bulwark.Models.Pickle;
using Bulwark.Scanning;
using Bulwark.Scanning.Pickle;
using Bulwark.Tests.Models;
using Bulwark.Tests.Models.Pickle;

namespace Bulwark.Tests.Scanning.Pickle;

/// <summary>Large and hostile pickles: memory stays bounded whatever they say, and names are still known at the end. Runs alone: it looks at the memory of the whole process.</summary>
[Collection(nameof(MemoryBoundTests))]
public sealed class PickleScaleTests
{
    private const int Many = 1_500_000;
    private const long MemoryLimit = 96 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_tuple_of_millions_is_benign_and_a_call_behind_it_is_seen()
    {
        byte[] ints = Repeat(Many, _ => [(byte)PickleOpcode.BinInt1, 7]);
        PickleWriter tuple = new PickleWriter().Proto(4).Op(PickleOpcode.Mark).Raw(ints).Op(PickleOpcode.Tuple);

        await ExpectAsync(Verdict.Benign, [.. tuple.ToArray(), (byte)PickleOpcode.Stop]);
        await ExpectAsync(Verdict.Malicious, [.. tuple.ToArray(), .. "cposix\nsystem\n(Vid\ntR."u8]);
    }

    [Fact]
    public async Task A_memo_of_millions_keeps_the_names_of_globals()
    {
        // The module's name is memoized late, and used again from the memo.
        byte[] texts = Repeat(Many, i => [0x8C, 7, .. Encoding.ASCII.GetBytes($"{i:D7}"), (byte)PickleOpcode.Memoize, (byte)PickleOpcode.Pop]);
        PickleWriter pickle = new PickleWriter().Proto(4).Raw(texts)
            .Text("collections").Op(PickleOpcode.Memoize).Text("OrderedDict").Op(PickleOpcode.Memoize, PickleOpcode.StackGlobal, PickleOpcode.Memoize, PickleOpcode.Pop)
            .Raw(Repeat(1 << 18, _ => "N0N0N0N0"u8.ToArray()))
            .Op(PickleOpcode.LongBinGet).Raw(PickleWriter.Int32(Many)).Text("Counter").Op(PickleOpcode.StackGlobal).Op(PickleOpcode.EmptyTuple, PickleOpcode.Reduce)
            .Op(PickleOpcode.LongBinGet).Raw(PickleWriter.Int32(Many + 2)).Op(PickleOpcode.EmptyTuple, PickleOpcode.Reduce, PickleOpcode.Tuple2).Stop();

        await ExpectAsync(Verdict.Benign, pickle.ToArray());
    }

    [Fact]
    public async Task Strings_of_text_protocols_may_be_longer_than_the_window()
    {
        string line = new('x', 5 << 20);
        await ExpectAsync(Verdict.Benign, new PickleWriter().Raw($"(lp0\nV{line}\naS'{line}'\na.").ToArray());
        await ExpectAsync(Verdict.Malformed, new PickleWriter().Raw($"(lp0\nV{line}").ToArray());
        await ExpectAsync(Verdict.Malformed, new PickleWriter().Raw($"c{line}\nx\n.").ToArray());
    }

    [Theory]
    [InlineData("(")]
    [InlineData("]")]
    [InlineData("(]")]
    [InlineData("]\u0094")]
    [InlineData("N.")]
    [InlineData("0")]
    [InlineData("(l(d")]
    [InlineData("C\u0004\u0080\u0004N.")]
    [InlineData("U\u0008x\u009c\u0000\u0000\u0000\u0000\u0000\u0000")]
    [InlineData("cos\nsystem\n")]
    public async Task Endless_repetition_of_anything_ends_soon_and_takes_little_memory(string part)
    {
        byte[] unit = Encoding.Latin1.GetBytes(part);
        await ExpectAsync(null, Repeat(Many, _ => unit));
    }

    [Fact]
    public async Task A_big_payload_is_passed_over_without_being_read()
    {
        byte[] head = new PickleWriter().Proto(4).Op(PickleOpcode.BinBytes8).Raw(PickleWriter.Int64(20L << 30)).ToArray();
        byte[] tail = new PickleWriter().Call("posix", "system", "x").Op(PickleOpcode.Tuple2).Stop().ToArray();
        var content = new SparseReader("big.pkl", (20L << 30) + head.Length + tail.Length, (0, head), ((20L << 30) + head.Length, tail));
        var context = new ScanContext(new ScanLimits(), static (_, _, _, _, _) => Task.CompletedTask);

        await PickleScanner.ScanAsync(content, "big.pkl", 0, context, CancellationToken.None);

        Assert.Equal(Verdict.Malicious, context.Verdict);
        Assert.InRange(content.BytesRead, 0, 4 << 20);
    }

    private static async Task ExpectAsync(Verdict? verdict, byte[] pickle)
    {
        GC.Collect();
        long before = GC.GetTotalMemory(forceFullCollection: true), start = Stopwatch.GetTimestamp();
        ScanContext context = await PickleScan.OfAsync(pickle);
        TimeSpan spent = Stopwatch.GetElapsedTime(start);
        long grown = GC.GetTotalMemory(forceFullCollection: false) - before;

        if (verdict is not null)
            Assert.True(context.Verdict == verdict, PickleScan.Describe(context));
        Assert.True(spent < Patience, $"{spent}");
        Assert.InRange(grown, long.MinValue, MemoryLimit);
    }

    private static byte[] Repeat(int count, Func<int, byte[]> part)
    {
        using var bytes = new MemoryStream();
        for (int i = 0; i < count; i++)
            bytes.Write(part(i));
        return bytes.ToArray();
    }
}
