using Bulwark.Scanning;
using Bulwark.Scanning.Keras;
using Bulwark.Scanning.SavedModel;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;
using Bulwark.Tests.Models;
using Bulwark.Tests.Models.Onnx;
using Bulwark.Tests.Models.TensorFlow;

namespace Bulwark.Tests.Scanning.SavedModel;

public sealed class SavedModelScannerTests
{
    private static Task<ScanContext> ScanAsync(byte[] bytes) => ScanProbe.RunAsync(SavedModelScanner.ScanAsync, bytes, "saved_model.pb");

    private static async Task ExpectAsync(ScanRule? rule, byte[] bytes)
    {
        ScanContext context = await ScanAsync(bytes);
        Assert.True(rule is null ? context.Findings.Count == 0 : context.Findings.Any(f => f.Rule == rule), $"{rule?.Id}: {context.Describe()}");
        Assert.Equal(rule?.Verdict ?? Verdict.Benign, context.Verdict);
    }

    private static Proto[] Nodes(params string[] operations) => [.. operations.Select((o, i) => GraphBuilder.Node($"n{i}", o))];

    [DataFact]
    public async Task Labelled_files_get_their_verdicts()
    {
        IReadOnlyList<(string Path, string Label)> cases = Corpus.Cases("tf");
        Assert.True(cases.Count >= 7);
        foreach ((string path, string label) in cases)
        {
            ScanContext context = await ScanProbe.RunFileAsync(SavedModelScanner.ScanAsync, path);
            Assert.True(string.Equals(context.Verdict.ToString(), label, StringComparison.OrdinalIgnoreCase), $"{path}: {context.Describe()}");
        }
    }

    [DataFact]
    public async Task A_real_model_is_benign()
    {
        Assert.Equal("", (await ScanProbe.RunFileAsync(SavedModelScanner.ScanAsync, SharedData.PathOf("models", "tf-savedmodel", "saved_model.pb"))).Describe());
        Assert.Equal("", (await ScanProbe.RunFileAsync(SavedModelScanner.ScanIndexAsync, SharedData.PathOf("models", "tf-savedmodel", "variables", "variables.index"))).Describe());
    }

    [Theory]
    [InlineData("PyFunc", "BWS1801")]
    [InlineData("PyFuncStateless", "BWS1801")]
    [InlineData("EagerPyFunc", "BWS1801")]
    [InlineData("ReadFile", "BWS1802")]
    [InlineData("WriteFile", "BWS1802")]
    [InlineData("MatchingFiles", "BWS1802")]
    [InlineData("WholeFileReaderV2", "BWS1802")]
    [InlineData("ShellExecute", "BWS1803")]
    [InlineData("RpcCall", "BWS1803")]
    [InlineData("DebugIdentityV2", "BWS1803")]
    [InlineData("Save", "BWS1804")]
    [InlineData("LoadAndRemapMatrix", "BWS1804")]
    [InlineData("MergeV2Checkpoints", "BWS1804")]
    [InlineData("TextLineDataset", "BWS1806")]
    [InlineData("Addons>Gelu", "BWS1807")]
    public async Task Operations_that_reach_out_are_found_in_every_graph_and_function(string operation, string rule)
    {
        ScanRule expected = SavedModelRules.All.Single(r => r.Id == rule);
        await ExpectAsync(expected, GraphBuilder.SavedModel(Nodes("Const", operation)));
        await ExpectAsync(expected, GraphBuilder.SavedModel(Nodes("Const"), ("f", Nodes("Relu")), ("g", Nodes(operation))));
        await ExpectAsync(expected, GraphBuilder.Graph(Nodes("Const", operation)).Build());
        await ExpectAsync(expected, GraphBuilder.MetaGraph(Nodes("Const", operation)).Build());
        // In the second graph of two.
        await ExpectAsync(expected, new Proto().Number(1, 1).Message(2, GraphBuilder.MetaGraph(Nodes("Relu"))).Message(2, GraphBuilder.MetaGraph(Nodes(operation))).Build());
    }

    [Fact]
    public async Task What_every_exporter_writes_is_benign()
    {
        await ExpectAsync(null, GraphBuilder.SavedModel(Nodes("VarHandleOp", "ReadVariableOp", "SaveV2", "RestoreV2", "Identity", "StatefulPartitionedCall", "NoOp", "Assert", "Print", "InitializeTableV2", "DecodeJpeg")));
        await ExpectAsync(null, GraphBuilder.SavedModel(Nodes("StatefulPartitionedCall"), ("__inference__traced_save_1", Nodes("StringJoin", "ShardedFilename", "SaveV2", "MergeV2Checkpoints", "Identity"))));
        await ExpectAsync(null, GraphBuilder.SavedModel([GraphBuilder.Text("name", "model"), GraphBuilder.Node("p", "PlaceholderWithDefault", "name"), GraphBuilder.Node("s", "SaveV2", "p")]));
        await ExpectAsync(null, GraphBuilder.SavedModel([GraphBuilder.Node("p", "PrintV2", "x").With("output_stream", "stderr")]));
    }

