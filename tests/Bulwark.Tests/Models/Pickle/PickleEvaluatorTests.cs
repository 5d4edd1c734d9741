using Bulwark.Models;
using Bulwark.Models.Pickle;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Models.Pickle;

public sealed class PickleEvaluatorTests
{
    [Fact]
    public async Task A_state_dict_becomes_a_tree_and_nothing_is_called()
    {
        byte[] pickle = new PickleWriter().Proto(2).Op(PickleOpcode.EmptyDict).Put(0).Op(PickleOpcode.Mark)
            .Text("weight").Global("torch._utils", "_rebuild_tensor_v2").Op(PickleOpcode.Mark)
            .Op(PickleOpcode.Mark).Text("storage").Global("torch", "FloatStorage").Text("0").Text("cpu").Int(6).Op(PickleOpcode.Tuple, PickleOpcode.BinPersId)
            .Int(0).Int(2).Int(3).Op(PickleOpcode.Tuple2).Int(3).Int(1).Op(PickleOpcode.Tuple2).Op(PickleOpcode.NewFalse)
            .Global("collections", "OrderedDict").Op(PickleOpcode.EmptyTuple, PickleOpcode.Reduce).Op(PickleOpcode.Tuple, PickleOpcode.Reduce)
            .Text("big").Op(PickleOpcode.Long1).Raw(9).Raw(0, 0, 0, 0, 0, 0, 0, 0, 1)
            .Op(PickleOpcode.SetItems).Stop().Raw(1, 2, 3).ToArray();

        PickleEvaluation evaluation = await EvaluateAsync(pickle);

        Assert.Equal(pickle.Length - 3, evaluation.End);
        var dictionary = Assert.IsType<PickleDictionary>(evaluation.Value);
        var tensor = Assert.IsType<PickleObject>(dictionary.Find("weight"));
        Assert.True(tensor.IsCallOf("torch._utils", "_rebuild_tensor_v2"));
        IReadOnlyList<PickleValue> arguments = tensor.Arguments.AsSequence!;
        var id = Assert.IsType<PicklePersistentId>(arguments[0]);
        Assert.True(id.Id.AsSequence![1].IsGlobal("torch", "FloatStorage"));
        Assert.Equal([2L, 3L], arguments[2].AsSequence!.Select(v => v.AsInteger!.Value));
        Assert.Equal(System.Numerics.BigInteger.Pow(2, 64), Assert.IsType<PickleBigInteger>(dictionary.Find("big")).Value);
    }

    [Fact]
    public async Task Text_protocols_are_read_as_CPython_reads_them()
    {
        byte[] pickle = new PickleWriter().Raw("(lp0\nI42\naI01\naL-7L\naF1.5\naS'a\\x41\\'\\n\\101'\np1\naV\\u20ac\\U0001F600x\nag1\nadummy").ToArray();
        pickle = [.. pickle[..^5], (byte)PickleOpcode.Stop];

        var list = Assert.IsType<PickleList>((await EvaluateAsync(pickle)).Value);

        Assert.Equal(42, list.Items[0].AsInteger);
        Assert.Same(PickleBoolean.True, list.Items[1]);
        Assert.Equal(-7, list.Items[2].AsInteger);
        Assert.Equal(1.5, Assert.IsType<PickleFloat>(list.Items[3]).Value);
        Assert.Equal("aA'\nA", list.Items[4].AsText);
        Assert.Equal("€😀x", list.Items[5].AsText);
        Assert.Same(list.Items[4], list.Items[6]);
    }

    [Fact]
    public async Task Large_payloads_are_passed_over_and_their_place_is_known()
    {
        byte[] body = new byte[3 << 20];
        byte[] pickle = new PickleWriter().Proto(4).Bytes(body).Int(5).Op(PickleOpcode.Tuple2).Stop().ToArray();

        PickleEvaluation evaluation = await EvaluateAsync(pickle);

        var bytes = Assert.IsType<PickleBytes>(evaluation.Value.AsSequence![0]);
        Assert.Equal((11, body.Length), (bytes.Offset, bytes.Length));
        Assert.Equal(pickle.Length, evaluation.End);
    }

