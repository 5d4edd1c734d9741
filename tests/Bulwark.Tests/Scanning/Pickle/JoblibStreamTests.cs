using Bulwark.Models.Pickle;
using Bulwark.Scanning;
using Bulwark.Scanning.Pickle;
using Bulwark.Tests.Models.Pickle;

namespace Bulwark.Tests.Scanning.Pickle;

/// <summary>joblib's uncompressed form: the elements of arrays lie between the opcodes.</summary>
public sealed class JoblibStreamTests
{
    private static readonly byte[] Payload = new PickleWriter().Proto(4).Call("posix", "system", "echo pwned").Stop().ToArray();

    [Theory]
    [InlineData(null)]
    [InlineData((byte)0)]
    [InlineData((byte)9)]
    public async Task Elements_are_passed_over_and_what_follows_is_scanned(byte? padding)
    {
        // Elements that look like a payload are data; a payload behind them is one.
        byte[] elements = [.. Payload, .. new byte[48]];
        PickleWriter pickle = Wrapper(new PickleWriter().Proto(4).Op(PickleOpcode.EmptyList, PickleOpcode.Mark), "u1", elements.Length, padding, flags: 0).Raw(elements);

        ScanContext harmless = await PickleScan.OfAsync([.. pickle.ToArray(), .. "e."u8]);
        ScanContext malicious = await PickleScan.OfAsync([.. pickle.ToArray(), .. "cposix\nsystem\n(Vid\ntRe."u8]);

        Assert.True(harmless.Verdict == Verdict.Benign, PickleScan.Describe(harmless));
        Assert.True(malicious.Verdict == Verdict.Malicious, PickleScan.Describe(malicious));
    }

    [Fact]
    public async Task A_second_array_finds_its_dtype_and_names_in_the_memo_far_back()
    {
        PickleWriter pickle = new PickleWriter().Proto(4).Op(PickleOpcode.EmptyList, PickleOpcode.Mark)
            .StackGlobal("joblib.numpy_pickle", "NumpyArrayWrapper").Put(0).Op(PickleOpcode.Pop).Text("shape").Put(1).Op(PickleOpcode.Pop).Text("dtype").Put(2).Op(PickleOpcode.Pop)
            .StackGlobal("numpy", "dtype").Text("f8").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Put(3).Op(PickleOpcode.Pop);
        for (int i = 0; i < 3; i++)
        {
            // Each array is larger than the reader's window, so that the texts are out of it by the time of the next.
            pickle.Get(0).Op(PickleOpcode.EmptyTuple, PickleOpcode.NewObj, PickleOpcode.EmptyDict).Get(1).Int(1 << 18).Op(PickleOpcode.Tuple1, PickleOpcode.SetItem)
                .Get(2).Get(3).Op(PickleOpcode.SetItem, PickleOpcode.Build).Raw(new byte[8 << 18]);
        }

        ScanContext context = await PickleScan.OfAsync(pickle.Op(PickleOpcode.Appends).Stop().ToArray());

        Assert.True(context.Verdict == Verdict.Benign, PickleScan.Describe(context));
    }

    [Fact]
    public async Task An_array_of_objects_is_a_pickle_in_the_stream_and_is_scanned()
    {
        PickleWriter Objects(byte[] elements) => Wrapper(new PickleWriter().Proto(4).Op(PickleOpcode.EmptyList, PickleOpcode.Mark), "O8", 2, padding: null, flags: 63)
            .Raw(elements).Op(PickleOpcode.Appends).Stop();

        ScanContext harmless = await PickleScan.OfAsync(Objects(new PickleWriter().Proto(4).Op(PickleOpcode.EmptyList).Stop().ToArray()).ToArray());
        ScanContext malicious = await PickleScan.OfAsync(Objects(Payload).ToArray());

        Assert.True(harmless.Verdict == Verdict.Benign, PickleScan.Describe(harmless));
        Assert.True(malicious.Verdict == Verdict.Malicious, PickleScan.Describe(malicious));
    }

    [Fact]
    public async Task An_array_without_a_size_or_beyond_the_end_is_malformed()
    {
        ScanContext nameless = await PickleScan.OfAsync(Wrapper(new PickleWriter(), "nonsense", 3, padding: null, flags: 0).Stop().ToArray());
        ScanContext beyond = await PickleScan.OfAsync(Wrapper(new PickleWriter(), "f8", int.MaxValue, padding: null, flags: 0).Stop().ToArray());

        Assert.Contains(nameless.Findings, f => f.Rule == PickleRules.BrokenArray);
        Assert.Contains(beyond.Findings, f => f.Rule == PickleRules.BrokenArray);
    }

    private static PickleWriter Wrapper(PickleWriter pickle, string dtype, int length, byte? padding, int flags)
    {
        pickle.StackGlobal("joblib.numpy_pickle", "NumpyArrayWrapper").Op(PickleOpcode.EmptyTuple, PickleOpcode.NewObj)
            .Op(PickleOpcode.EmptyDict, PickleOpcode.Mark).Text("subclass").StackGlobal("numpy", "ndarray").Text("shape").Int(length).Op(PickleOpcode.Tuple1)
            .Text("order").Text("C").Text("dtype").StackGlobal("numpy", "dtype").Text(dtype).Op(PickleOpcode.NewFalse, PickleOpcode.NewTrue, PickleOpcode.Tuple3, PickleOpcode.Reduce)
            .Op(PickleOpcode.Mark).Int(3).Text("|").Op(PickleOpcode.None, PickleOpcode.None, PickleOpcode.None).Int(-1).Int(-1).Int(flags).Op(PickleOpcode.Tuple, PickleOpcode.Build)
            .Text("numpy_array_alignment_bytes");
        pickle = (padding is null ? pickle.Op(PickleOpcode.None) : pickle.Int(16)).Op(PickleOpcode.SetItems, PickleOpcode.Build);
        return padding is { } bytes ? pickle.Raw(bytes).Raw(new byte[bytes]) : pickle;
    }
}