    [Theory]
    [InlineData("/etc/cron.d/x")]
    [InlineData("../../x")]
    [InlineData("https://host.invalid/x")]
    [InlineData("gs://bucket/x")]
    public async Task Saving_to_a_fixed_place_is_malicious(string where)
    {
        await ExpectAsync(SavedModelRules.FixedPath, GraphBuilder.SavedModel([GraphBuilder.Text("c", where), GraphBuilder.Node("s", "SaveV2", "c")]));
        await ExpectAsync(SavedModelRules.FixedPath, GraphBuilder.SavedModel([], ("f", [GraphBuilder.Node("r", "RestoreV2", "i:output:0"), GraphBuilder.Node("i", "Identity", "c:output:0"), GraphBuilder.Text("c", where)])));
        await ExpectAsync(SavedModelRules.FixedPath, GraphBuilder.SavedModel([GraphBuilder.Node("t", "InitializeTableFromTextFileV2", "c"), GraphBuilder.Text("c", where)]));
        await ExpectAsync(SavedModelRules.FixedPath, GraphBuilder.SavedModel([GraphBuilder.Node("h", "HashTableV2"), GraphBuilder.Node("t", "InitializeTableFromTextFileV2", "h", "c"), GraphBuilder.Text("c", where)]));
    }

    [Fact]
    public async Task Printing_to_a_file_is_malicious() =>
        await ExpectAsync(SavedModelRules.Files, GraphBuilder.SavedModel([GraphBuilder.Node("p", "PrintV2", "x").With("output_stream", "file:///tmp/x")]));

    [Fact]
    public async Task An_operation_that_stands_twice_is_judged_both_times()
    {
        ScanContext context = await ScanAsync(GraphBuilder.SavedModel([GraphBuilder.Node("a", "PyFunc").Text(2, "Relu")]));
        Assert.Equal(Verdict.Malicious, context.Verdict);
        Assert.Contains(context.Findings, f => f.Rule == SavedModelRules.Malformed);
    }

    [Fact]
    public async Task A_payload_before_the_fault_still_counts()
    {
        byte[] bytes = GraphBuilder.SavedModel(Nodes("Const", "PyFunc"));
        ScanContext context = await ScanAsync(bytes[..^1]);
        Assert.Contains(context.Findings, f => f.Rule == SavedModelRules.Malformed);
        context = await ScanAsync(GraphBuilder.SavedModel(Nodes("PyFunc", "Const"))[..^3]);
        Assert.Equal(Verdict.Malicious, context.Verdict);
    }

    [Fact]
    public async Task Files_without_a_graph_are_malformed()
    {
        await ExpectAsync(SavedModelRules.Malformed, []);
        await ExpectAsync(SavedModelRules.Malformed, [0x08, 0x01]);
        await ExpectAsync(SavedModelRules.Malformed, "no model at all"u8.ToArray());
    }

    [Fact]
    public async Task Metadata_of_Keras_is_read_as_a_configuration()
    {
        await ExpectAsync(KerasRules.Lambda, GraphBuilder.KerasMetadata("""{"class_name": "Lambda", "config": {"function": ["x", null, null]}}"""));
        await ExpectAsync(KerasRules.ForeignModule, GraphBuilder.KerasMetadata("""{"class_name": "run", "module": "subprocess", "config": {}}"""));
        await ExpectAsync(KerasRules.BadConfiguration, GraphBuilder.KerasMetadata("{oops"));
        await ExpectAsync(null, GraphBuilder.KerasMetadata("""{"class_name": "MyModel", "config": {"layers": []}, "must_restore_from_config": false}"""));
    }

    [Fact]
    public async Task Damaged_files_are_scanned_without_a_fault_of_ours()
    {
        byte[] model = GraphBuilder.SavedModel([GraphBuilder.Text("c", "/etc/x"), GraphBuilder.Node("s", "SaveV2", "c")], ("f", Nodes("PyFunc", "ShardedFilename", "MergeV2Checkpoints")));
        await ParserFuzz.RunAsync(model, 0, r => ScanProbe.RunAsync(SavedModelScanner.ScanAsync, r, "saved_model.pb"), "saved_model.pb");
        await ParserFuzz.RunAsync(GraphBuilder.KerasMetadata("""{"class_name": "Lambda", "config": {}}"""), 0, r => ScanProbe.RunAsync(SavedModelScanner.ScanAsync, r, "keras_metadata.pb"), "keras_metadata.pb");
    }
}
