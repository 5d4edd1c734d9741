using System.Diagnostics;
using Bulwark.Fuzzing;
using Bulwark.Models.Pickle;
using Bulwark.Scanning;
using Bulwark.Testing;
using Bulwark.Tests.Models.Pickle;
using CsCheck;

namespace Bulwark.Tests.Scanning.Pickle;

public sealed class PickleFuzzTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly byte[] Everything = new PickleWriter().Proto(4).Frame(60).Op(PickleOpcode.Mark).Text("a").Put(0).Get(0).Int(3).Op(PickleOpcode.EmptyList).Put(1)
        .Raw("I12\nL345L\nF1.5\nS'x\\x41'\nVabc\\u20ac\n").Op(PickleOpcode.Dup, PickleOpcode.Pop).Op(PickleOpcode.Tuple)
        .Op(PickleOpcode.EmptyDict).Text("k").Bytes([0x80, 4, (byte)'N', (byte)'.']).Op(PickleOpcode.SetItem)
        .StackGlobal("collections", "OrderedDict").Op(PickleOpcode.EmptyTuple, PickleOpcode.Reduce).Put(2).Text("key").Text("gASVAAAAAAAAAABOLg==").Op(PickleOpcode.SetItem)
        .Global("torch.storage", "_load_from_bytes").Bytes("(lp0\n."u8).Op(PickleOpcode.Tuple1, PickleOpcode.Reduce)
        .Op(PickleOpcode.Mark).Global("datetime", "date").Int(1).Op(PickleOpcode.Obj).Op(PickleOpcode.EmptySet, PickleOpcode.Mark).Int(1).Op(PickleOpcode.AddItems)
        .Op(PickleOpcode.Mark).Int(1).Op(PickleOpcode.FrozenSet).Text("id").Op(PickleOpcode.BinPersId).Raw("Pid\n").Op(PickleOpcode.Ext1).Raw(1)
        .Op(PickleOpcode.NextBuffer, PickleOpcode.ReadOnlyBuffer, PickleOpcode.NewTrue, PickleOpcode.Tuple3).Stop().ToArray();

    [Fact]
    public async Task Damaged_pickles_never_break_the_scanner_or_the_evaluator() => await FuzzAsync(Everything);

    [DataTheory]
    [InlineData("scan/benign/benign/sklearn_logreg.pkl")]
    [InlineData("scan/benign/benign/torch_tensor_plain_pickle.pkl")]
    [InlineData("scan/benign/benign/std_containers.pkl")]
    [InlineData("scan/malicious/picklescan/malicious0.pkl")]
    [InlineData("scan/suspicious/modelaudit/nested_pickle_multistage.pkl")]
    public async Task Damaged_real_pickles_never_break_the_scanner_or_the_evaluator(string file) =>
        await FuzzAsync(await File.ReadAllBytesAsync(SharedData.PathOf(file.Split('/'))));

    [Fact]
    public async Task Random_opcodes_never_break_the_scanner_or_the_evaluator()
    {
        byte[] opcodes = [.. Enum.GetValues<PickleOpcode>().Select(o => (byte)o)];
        var random = new Random(7);
        for (int i = 0; i < Mutator.Count; i++)
        {
            byte[] pickle = new byte[random.Next(1, 200)];
            for (int at = 0; at < pickle.Length; at++)
                pickle[at] = random.Next(4) > 0 ? opcodes[random.Next(opcodes.Length)] : (byte)random.Next(256);
            await CheckAsync(pickle, $"random {i}");
        }
    }

    [Fact]
    public void What_the_scanner_passes_whole_the_evaluator_evaluates_to_the_same_end()
    {
        // Two interpreters written apart: on data that the one finds benign, the other must agree on where it ends.
        Gen<PickleWriter> value = Gen.OneOf(
            Gen.Int.Select(i => new PickleWriter().Int(i)), Gen.String[0, 300].Select(s => new PickleWriter().Text(s.Replace('\uFFFD', ' '))),
            Gen.Byte.Array[0, 300].Select(b => new PickleWriter().Bytes(b)), Gen.Const(new PickleWriter().Op(PickleOpcode.None)));
        value.List[0, 50].Sample(values =>
        {
            PickleWriter pickle = new PickleWriter().Proto(4).Op(PickleOpcode.EmptyList, PickleOpcode.Mark);
            foreach (PickleWriter part in values)
                pickle.Raw(part.ToArray());
            byte[] bytes = pickle.Op(PickleOpcode.Appends).Stop().ToArray();
            ScanContext context = PickleScan.OfAsync(bytes).GetAwaiter().GetResult();
            Assert.True(context.Verdict == Verdict.Benign, PickleScan.Describe(context));
            PickleEvaluation evaluation = PickleEvaluator.EvaluateAsync(
                new Bulwark.Storage.MemoryReader("x", bytes), 0, new PickleEvaluationLimits(), CancellationToken.None).GetAwaiter().GetResult();
            Assert.Equal(bytes.Length, evaluation.End);
            Assert.Equal(values.Count, evaluation.Value.AsSequence!.Count);
        }, iter: 200);
    }

    private static async Task FuzzAsync(byte[] original)
    {
        var mutator = new Mutator(original.Length);
        for (int i = 0; i < Mutator.Count; i++)
            await CheckAsync(mutator.Mutate(original), $"mutant {i} of {original.Length} bytes");
    }

    private static async Task CheckAsync(byte[] pickle, string which)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            await PickleScan.OfAsync(pickle);
            await PickleEvaluator.EvaluateAsync(
                new Bulwark.Storage.MemoryReader("x", pickle), 0, new PickleEvaluationLimits { MaxNodes = 100_000 }, CancellationToken.None);
        }
        catch (Bulwark.Models.ModelFormatException)
        {
            // The evaluator's refusal.
        }
        catch (Exception e)
        {
            Assert.Fail($"{which}: {e}\n{Convert.ToBase64String(pickle)}");
        }

        TimeSpan spent = Stopwatch.GetElapsedTime(start);
        Assert.True(spent < Patience, $"{which} took {spent}: {Convert.ToBase64String(pickle)}");
    }
}
