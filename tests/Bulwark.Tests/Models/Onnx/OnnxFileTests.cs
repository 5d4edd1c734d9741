using Bulwark.Models;
using Bulwark.Models.Onnx;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;
using static Bulwark.Tests.Models.Onnx.OnnxBuilder;

namespace Bulwark.Tests.Models.Onnx;

public sealed class OnnxFileTests
{
    private static Task<OnnxFile> ReadAsync(byte[] bytes) => OnnxFile.ReadAsync(new MemoryReader("model.onnx", bytes), CancellationToken.None);

    private static Task<bool> LooksAsync(byte[] bytes) => OnnxFile.LooksAsync(new MemoryReader("x", bytes), CancellationToken.None);

    private static async Task RefusedAsync(string code, byte[] bytes) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(bytes))).Code);

    [Fact]
    public async Task Tensors_are_found_wherever_onnx_allows_them()
    {
        Proto inner = Node(Graph(Floats("w")), "Constant", "const_out", Attribute("value", 5, Floats("")));
        Proto graph = Graph(Floats("w", 3), Tensor("half", [2, 2], 10, new byte[8]), Tensor("scalar", [], 11, new byte[8]), Tensor("packed", [2], 1, null, t => t.Bytes(4, new byte[8])), Tensor("nibbles", [3], 22, new byte[2]));
        Node(graph, "Constant", "k", Attribute("value", 5, Floats("ignored")));
        Node(graph, "If", "y", Attribute("then_branch", 6, inner), name: "branch");
        Node(graph, "Custom", "z", Attribute("list", 10, Floats("a")), "my.domain");
        graph.Message(15, new Proto().Message(1, Floats("sparse")).Message(2, Tensor("", [2], 7, new byte[16])).Number(3, 9));
        byte[] bytes = Model(graph, m => m
            .Message(14, new Proto().Text(1, "author").Text(2, "x"))
            .Message(20, new Proto().Message(1, Graph(Floats("w"))))
            .Message(25, new Proto().Text(1, "f").Text(10, "my.functions").Message(7, Node("Constant", "v", Attribute("value", 5, Floats(""))))));
        OnnxFile file = await ReadAsync(bytes);

        Layout.AssertSound(file);
        string[] expected = ["w", "half", "scalar", "packed", "nibbles", "k", "y.then_branch/w", "y.then_branch/const_out", "z.list", "sparse", "sparse.indices", "initialization/w", "f/v"];
        Assert.Equal(expected.Order(), file.Tensors.Select(t => t.Name).Order());
        Assert.Equal(("my.domain", "Custom"), (Assert.Single(file.Operators).Domain, file.Operators[0].Type));
        Assert.Contains(("my.functions", "f"), file.Functions);
        Assert.Equal("x", file.Metadata["author"]);
    }

    [Fact]
    public async Task External_tensors_are_listed_and_not_mapped()
    {
        OnnxFile file = await ReadAsync(Model(Graph(External("w", ("location", "w.bin"), ("offset", "0"), ("length", "4")), Floats("v"))));
        Assert.Equal("v", Assert.Single(file.Tensors).Name);
        OnnxExternal external = Assert.Single(file.External);
        Assert.Equal(("w", "w.bin", "4", null), (external.Tensor, external["location"], external["length"], external["basepath"]));
    }

    [Fact]
    public async Task Each_rule_of_the_format_is_held()
    {
        await RefusedAsync("BW1451", new Proto().Number(1, 8).Build());
        await RefusedAsync("BW1451", new Proto().Message(7, Graph()).Build());
        await RefusedAsync("BW1451", new Proto().Number(1, 0).Message(7, Graph()).Build());
        await RefusedAsync("BW1450", Model(Graph(), m => m.Message(7, Graph())));
        await RefusedAsync("BW1450", Model(Graph())[..^3]);
        await RefusedAsync("BW1450", Model(Graph(), m => m.Raw([0x00, 0x01])));
        await RefusedAsync("BW1450", Model(Graph(), m => m.Raw([0x7B])));
        await RefusedAsync("BW1450", Model(Graph(), m => m.Raw([0xF8, 0x07, .. Enumerable.Repeat((byte)0xFF, 10), 0x01])));
        await RefusedAsync("BW1450", new Proto().Number(1, 8).Number(7, 3).Build());
        await RefusedAsync("BW1450", new Proto().Number(1, 8).Message(7, new Proto().Raw([0x2A, 0x7F])).Build());
        await RefusedAsync("BW1451", Model(new Proto().Message(1, new Proto().Text(2, "y"))));

        await RefusedAsync("BW1452", Model(Graph(Floats(""))));
        await RefusedAsync("BW1452", Model(Graph(Floats("a"), Floats("a"))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [1L << 40, 1L << 40], 1, new byte[4]))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [-1], 1, new byte[4]))));
        foreach (int type in new[] { 0, 27, 99, -1 })
            await RefusedAsync("BW1452", Model(Graph(Tensor("a", [1], type, new byte[4]))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [2], 1, new byte[7]))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [2], 1, new byte[9]))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [2], 1, null))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [1], 8, new byte[4]))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [2], 8, null, t => t.Text(6, "x")))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [1], 1, new byte[4], t => t.Bytes(4, new byte[4])))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [1], 7, null, t => t.Bytes(4, new byte[4])))));
        await RefusedAsync("BW1450", Model(Graph(Tensor("a", [1], 1, new byte[4], t => t.Bytes(9, new byte[4])))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [1], 1, new byte[4], t => t.Message(3, new Proto().Number(1, 0))))));
        await RefusedAsync("BW1452", Model(Graph(Tensor("a", [1], 1, new byte[4], t => t.Number(14, 2)))));
        await RefusedAsync("BW1452", Model(Graph(External("a"))));
        await RefusedAsync("BW1452", Model(Graph(External("a", ("location", "")))));
        await RefusedAsync("BW1452", Model(Graph(External("a", ("location", "b"), ("offset", "-1")))));
        await RefusedAsync("BW1452", Model(Graph(External("a", ("location", "b"), ("length", "0x10")))));
        await RefusedAsync("BW1452", Model(Graph(External("a", ("location", "b"), ("offset", "9223372036854775807"), ("length", "1")))));
        await RefusedAsync("BW1453", Model(Graph(Tensor("a", [.. Enumerable.Repeat(1L, 33)], 1, new byte[4]))));
    }

    [Fact]
    public async Task Graphs_nested_beyond_the_limit_are_refused_without_recursion()
    {
        byte[] graph = [];
        for (int i = 0; i < 2000; i++)
            graph = Node(new Proto(), "If", "y", new Proto().Text(1, "b").Bytes(6, graph)).Build();
        await RefusedAsync("BW1453", new Proto().Number(1, 8).Bytes(7, graph).Build());
    }

    [Fact]
    public async Task A_file_above_the_cap_of_protobuf_is_refused_before_it_is_read()
    {
        var reader = new HeadOnlyReader([], OnnxFile.MaxSize + 1, "big.onnx");
        Assert.Equal("BW1453", (await Assert.ThrowsAsync<ModelFormatException>(() => OnnxFile.ReadAsync(reader, CancellationToken.None))).Code);
        Assert.Equal(0, reader.BytesRead);
    }

    [Fact]
    public async Task Data_is_stepped_over_and_never_read()
    {
        byte[] head = new Proto().Number(1, 8).Build();
        const long Data = 1L << 30;
        byte[] tensor = [.. Tensor("w", [Data], 3, null).Build(), 0x4A, .. Proto.Varint(Data)];
        byte[] graph = [0x2A, .. Proto.Varint((ulong)tensor.Length + Data), .. tensor];
        byte[] bytes = [.. head, 0x3A, .. Proto.Varint((ulong)graph.Length + Data), .. graph];
        var reader = new HeadOnlyReader(bytes, bytes.Length + Data, "big.onnx");
        OnnxFile file = await OnnxFile.ReadAsync(reader, CancellationToken.None);
        Assert.Equal((Data, (long)bytes.Length), (Assert.Single(file.Tensors).Length, file.Tensors[0].Offset));
        Assert.True(reader.BytesRead < 1 << 20);
    }

    [Fact]
    public async Task An_onnx_file_is_told_from_other_protocol_buffers()
    {
        Assert.True(await LooksAsync(Model(Graph(Floats("w")))));
        Assert.True(await LooksAsync(Model(Graph(Floats("w")))[..^4]));
        Assert.False(await LooksAsync([0x08, 0x01, 0x12, 0x02, 0x0A, 0x00]));
        Assert.False(await LooksAsync([0x08, 0x01]));
        Assert.False(await LooksAsync("hello world, this is text"u8.ToArray()));
        Assert.False(await LooksAsync([]));
    }

    [DataFact]
    public async Task Real_models_are_mapped_and_their_weights_are_the_ones_of_the_other_formats()
    {
        foreach ((string name, int tensors) in new[] { ("digits_cnn.onnx", 6), ("silero_vad_16k_op15.onnx", 15), ("basic_pitch_nmp.onnx", 1), ("ch_ppocr_mobile_v2.0_cls_infer.onnx", 50), ("digits_cnn_external.onnx", 0) })
        {
            byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("models", "onnx", name));
            Assert.True(await LooksAsync(bytes) && OnnxFile.MayLook(bytes));
            OnnxFile file = await ReadAsync(bytes);
            Layout.AssertSound(file);
            Assert.True(file.Tensors.Count >= tensors, $"{name}: {file.Tensors.Count}");
            if (name == "digits_cnn.onnx")
                Assert.True(DigitsCnn.Check(file, bytes) >= 6, string.Join(' ', file.Tensors.Select(t => t.Name)));
            if (name == "digits_cnn_external.onnx")
                Assert.NotEmpty(file.External);
        }
    }

    [DataFact]
    public async Task No_saved_model_is_taken_for_onnx()
    {
        foreach ((string path, _) in Corpus.Cases("tf"))
            Assert.False(await LooksAsync(await File.ReadAllBytesAsync(path)), path);
        Assert.False(await LooksAsync(await File.ReadAllBytesAsync(SharedData.PathOf("models", "tf-savedmodel", "saved_model.pb"))));
    }

    [DataFact]
    public async Task Every_malformed_case_of_the_corpus_is_refused_and_no_other()
    {
        foreach ((string path, string label) in Corpus.Cases("onnx"))
        {
            byte[] bytes = await File.ReadAllBytesAsync(path);
            Assert.True(await LooksAsync(bytes), path);
            Exception? refusal = await Record.ExceptionAsync(() => ReadAsync(bytes));
            Assert.True(label == "malformed" == refusal is ModelFormatException, $"{path}: {label}, {refusal?.Message}");
        }
    }

    [DataTheory]
    [InlineData("digits_cnn.onnx")]
    [InlineData("basic_pitch_nmp.onnx")]
    [InlineData("digits_cnn_external.onnx")]
    public async Task Damaged_models_are_refused_or_soundly_mapped(string name)
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("models", "onnx", name));
        await ParserFuzz.RunAsync(bytes, 4096, async r =>
        {
            await OnnxFile.LooksAsync(r, CancellationToken.None);
            Layout.AssertSound(await OnnxFile.ReadAsync(r, CancellationToken.None));
        });
    }
}
