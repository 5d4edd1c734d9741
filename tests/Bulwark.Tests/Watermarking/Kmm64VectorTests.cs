using System.Text.Json;
using Bulwark.Models;
using Bulwark.Testing;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Watermarking;

/// <summary>The vectors that two other implementations of KMM64 v1 agree on.</summary>
public sealed class Kmm64VectorTests
{
    private readonly WatermarkKey _key = WatermarkKey.FromMaster("vectors", TestModel.Master);

    private static JsonElement Vectors(string file = "kmm64-vectors.json")
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("watermark", file)));
        return document.RootElement.Clone();
    }

    private static TestModel Model(string file) => TestModel.Read(SharedData.PathOf("watermark", file));

    [DataFact]
    public void Tensor_ids_blocks_payload_and_code_word_are_those_of_the_vectors()
    {
        JsonElement vectors = Vectors();
        foreach (JsonProperty id in vectors.GetProperty("tensorIdHex").EnumerateObject())
            Assert.Equal(id.Value.GetString(), Convert.ToHexStringLower(BitConverter.GetBytes(_key.TensorId(id.Name))));

        using KeyedBlocks blocks = _key.CreateBlocks();
        JsonElement aes = vectors.GetProperty("aesBlocks");
        ulong up = _key.TensorId("blk.0.ffn_up.weight");
        ReadOnlySpan<byte> groups = blocks.Compute(up, KeyedBlocks.GroupDomain, 0, 2);
        Assert.Equal(aes.GetProperty("blk.0.ffn_up.weight group 0").GetString(), Convert.ToHexStringLower(groups[..16]));
        Assert.Equal(aes.GetProperty("blk.0.ffn_up.weight group 1").GetString(), Convert.ToHexStringLower(groups[16..]));
        string dither = Convert.ToHexStringLower(blocks.Compute(_key.TensorId("blk.0.attn_q.weight"), KeyedBlocks.DitherDomain, 0, 4));
        Assert.Equal(string.Concat(aes.GetProperty("blk.0.attn_q.weight dither blocks of group 0").EnumerateArray().Select(b => b.GetString())), dither);

        WatermarkPayload payload = WatermarkPayload.Create(_key, 0x00c0ffee, "model01");
        Assert.Equal(vectors.GetProperty("payloadHex").GetString(), payload.ToString());
        sbyte[] coded = new sbyte[ConvolutionalCode.Length];
        ConvolutionalCode.Encode(payload.Bytes, coded);
        Assert.Equal(vectors.GetProperty("codeword").GetString(), string.Concat(coded.Select(c => c > 0 ? '1' : '0')));
    }

    [DataFact]
    public void Statistics_plan_and_marked_bytes_are_those_of_the_vectors_on_every_path()
    {
        JsonElement vectors = Vectors();
        TestModel input = Model("kmm64-in.safetensors");
        TestModel expected = Model("kmm64-out.safetensors");
        WatermarkPayload payload = WatermarkPayload.Create(_key, 0x00c0ffee, "model01");
        foreach (VectorPath path in VectorPaths.Supported)
        {
            WatermarkStatistics before = input.Measure(_key, path);
            JsonElement statistics = vectors.GetProperty("statsIn");
            Assert.Equal(Numbers(statistics.GetProperty("S")), before.S);
            Assert.Equal(Numbers(statistics.GetProperty("E")), before.E);
            Assert.Equal(Numbers(statistics.GetProperty("R")), before.R);
            Assert.Equal(Numbers(statistics.GetProperty("N")), before.N);
            Assert.Equal(vectors.GetProperty("Z_unmarked").GetDouble(), Watermarker.Correlate(before, payload), 1e-9);

            WatermarkPlan plan = WatermarkPlan.Solve(before, payload, vectors.GetProperty("budget").GetDouble());
            Assert.Equal(vectors.GetProperty("AHex").GetString(), BitConverter.DoubleToInt64Bits(plan.Margin).ToString("x16", null));
            Assert.Equal(Numbers(vectors.GetProperty("q")), plan.Q.Select(q => (long)q));

            TestModel marked = input.Mark(_key, payload, vectors.GetProperty("budget").GetDouble(), path);
            foreach ((TensorInfo mine, TensorInfo theirs) in marked.Tensors.Zip(expected.Tensors))
            {
                Assert.Equal(theirs.Name, mine.Name);
                Assert.Equal(
                    expected.Bytes.AsSpan((int)theirs.Offset, (int)theirs.Length).ToArray(),
                    marked.Bytes.AsSpan((int)mine.Offset, (int)mine.Length).ToArray());
            }

            WatermarkStatistics after = marked.Measure(_key, path);
            Assert.Equal(Numbers(vectors.GetProperty("statsOut").GetProperty("S")), after.S);
            Assert.Equal(Numbers(vectors.GetProperty("statsOut").GetProperty("E")), after.E);
            double z = vectors.GetProperty("Z_marked").GetDouble();
            Assert.Equal(z, Watermarker.Correlate(after, payload), z * 1e-9);
        }
    }

    [DataFact]
    public void The_payload_is_read_back_also_after_a_cast_to_half_precision()
    {
        JsonElement vectors = Vectors();
        TestModel marked = Model("kmm64-out.safetensors");

        WatermarkMatch match = Assert.Single(marked.Detect(_key));
        Assert.Equal(vectors.GetProperty("decodedHex").GetString(), match.Payload.ToString());
        Assert.True(match.IsSignificant);
        Assert.Equal(vectors.GetProperty("ber_marked").GetDouble(), match.BitErrorRate, 12);

        JsonElement cast = vectors.GetProperty("afterF16Cast");
        match = Assert.Single(marked.CastThrough(DType.F16).Detect(_key));
        Assert.Equal(cast.GetProperty("decodedHex").GetString(), match.Payload.ToString());
        Assert.Equal(cast.GetProperty("Z").GetDouble(), match.Z, 1e-8);
        Assert.Equal(cast.GetProperty("ber").GetDouble(), match.BitErrorRate, 12);
    }

    [DataFact]
    public void The_seal_gives_the_bytes_of_the_vectors_and_finds_what_was_touched()
    {
        JsonElement fragile = Vectors("fingerprint-fragile-vectors.json").GetProperty("fragile");
        TestModel model = Model("kmm64-out.safetensors");
        TestModel expected = Model("fragile-out.safetensors");
        foreach (JsonProperty unsealed in fragile.GetProperty("badChunksIfKmm64OutIsCheckedWithoutFragile").EnumerateObject())
            Assert.Equal(unsealed.Value.GetInt32(), Broken(model, unsealed.Name).Count);

        using (var seal = new FragileSeal(_key))
        {
            foreach (TensorSlice slice in model.Slices())
                seal.Apply(slice, model.Of(slice));
        }

        foreach ((TensorInfo mine, TensorInfo theirs) in model.Tensors.Zip(expected.Tensors))
        {
            Assert.Equal(
                expected.Bytes.AsSpan((int)theirs.Offset, (int)theirs.Length).ToArray(),
                model.Bytes.AsSpan((int)mine.Offset, (int)mine.Length).ToArray());
            Assert.Empty(Broken(model, mine.Name));
        }

        JsonElement tamper = fragile.GetProperty("tamper");
        TensorInfo touched = model.Tensors.Single(t => t.Name == tamper.GetProperty("tensor").GetString());
        model.Bytes[touched.Offset + 4 * tamper.GetProperty("element").GetInt32() + 2] ^= (byte)tamper.GetProperty("xorByte2").GetInt32();
        Assert.Equal(Numbers(tamper.GetProperty("badChunks")), Broken(model, touched.Name));
    }

    private List<long> Broken(TestModel model, string tensor)
    {
        List<long> broken = [];
        using var seal = new FragileSeal(_key);
        foreach (TensorSlice slice in model.Slices().Where(s => s.Tensor.Name == tensor))
            seal.Check(slice, model.Of(slice), broken);
        return broken;
    }

    private static long[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(n => n.GetInt64())];
}
