using System.IO.Compression;
using System.Text;
using Bulwark.Models.Pickle;
using Bulwark.Scanning;
using Bulwark.Scanning.Pickle;
using Bulwark.Tests.Models.Pickle;

namespace Bulwark.Tests.Scanning.Pickle;

public sealed class PickleTrickTests
{
    private static PickleWriter Payload => new PickleWriter().Proto(4).StackGlobal("posix", "system").Text("echo pwned").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce);

    [Theory]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("__builtin__", "getattr")]
    [InlineData("_operator", "attrgetter")]
    [InlineData("operator", "methodcaller")]
    [InlineData("torch.hub", "load")]
    [InlineData("torch.serialization", "load")]
    [InlineData("numpy", "load")]
    [InlineData("numpy.core", "_ufunc_reconstruct")]
    [InlineData("numpy", "memmap")]
    [InlineData("pandas.io.pickle", "read_pickle")]
    [InlineData("pathlib", "os.system")]
    [InlineData("collections", "_sys.exit")]
    [InlineData("torch", "os.system")]
    [InlineData("scipy.stats._distn_infrastructure", "rv_generic_of_nobody")]
    [InlineData("somebody.tools", "run_me")]
    [InlineData("__main__", "eval")]
    [InlineData("picklescan.scanner", "scan")]
    [InlineData("types", "FunctionType")]
    [InlineData("tests.anything", "__dict__")]
    public async Task A_call_of_what_is_not_allowed_is_malicious(string module, string name)
    {
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Call(module, name, "x").Stop());
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Proto(4).StackGlobal(module, name).Text("x").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop());
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Op(PickleOpcode.Mark).Global(module, name).Text("x").Op(PickleOpcode.Obj).Stop());
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Op(PickleOpcode.Mark).Text("x").Op(PickleOpcode.Inst).Raw($"{module}\n{name}\n").Stop());
    }

    [Theory]
    [InlineData("collections", "OrderedDict")]
    [InlineData("numpy._core.multiarray", "_reconstruct")]
    [InlineData("torch._utils", "_rebuild_tensor_v2")]
    [InlineData("builtins", "len")]
    [InlineData("datetime", "datetime")]
    [InlineData("zoneinfo", "ZoneInfo._unpickle")]
    public async Task A_call_of_what_is_allowed_is_benign(string module, string name) =>
        await ExpectAsync(Verdict.Benign, new PickleWriter().Proto(4).StackGlobal(module, name).Text("x").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop());

    [Theory]
    [InlineData("sklearn.linear_model._logistic", "LogisticRegression")]
    [InlineData("torch.nn.modules.linear", "Linear")]
    [InlineData("builtins", "map")]
    public async Task What_is_only_made_empty_by_picklers_may_be_named_but_not_called(string module, string name)
    {
        await ExpectAsync(Verdict.Benign, new PickleWriter().Proto(2).Global(module, name).Op(PickleOpcode.EmptyTuple, PickleOpcode.NewObj, PickleOpcode.EmptyDict, PickleOpcode.Build).Stop());
        await ExpectAsync(Verdict.Malicious, PickleRules.UnlistedCall, new PickleWriter().Proto(2).Call(module, name, "x").Stop());
    }

    [Fact]
    public async Task An_allowed_function_cannot_be_made_to_call_what_is_not()
    {
        PickleWriter Reconstruct(string module, string name) => new PickleWriter().Proto(2).Global("copyreg", "_reconstructor")
            .Global("sklearn.pipeline", "Pipeline").Global(module, name).Text("x").Op(PickleOpcode.Tuple3, PickleOpcode.Reduce).Stop();

        await ExpectAsync(Verdict.Benign, Reconstruct("builtins", "object"));
        await ExpectAsync(Verdict.Malicious, Reconstruct("sklearn.pipeline", "Pipeline"));
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Proto(2).Global("torch._tensor", "_rebuild_from_type_v2").Global("sklearn.pipeline", "Pipeline").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop());
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Proto(2).Global("builtins", "iter").Text("x").Op(PickleOpcode.None, PickleOpcode.Tuple2, PickleOpcode.Reduce).Stop());
    }

    [Theory]
    [InlineData("pandas._libs.missing", "NA")]
    [InlineData("http", "HTTPStatus.OK")]
    [InlineData("pandas.core.arrays.period", "PeriodArray")]
    public async Task What_picklers_of_plain_data_name_is_benign(string module, string name) =>
        await ExpectAsync(Verdict.Benign, new PickleWriter().Proto(4).StackGlobal(module, name).Stop());

    [Theory]
    [InlineData("http", "HTTPStatus.__init__")]
    [InlineData("http", "HTTPStatus._value_")]
    [InlineData("http", "client.HTTPConnection")]
    public async Task Only_members_of_an_enumeration_may_be_named_through_it(string module, string name) =>
        await ExpectAsync(Verdict.Malicious, PickleRules.DottedName, new PickleWriter().Proto(4).StackGlobal(module, name).Stop());

    [Fact]
    public async Task Mapping_an_allowed_function_is_benign_and_another_malicious()
    {
        PickleWriter Map(string module, string name) => new PickleWriter().Proto(4).StackGlobal("builtins", "map").StackGlobal(module, name).Op(PickleOpcode.EmptyList, PickleOpcode.Tuple2, PickleOpcode.Reduce).Stop();

        await ExpectAsync(Verdict.Benign, Map("builtins", "str"));
        await ExpectAsync(Verdict.Malicious, PickleRules.UnlistedCall, Map("somebody.tools", "run_me"));
        await ExpectAsync(Verdict.Malicious, PickleRules.UnlistedCall, Map("builtins", "sum"));
        PickleWriter Create(string module, string name) => new PickleWriter().Proto(4).StackGlobal("dill._dill", "_create_array").StackGlobal(module, name).Op(PickleOpcode.EmptyTuple, PickleOpcode.Tuple2, PickleOpcode.Reduce).Stop();
        await ExpectAsync(Verdict.Benign, Create("numpy.core.multiarray", "_reconstruct"));
        await ExpectAsync(Verdict.Malicious, PickleRules.UnlistedCall, Create("somebody.tools", "run_me"));
    }

    [Fact]
    public async Task A_method_of_a_scheduler_may_be_read_from_its_object_and_nothing_else()
    {
        PickleWriter Read(string name) => new PickleWriter().Proto(2).Global("builtins", "getattr").Global("torch.optim.lr_scheduler", "OneCycleLR").Op(PickleOpcode.EmptyTuple, PickleOpcode.NewObj)
            .Text(name).Op(PickleOpcode.Tuple2, PickleOpcode.Reduce).Stop();

        await ExpectAsync(Verdict.Benign, Read("_annealing_cos"));
        await ExpectAsync(Verdict.Malicious, PickleRules.DangerousCall, Read("__class__"));
        await ExpectAsync(Verdict.Malicious, PickleRules.DangerousCall, Read("step"));
    }

    [Fact]
    public async Task Calls_that_allocate_without_data_are_malformed()
    {
        PickleWriter Asked(string module, string name) => new PickleWriter().Proto(4).StackGlobal(module, name).Int(int.MaxValue).Int(int.MaxValue).Op(PickleOpcode.Tuple2, PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop();
        foreach ((string module, string name) in new[] { ("numpy", "ndarray"), ("torch", "Tensor"), ("torch", "FloatStorage"), ("torch.storage", "UntypedStorage"), ("numpy", "void") })
            await ExpectAsync(Verdict.Malformed, PickleRules.Allocation, Asked(module, name));
        PickleWriter Collected(string maker, int count) => new PickleWriter().Proto(4).StackGlobal("builtins", "list").StackGlobal(maker == "range" ? "builtins" : "itertools", maker).Int(count)
            .Op(PickleOpcode.Tuple1, PickleOpcode.Reduce, PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop();
        await ExpectAsync(Verdict.Malformed, PickleRules.Allocation, Collected("range", int.MaxValue));
        await ExpectAsync(Verdict.Malformed, PickleRules.Allocation, Collected("repeat", 1));
        await ExpectAsync(Verdict.Malformed, PickleRules.Allocation, Collected("count", 0));
        await ExpectAsync(Verdict.Benign, Collected("range", 100));
        await ExpectAsync(Verdict.Malformed, PickleRules.Allocation, new PickleWriter().Proto(4).StackGlobal("builtins", "pow").Int(10).Int(int.MaxValue).Op(PickleOpcode.Tuple2, PickleOpcode.Reduce).Stop());
    }

    [Fact]
    public async Task A_planted_setstate_is_suspicious() =>
        await ExpectAsync(Verdict.Suspicious, PickleRules.InternalName, new PickleWriter().Proto(2).Global("sklearn.pipeline", "Pipeline").Op(PickleOpcode.EmptyTuple, PickleOpcode.NewObj)
            .Op(PickleOpcode.EmptyDict).Text("__setstate__").Global("builtins", "len").Op(PickleOpcode.SetItem, PickleOpcode.Build).Text("x").Op(PickleOpcode.Build).Stop());

    [Theory]
    [InlineData("__main__", "MyModel")]
    [InlineData("mypackage.models", "Net")]
    [InlineData("transformers.models.bert", "BertModel")]
    [InlineData("mypackage", "Модель")]
    public async Task An_unknown_class_is_suspicious(string module, string name) =>
        await ExpectAsync(Verdict.Suspicious, new PickleWriter().Proto(2).Global(module, name).Op(PickleOpcode.EmptyTuple, PickleOpcode.NewObj, PickleOpcode.EmptyDict, PickleOpcode.Build).Stop());

    [Fact]
    public async Task Calling_what_a_call_returned_is_malicious() =>
        await ExpectAsync(Verdict.Malicious, PickleRules.IndirectCall, new PickleWriter().Proto(2).Call("functools", "partial", "x").Text("y").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop());

    [Fact]
    public async Task A_name_that_is_computed_is_malicious() =>
        await ExpectAsync(Verdict.Malicious, PickleRules.ComputedName,
            new PickleWriter().Proto(4).Call("builtins", "str", "posix").Text("system").Op(PickleOpcode.StackGlobal).Stop());

    [Fact]
    public async Task State_on_a_class_is_malicious() =>
        await ExpectAsync(Verdict.Malicious, PickleRules.StateOnGlobal, new PickleWriter().Proto(2).Global("torch.nn.modules.linear", "Linear").Op(PickleOpcode.EmptyDict, PickleOpcode.Build).Stop());

    [Fact]
    public async Task Making_a_class_is_malicious_and_asking_for_a_type_is_not()
    {
        await ExpectAsync(Verdict.Benign, new PickleWriter().Proto(2).Global("builtins", "type").Op(PickleOpcode.None, PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop());
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Proto(2).Global("builtins", "type").Text("x").Op(PickleOpcode.EmptyTuple, PickleOpcode.EmptyDict, PickleOpcode.Tuple3, PickleOpcode.Reduce).Stop());
    }

    [Fact]
    public async Task Getattr_is_read_as_the_name_that_it_reaches()
    {
        PickleWriter Read(string module, string type, string attribute) => new PickleWriter().Proto(2).Global("builtins", "getattr")
            .Global(module, type).Text(attribute).Op(PickleOpcode.Tuple2, PickleOpcode.Reduce).Stop();

        await ExpectAsync(Verdict.Benign, Read("zoneinfo", "ZoneInfo", "_unpickle"));
        await ExpectAsync(Verdict.Malicious, Read("collections", "OrderedDict", "__init__"));
        await ExpectAsync(Verdict.Malicious, Read("pathlib", "PurePath", "unlink"));
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Proto(2).Global("builtins", "getattr").Stop());
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Proto(2).Global("functools", "partial").Global("builtins", "getattr").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop());
    }

    [Fact]
    public async Task A_payload_before_a_broken_tail_is_malicious_all_the_same()
    {
        await ExpectAsync(Verdict.Malicious, PickleRules.Truncated, Payload);
        await ExpectAsync(Verdict.Malicious, PickleRules.UnknownOpcode, Payload.Raw(0xFF));
        await ExpectAsync(Verdict.Malicious, PickleRules.Misuse, Payload.Op(PickleOpcode.Tuple3));
    }

    [Fact]
    public async Task A_second_pickle_is_scanned_too()
    {
        await ExpectAsync(Verdict.Benign, new PickleWriter().Proto(2).Op(PickleOpcode.None).Stop().Raw("(lp0\n.").Raw("\n\n"));
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Proto(2).Op(PickleOpcode.None).Stop().Raw(Payload.Stop().ToArray()));
        await ExpectAsync(Verdict.Malicious, new PickleWriter().Proto(2).Op(PickleOpcode.None).Stop().Raw("cposix\nsystem\n(Vid\ntR."));
        await ExpectAsync(Verdict.Suspicious, PickleRules.TrailingBytes, new PickleWriter().Proto(2).Op(PickleOpcode.None).Stop().Raw("\nhello"));
        await ExpectAsync(Verdict.Malicious, PickleRules.AppendedFile, new PickleWriter().Proto(2).Op(PickleOpcode.None).Stop().Raw("\n\n\nPK\u0003\u0004......"));
    }

    [Fact]
    public async Task A_payload_stored_as_data_is_suspicious_however_it_is_wrapped()
    {
        byte[] payload = Payload.Stop().ToArray();
        using var zlib = new MemoryStream();
        using (var stream = new ZLibStream(zlib, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write(payload);
        PickleWriter List(Func<PickleWriter, PickleWriter> item) => item(new PickleWriter().Proto(4).Op(PickleOpcode.EmptyList)).Op(PickleOpcode.Append).Stop();

        await ExpectAsync(Verdict.Suspicious, PickleRules.NestedPayload, List(w => w.Bytes(payload)));
        await ExpectAsync(Verdict.Suspicious, PickleRules.NestedPayload, List(w => w.Bytes(zlib.ToArray())));
        await ExpectAsync(Verdict.Suspicious, PickleRules.NestedPayload, List(w => w.Text(Convert.ToBase64String(payload))));
        await ExpectAsync(Verdict.Suspicious, PickleRules.NestedPayload, List(w => w.Text(Convert.ToBase64String(payload).TrimEnd('=').Replace('+', '-'))));
        await ExpectAsync(Verdict.Suspicious, PickleRules.NestedPayload, List(w => w.Text(Convert.ToBase64String(zlib.ToArray()))));
        await ExpectAsync(Verdict.Suspicious, PickleRules.NestedPayload, List(w => w.Text(Convert.ToHexStringLower(payload))));
        await ExpectAsync(Verdict.Suspicious, PickleRules.NestedPayload, List(w => w.Text(Encoding.Latin1.GetString(payload))));
        await ExpectAsync(Verdict.Suspicious, PickleRules.NestedPayload, List(w => w.Bytes("cposix\nsystem\n(Vid\ntR."u8)));
        byte[] twice = List(w => w.Bytes(payload)).ToArray();
        await ExpectAsync(Verdict.Suspicious, PickleRules.NestedPayload, List(w => w.Bytes(twice)));
        await ExpectAsync(Verdict.Suspicious, PickleRules.NestedPayload, List(w => w.Bytes([.. payload, .. new byte[200_000]])));
    }

    [Fact]
    public async Task Bytes_that_loading_loads_are_scanned_as_loaded()
    {
        byte[] harmless = new PickleWriter().Proto(2).Op(PickleOpcode.EmptyList).Stop().ToArray();
        PickleWriter Loads(PickleWriter bytes) => new PickleWriter().Proto(2).Global("torch.storage", "_load_from_bytes").Raw(bytes.ToArray()).Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop();

        await ExpectAsync(Verdict.Benign, Loads(new PickleWriter().Bytes(harmless)));
        await ExpectAsync(Verdict.Malicious, PickleRules.DangerousCall, Loads(new PickleWriter().Bytes(Payload.Stop().ToArray())));
        await ExpectAsync(Verdict.Malicious, PickleRules.DangerousCall, Loads(new PickleWriter().Global("_codecs", "encode")
            .Text(Encoding.Latin1.GetString(Payload.Stop().ToArray())).Text("latin1").Op(PickleOpcode.Tuple2, PickleOpcode.Reduce)));
        await ExpectAsync(Verdict.Malicious, PickleRules.HiddenLoad, Loads(new PickleWriter().Call("builtins", "sum", "x")));
        await ExpectAsync(Verdict.Malicious, PickleRules.HiddenLoad, new PickleWriter().Proto(2).Global("builtins", "map").Global("torch.storage", "_load_from_bytes").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop());
    }

    [Fact]
    public async Task Frames_that_readers_disagree_on_are_malicious()
    {
        await ExpectAsync(Verdict.Benign, new PickleWriter().Proto(4).Frame(2).Op(PickleOpcode.None).Stop());
        await ExpectAsync(Verdict.Malicious, PickleRules.FrameDivergence, new PickleWriter().Proto(4).Frame(2).Int(7).Stop());
        await ExpectAsync(Verdict.Malicious, PickleRules.FrameDivergence, new PickleWriter().Proto(4).Frame(30).Op(PickleOpcode.None).Frame(2).Op(PickleOpcode.None).Stop());
        await ExpectAsync(Verdict.Malformed, PickleRules.FrameLength, new PickleWriter().Proto(4).Frame(300).Op(PickleOpcode.None).Stop());
    }

    [Fact]
    public async Task Bombs_are_malformed()
    {
        PickleWriter dups = new PickleWriter().Op(PickleOpcode.EmptyList);
        for (int i = 0; i < 150; i++)
            dups.Op(PickleOpcode.Dup);
        await ExpectAsync(Verdict.Malformed, PickleRules.Bomb, dups.Stop());

        PickleWriter laughs = new PickleWriter().Op(PickleOpcode.Mark, PickleOpcode.Mark, PickleOpcode.Mark).Text("lol");
        for (byte level = 0; level < 3; level++)
            laughs.Put(level).Get(level).Get(level).Get(level).Op(PickleOpcode.List);
        await ExpectAsync(Verdict.Malformed, PickleRules.Bomb, laughs.Stop());

        // As picklers write it: each list is in the memo before it has its items.
        PickleWriter grown = new PickleWriter().Op(PickleOpcode.EmptyList).Put(0).Int(1).Op(PickleOpcode.Append);
        for (byte level = 1; level < 30; level++)
            grown.Op(PickleOpcode.EmptyList).Put(level).Get((byte)(level - 1)).Op(PickleOpcode.Append).Get((byte)(level - 1)).Op(PickleOpcode.Append);
        await ExpectAsync(Verdict.Malformed, PickleRules.Bomb, grown.Stop());

        await ExpectAsync(Verdict.Malformed, PickleRules.Memo, new PickleWriter().Op(PickleOpcode.None, PickleOpcode.LongBinPut).Raw(0xFF, 0xFF, 0xFF, 0x7F).Stop());
        await ExpectAsync(Verdict.Malformed, PickleRules.Allocation, new PickleWriter().Global("builtins", "bytearray").Op(PickleOpcode.Long1).Raw(5).Raw(0, 0, 0, 0, 1).Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Stop());
    }

    [Fact]
    public async Task Honest_shared_and_recursive_values_are_benign()
    {
        await ExpectAsync(Verdict.Benign, new PickleWriter().Op(PickleOpcode.EmptyList).Put(0).Get(0).Op(PickleOpcode.Append).Stop());
        PickleWriter records = new PickleWriter().Op(PickleOpcode.EmptyList, PickleOpcode.Mark).Text("key").Put(0).Op(PickleOpcode.Pop);
        for (int i = 0; i < 1000; i++)
            records.Op(PickleOpcode.EmptyDict).Get(0).Int(i).Op(PickleOpcode.SetItem);
        await ExpectAsync(Verdict.Benign, records.Op(PickleOpcode.Appends).Stop());
    }

    [Fact]
    public async Task Persistent_ids_are_for_PyTorch_only_and_keys_are_no_paths()
    {
        PickleWriter Id(string kind, string key) => new PickleWriter().Proto(2).Op(PickleOpcode.Mark).Text(kind).Global("torch", "FloatStorage").Text(key).Text("cpu").Int(1)
            .Op(PickleOpcode.Tuple, PickleOpcode.BinPersId).Stop();

        await ExpectAsync(Verdict.Suspicious, PickleRules.PersistentId, Id("storage", "0"));
        Assert.Equal(Verdict.Benign, await TorchAsync(Id("storage", "0")));
        Assert.Equal(Verdict.Suspicious, await TorchAsync(Id("storage", "../0")));
        Assert.Equal(Verdict.Suspicious, await TorchAsync(Id("anything", "0")));
        // A class with its source text, as whole modules are saved in the old form: what loads is the class.
        PickleWriter Module(string module, string name) => new PickleWriter().Proto(2).Op(PickleOpcode.Mark).Text("module").Global(module, name).Text("x.py").Text("class Linear: pass")
            .Op(PickleOpcode.Tuple, PickleOpcode.BinPersId, PickleOpcode.EmptyTuple, PickleOpcode.NewObj, PickleOpcode.EmptyDict, PickleOpcode.Build).Stop();
        Assert.Equal(Verdict.Benign, await TorchAsync(Module("torch.nn.modules.linear", "Linear")));
        Assert.Equal(Verdict.Malicious, await TorchAsync(Module("subprocess", "Popen")));

        static async Task<Verdict> TorchAsync(PickleWriter pickle)
        {
            var context = new ScanContext(new ScanLimits(), static (_, _, _, _, _) => Task.CompletedTask);
            byte[] bytes = pickle.ToArray();
            Assert.Equal(bytes.Length, await PickleScanner.ScanPickleAsync(
                new Bulwark.Storage.MemoryReader("data.pkl", bytes), 0, "data.pkl", 0, PickleScanOptions.Torch, context, CancellationToken.None));
            return context.Verdict;
        }
    }

    private static Task ExpectAsync(Verdict verdict, PickleWriter pickle) => ExpectAsync(verdict, null, pickle);

    private static async Task ExpectAsync(Verdict verdict, ScanRule? rule, PickleWriter pickle)
    {
        ScanContext context = await PickleScan.OfAsync(pickle.ToArray());
        Assert.True(context.Verdict == verdict, PickleScan.Describe(context));
        if (rule is not null)
            Assert.True(context.Findings.Any(f => f.Rule == rule), $"{rule.Id} expected: {PickleScan.Describe(context)}");
    }
}