    [Theory]
    [InlineData(null)]
    [InlineData((byte)7)]
    public async Task An_array_that_joblib_wrote_into_the_stream_is_mapped_and_passed_over(byte? padding)
    {
        PickleWriter writer = new PickleWriter().Proto(4).Op(PickleOpcode.EmptyList).Op(PickleOpcode.Mark)
            .StackGlobal("joblib.numpy_pickle", "NumpyArrayWrapper").Op(PickleOpcode.EmptyTuple, PickleOpcode.NewObj)
            .Op(PickleOpcode.EmptyDict, PickleOpcode.Mark).Text("shape").Int(2).Int(3).Op(PickleOpcode.Tuple2).Text("order").Text("C")
            .Text("dtype").StackGlobal("numpy", "dtype").Text("f8").Op(PickleOpcode.NewFalse, PickleOpcode.NewTrue, PickleOpcode.Tuple3, PickleOpcode.Reduce)
            .Op(PickleOpcode.Mark).Int(3).Text("<").Op(PickleOpcode.None, PickleOpcode.None, PickleOpcode.None).Int(-1).Int(-1).Int(0).Op(PickleOpcode.Tuple, PickleOpcode.Build)
            .Text("numpy_array_alignment_bytes");
        writer = padding is null ? writer.Op(PickleOpcode.None) : writer.Int(16);
        writer = writer.Op(PickleOpcode.SetItems, PickleOpcode.Build);
        if (padding is { } length)
            writer = writer.Raw(length).Raw(new byte[length]);
        long start = writer.ToArray().Length;
        byte[] pickle = writer.Raw(new byte[48]).Text("after").Op(PickleOpcode.Appends).Stop().ToArray();

        PickleEvaluation evaluation = await EvaluateAsync(pickle);

        IReadOnlyList<PickleValue> items = evaluation.Value.AsSequence!;
        var array = Assert.IsType<PickleArray>(items[0]);
        Assert.Equal((start, 48), (array.Offset, array.Length));
        Assert.Equal("after", items[1].AsText);
    }

    [Theory]
    [InlineData("")]
    [InlineData("N")]
    [InlineData(".")]
    [InlineData("h\u0001.")]
    [InlineData("t.")]
    [InlineData("(.")]
    [InlineData("K\u0001N}s.")]
    [InlineData("\u008b\u00ff\u00ff\u00ff\u00ff.")]
    [InlineData("X\u00ff\u00ff\u00ff\u007fabc.")]
    [InlineData("\u00ff.")]
    [InlineData("Iseven\n.")]
    [InlineData("S'open\n.")]
    [InlineData("NNb.")]
    public async Task What_no_unpickler_would_load_is_refused(string pickle)
    {
        var refused = await Assert.ThrowsAsync<ModelFormatException>(() => EvaluateAsync(new PickleWriter().Raw(pickle).ToArray()));
        Assert.Equal("BW1430", refused.Code);
    }

    [Fact]
    public async Task More_values_than_the_limit_are_refused()
    {
        byte[] pickle = [.. Enumerable.Repeat((byte)PickleOpcode.EmptyList, 2000), (byte)PickleOpcode.Stop];
        var refused = await Assert.ThrowsAsync<ModelFormatException>(() => EvaluateAsync(pickle, new PickleEvaluationLimits { MaxNodes = 1000 }));
        Assert.Equal("BW1431", refused.Code);
    }

    [DataFact]
    public async Task The_five_pickles_of_a_legacy_PyTorch_file_are_evaluated_one_after_the_other()
    {
        byte[] file = await File.ReadAllBytesAsync(SharedData.PathOf("models", "torch-legacy", "pnet.pt"));
        var reader = new MemoryReader("pnet.pt", file);
        long offset = 0;
        List<PickleEvaluation> pickles = [];
        for (int i = 0; i < 5; i++)
        {
            pickles.Add(await PickleEvaluator.EvaluateAsync(reader, offset, new PickleEvaluationLimits(), CancellationToken.None));
            offset = pickles[^1].End;
        }

        Assert.Equal([15L, 21, 137, 1657, 1938], pickles.Select(p => p.End));
        Assert.Equal(1001, pickles[1].Value.AsInteger);
        Assert.NotEmpty(Assert.IsType<PickleObject>(pickles[3].Value).Entries);
    }

    private static Task<PickleEvaluation> EvaluateAsync(byte[] pickle, PickleEvaluationLimits? limits = null) =>
        PickleEvaluator.EvaluateAsync(new MemoryReader("test.pkl", pickle), 0, limits ?? new PickleEvaluationLimits(), CancellationToken.None);
}
