using System.Text;
using System.Text.Json;
using Bulwark.Models;
using Bulwark.Protection;
using Bulwark.Signing;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Models.Gguf;
using Bulwark.Tests.Models.Onnx;
using Bulwark.Tests.Watermarking;
using Bulwark.Watermarking;
using Xunit.Abstractions;

namespace Bulwark.Tests.Protection;

/// <summary>The main job on quantised files: protected, opened, and read again; and marks that are looked for after quantising.</summary>
public sealed class QuantisedModelTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly WatermarkKey Key = TestModel.Key();

    private readonly MemoryObjectStore _store = new();
    private readonly ProtectionServices _services;
    private readonly ITestOutputHelper _output;

    public QuantisedModelTests(ITestOutputHelper output)
    {
        _output = output;
        _services = ProtectionTests.Services(_store) with { WatermarkKey = Key };
    }

    [Theory]
    [InlineData(DType.Q4_0)]
    [InlineData(DType.Q8_0)]
    public async Task A_gguf_file_is_marked_in_its_scales_signed_opened_and_read(DType dtype)
    {
        // As llama.cpp writes them: one large tensor of another type, and one-dimensional ones in F32.
        TestModel weights = BlockQuantizer.Quantise(TestModel.Gaussian(DType.F32, 4, [[512, 256], [1024, 512], [256, 512]]), dtype);
        TestModel output = BlockQuantizer.Quantise(TestModel.Gaussian(DType.F32, 5, [[128, 256]]), DType.Q6_K);
        byte[] file = Gguf(weights, output, TestModel.Gaussian(DType.F32, 6, [[2048]]));
        byte[] opened = await ProtectAndOpenAsync("m.gguf", file, "block-scales", weights.Tensors.Sum(t => t.ElementCount));

        WatermarkReading reading = await DetectAsync("opened.gguf", opened);
        WatermarkMatch match = Assert.Single(reading.Matches);
        Assert.Equal((WatermarkMode.BlockScales, 7u, "q-1", true, true), (match.Mode, match.Payload.OwnerId, match.Payload.ModelId, match.Decoded, match.IsSignificant));
        Assert.Equal(weights.Tensors.Sum(t => t.ElementCount) + (128 * 256), reading.Elements);
        Assert.Empty((await DetectAsync("source.gguf", file)).Matches);

        // Everything but the two bytes of each scale is as it was.
        ModelFile map = await MapAsync("m.gguf", file);
        HashSet<long> scales = [.. map.Tensors.Where(t => t.DType == dtype).SelectMany(t => Enumerable.Range(0, (int)(t.Length / dtype.BlockBytes())).Select(b => t.Offset + (b * (long)dtype.BlockBytes())))];
        Assert.All(Enumerable.Range(0, file.Length).Where(i => file[i] != opened[i]), i => Assert.True(scales.Contains(i) || scales.Contains(i - 1)));
    }

    [Fact]
    public async Task Tensors_larger_than_a_window_are_marked_and_read_across_its_ends()
    {
        // Blocks of 34 bytes: no window of 16 MiB ends between two of them.
        const int Rows = 17_000, Columns = 1024;
        var random = new Random(9);
        byte[] bytes = new byte[Rows * Columns / 32 * 34];
        random.NextBytes(bytes);
        for (int at = 0; at < bytes.Length; at += 34)
            BitConverter.GetBytes((Half)(0.001 * (1 + random.NextDouble()))).CopyTo(bytes, at);
        byte[] file = Gguf(new TestModel([new TensorInfo("blk.0.w", DType.Q8_0, [Rows, Columns], 0, bytes.Length)], bytes));

        byte[] opened = await ProtectAndOpenAsync("large.gguf", file, "block-scales", (long)Rows * Columns);

        Assert.True(Assert.Single((await DetectAsync("opened.gguf", opened)).Matches) is { Decoded: true, IsSignificant: true });
    }

    [Theory]
    [InlineData(DType.Q4_0)]
    [InlineData(DType.Q8_0)]
    [InlineData(DType.Q4_K)]
    public async Task A_mark_in_a_float_model_is_read_from_its_quantised_gguf(DType dtype)
    {
        TestModel model = TestModel.Gaussian(DType.F32, 4, [[512, 256], [1024, 512], [256, 512]]);
        byte[] opened = await ProtectAndOpenAsync("m.safetensors", Safetensors(model), "elements", model.Tensors.Sum(t => t.ElementCount));
        ModelFile map = await MapAsync("opened.safetensors", opened);

        byte[] quantised = Gguf(BlockQuantizer.Quantise(new TestModel(map.Tensors, opened), dtype));

        WatermarkMatch match = Assert.Single((await DetectAsync("copy.gguf", quantised)).Matches);
        Assert.Equal((WatermarkMode.Elements, 7u, true, true), (match.Mode, match.Payload.OwnerId, match.Decoded, match.IsSignificant));
    }

    [DataTheory]
    [InlineData(DType.Q4_0)]
    [InlineData(DType.Q8_0)]
    public async Task A_real_language_model_is_marked_before_or_after_it_is_quantised(DType dtype)
    {
        // 260 thousand weights, rows of two blocks: little room, so the most that is spent by default, 4 %.
        byte[] source = await File.ReadAllBytesAsync(SharedData.PathOf("models", "gguf", "stories260K.gguf"));
        ProtectionOptions options = new() { Watermark = new WatermarkSettings { OwnerId = 7, ModelId = "q-1" }, AllowSuspicious = true };
        byte[] marked = await OpenedAsync("stories260K.gguf", source, options);
        ModelFile map = await MapAsync("marked.gguf", marked);
        byte[] after = Gguf(BlockQuantizer.Quantise(Matrices(map, marked), dtype));
        WatermarkMatch match = Assert.Single((await DetectAsync("after.gguf", after)).Matches);
        _output.WriteLine(FormattableString.Invariant($"stories260K, elements 4 % -> {dtype}: Z {match.Z:0.0}, {(match.Decoded ? "exact" : "known only")}"));
        Assert.True(match.IsSignificant);

        byte[] before = await OpenedAsync("quantised.gguf", Gguf(BlockQuantizer.Quantise(Matrices(map, source), dtype)), options);
        match = Assert.Single((await DetectAsync("before.gguf", before)).Matches);
        _output.WriteLine(FormattableString.Invariant($"stories260K, {dtype} scales 4 %: Z {match.Z:0.0}, {(match.Decoded ? "exact" : "known only")}"));
        Assert.Equal((WatermarkMode.BlockScales, true), (match.Mode, match.IsSignificant));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_onnx_model_of_signed_codes_is_marked_in_its_codes(int zeroPoint)
    {
        // The zero point: left out, in raw_data, or one for each channel in int32_data.
        (TestModel codes, byte[] file) = Onnx(TestModel.Gaussian(DType.F32, 4, [[512, 256], [1024, 512]]), DType.I8, 0, zeroPoint);
        byte[] opened = await ProtectAndOpenAsync("m.onnx", file, "elements", codes.Tensors.Sum(t => t.ElementCount));

        WatermarkReading reading = await DetectAsync("opened.onnx", opened);
        WatermarkMatch match = Assert.Single(reading.Matches);
        Assert.Equal((WatermarkMode.Elements, 7u, true, true), (match.Mode, match.Payload.OwnerId, match.Decoded, match.IsSignificant));
        Assert.Empty((await DetectAsync("source.onnx", file)).Matches);
        IReadOnlyList<TensorInfo> weights = [.. (await MapAsync("m.onnx", file)).Tensors.Where(t => t.Shape.Length == 2)];
        Assert.All(weights, t => Assert.Equal(0, t.ZeroPoint));
        Assert.All(Enumerable.Range(0, file.Length).Where(i => file[i] != opened[i]), i =>
        {
            Assert.Contains(weights, t => i >= t.Offset && i < t.Offset + t.Length);
            Assert.True(Math.Sign((sbyte)file[i]) * Math.Sign((sbyte)opened[i]) >= 0 && file[i] != 0);
        });
    }

    [Theory]
    [InlineData(DType.I8, 0)]
    [InlineData(DType.U8, 128)]
    [InlineData(DType.U8, 119)]
    public async Task A_mark_in_a_float_model_is_read_from_the_codes_that_onnx_runtime_writes(DType dtype, int zeroPoint)
    {
        TestModel model = TestModel.Gaussian(DType.F32, 4, [[512, 256], [1024, 512]]);
        byte[] opened = await ProtectAndOpenAsync("m.safetensors", Safetensors(model), "elements", model.Tensors.Sum(t => t.ElementCount));
        ModelFile map = await MapAsync("opened.safetensors", opened);

        (_, byte[] file) = Onnx(new TestModel(map.Tensors, opened), dtype, zeroPoint, form: 1);

        WatermarkMatch match = Assert.Single((await DetectAsync("copy.onnx", file)).Matches);
        Assert.Equal((WatermarkMode.Elements, 7u, true, true), (match.Mode, match.Payload.OwnerId, match.Decoded, match.IsSignificant));
    }

    [Fact]
    public async Task Unsigned_codes_without_a_constant_zero_point_are_listed_as_unread()
    {
        (_, byte[] file) = Onnx(TestModel.Gaussian(DType.F32, 4, [[512, 256]]), DType.U8, 128, form: 3);
        WatermarkReading reading = await DetectAsync("m.onnx", file);
        Assert.Empty(reading.Matches);
        Assert.Equal(0, reading.Elements);
        UnreadTensors unread = Assert.Single(reading.Unread);
        Assert.Equal(("unsigned codes without a known zero point", 1, "layer.0.weight_quantized U8"), (unread.Reason, unread.Tensors, unread.Example));
    }

    [Fact]
    public async Task Codes_around_another_zero_point_are_not_marked()
    {
        (_, byte[] file) = Onnx(TestModel.Gaussian(DType.F32, 4, [[512, 256], [1024, 512]]), DType.I8, -3, form: 1);
        ProtectionResult result = await new ModelProtector(_services).ProtectAsync(
            _store.Put("in", "m.onnx", file), "out", new ProtectionOptions { Watermark = new WatermarkSettings { OwnerId = 7 } }, null, None);
        Assert.False(result.Watermark.Applied);
        Assert.Contains("0 markable weights", result.Watermark.Reason, StringComparison.Ordinal);
    }

    private async Task<byte[]> ProtectAndOpenAsync(string name, byte[] file, string mode, long elements)
    {
        await new ModelProtector(_services).ProtectAsync(
            _store.Put("in", name, file),
            "out",
            new ProtectionOptions { Watermark = new WatermarkSettings { OwnerId = 7, ModelId = "q-1", Budget = elements < 5_000_000 ? 0.03 : null }, AllowSuspicious = true },
            null,
            None);
        await using OpenedModel opened = await new ModelOpener(_services).OpenAsync("out", $"{name}.enc", None);
        WatermarkReceipt receipt = JsonSerializer.Deserialize(opened.Claims[ClaimTypes.Watermark], ProtectionJson.Default.WatermarkReceipt)!;
        Assert.True(receipt is { Applied: true, Decoded: true }, receipt.Reason);
        Assert.Equal((mode, elements), (receipt.Mode, receipt.Elements));
        Assert.InRange(receipt.Z!.Value, 10, 1000);
        Assert.NotEqual(receipt.ContentRootBefore, receipt.ContentRoot);
        await using IObjectWriter writer = await _store.CreateAsync("opened", name, WriteCondition.Any, None);
        await opened.CopyToAsync(writer, null, None);
        return _store.Get("opened", name);
    }

    private async Task<byte[]> OpenedAsync(string name, byte[] file, ProtectionOptions options)
    {
        await new ModelProtector(_services).ProtectAsync(_store.Put("in", name, file), "out", options, null, None);
        await using OpenedModel opened = await new ModelOpener(_services).OpenAsync("out", $"{name}.enc", None);
        await using IObjectWriter writer = await _store.CreateAsync("opened", name, WriteCondition.Any, None);
        await opened.CopyToAsync(writer, null, None);
        return _store.Get("opened", name);
    }

    private static TestModel Matrices(ModelFile map, byte[] file) => new([.. map.Tensors.Where(t => t.Shape.Length >= 2)], file);

    private async Task<WatermarkReading> DetectAsync(string name, byte[] file)
    {
        await using IObjectReader reader = await _store.OpenReadAsync(_store.Put("look", name, file), None);
        return await new ModelWatermarker(_services.State, _services.Clock).DetectAsync(reader, [Key], checkSeal: false, null, None);
    }

    private async Task<ModelFile> MapAsync(string name, byte[] file) => await ModelFile.OpenAsync(await _store.OpenReadAsync(_store.Put("map", name, file), None), None);

    private static byte[] Gguf(params TestModel[] parts)
    {
        var builder = new GgufBuilder();
        builder.Text("general.architecture", "llama");
        foreach ((TestModel part, int i) in parts.Select((p, i) => (p, i)))
        {
            foreach (TensorInfo tensor in part.Tensors)
            {
                int type = Enumerable.Range(0, 40).Single(n => Bulwark.Models.Gguf.GgufFile.TryGetType(n, out DType known) && known == tensor.DType);
                builder.Tensor(i == 0 ? tensor.Name : $"part{i}.{tensor.Name}", type, [.. tensor.Shape.Reverse()], part.Bytes.AsSpan((int)tensor.Offset, (int)tensor.Length).ToArray());
            }
        }

        return builder.Build();
    }

    private static byte[] Safetensors(TestModel model)
    {
        string entries = string.Join(',', model.Tensors.Select(t => $$"""
            "{{t.Name}}":{"dtype":"{{t.DType}}","shape":[{{string.Join(',', t.Shape)}}],"data_offsets":[{{t.Offset}},{{t.Offset + t.Length}}]}
            """));
        byte[] header = Encoding.UTF8.GetBytes($"{{{entries}}}");
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. model.Bytes];
    }

    /// <summary>
    /// A model of quantised matrices with a scale for each row. Forms of the zero point: 0 left out, 1 raw_data, 2 one for each
    /// channel in int32_data, 3 an input of the graph.
    /// </summary>
    private static (TestModel Codes, byte[] File) Onnx(TestModel model, DType dtype, int zeroPoint, int form)
    {
        TestModel codes = QuantisedRobustnessTests.ToCodes(model, dtype, zeroPoint);
        Proto graph = new Proto().Text(2, "g");
        int type = dtype == DType.I8 ? 3 : 2;
        foreach (TensorInfo tensor in codes.Tensors)
        {
            Proto node = new Proto().Text(1, $"{tensor.Name}_quantized").Text(1, $"{tensor.Name}_scale");
            if (form > 0)
                node.Text(1, $"{tensor.Name}_zero_point");
            graph.Message(1, node.Text(2, tensor.Name).Text(4, "DequantizeLinear"));
        }

        foreach (TensorInfo tensor in codes.Tensors)
        {
            graph.Message(5, OnnxBuilder.Tensor($"{tensor.Name}_quantized", [.. tensor.Shape], type, codes.Bytes.AsSpan((int)tensor.Offset, (int)tensor.Length).ToArray()));
            graph.Message(5, OnnxBuilder.Tensor($"{tensor.Name}_scale", [], 1, BitConverter.GetBytes(0.01f)));
            if (form == 1)
                graph.Message(5, OnnxBuilder.Tensor($"{tensor.Name}_zero_point", [], type, [(byte)zeroPoint]));
            if (form == 2)
                graph.Message(5, new Proto().Number(1, 5).Number(2, type).Bytes(5, [.. Enumerable.Range(0, 5).SelectMany(_ => Proto.Varint((ulong)(long)zeroPoint))]).Text(8, $"{tensor.Name}_zero_point"));
        }

        return (codes, OnnxBuilder.Model(graph));
    }
}
