using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

/// <summary>Watermarks as a person writes and reads them.</summary>
public sealed class WatermarkCommandTests : IDisposable
{
    private static readonly string Sample = Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");

    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void The_mark_is_read_back_from_the_opened_model_and_after_a_cast_to_bf16_and_back()
    {
        Cli.Outcome protect = _cli.Run("protect", Sample, "--out", _cli["out"], "--owner", "4711", "--model-id", "mnist-1", "--seal", "--json");
        Assert.True(protect.Code == 0, protect.ToString());
        Assert.True(protect.Json.GetProperty("watermark").GetProperty("applied").GetBoolean());
        Cli.Outcome open = _cli.Run("open", _cli["out/mnist-mlp.safetensors.enc"], "--out", _cli["opened.safetensors"]);
        Assert.True(open.Code == 0, open.ToString());

        JsonElement read = Detect("opened.safetensors", 0);
        Assert.Equal(4711u, read.GetProperty("ownerId").GetUInt32());
        Assert.Equal("mnist-1", read.GetProperty("modelId").GetString());
        Assert.Equal(protect.Json.GetProperty("watermark").GetProperty("payload").GetString(), read.GetProperty("payload").GetString());
        Assert.True(read.GetProperty("seal").GetProperty("isIntact").GetBoolean());

        CastThroughBf16(_cli["opened.safetensors"], _cli["cast.safetensors"]);
        read = Detect("cast.safetensors", 0);
        Assert.Equal("mnist-1", read.GetProperty("modelId").GetString());
        Assert.True(read.GetProperty("matches")[0].GetProperty("decoded").GetBoolean());
        Assert.False(read.GetProperty("seal").GetProperty("isSealed").GetBoolean());

        // Another home has other keys: it sees nothing, and neither does this home in the source.
        File.Copy(Sample, _cli["source.safetensors"]);
        Assert.False(Detect("source.safetensors", 1).GetProperty("marked").GetBoolean());
        using Cli stranger = new();
        Assert.Equal(1, stranger.Run("watermark", "detect", _cli["opened.safetensors"]).Code);
    }

    [DataTheory]
    [InlineData("mnist.safetensors")]
    [InlineData("silero_vad_16k.safetensors")]
    public void Real_models_carry_their_mark_through_the_whole_job(string name)
    {
        string model = SharedData.PathOf("models", "safetensors", name);
        Assert.Equal(0, _cli.Run("protect", model, "--out", _cli["out"]).Code);
        Assert.Equal(0, _cli.Run("verify", _cli[$"out/{name}.enc"]).Code);
        Assert.Equal(0, _cli.Run("open", _cli[$"out/{name}.enc"], "--out", _cli[name]).Code);
        JsonElement read = Detect(name, 0);
        Assert.Equal(name, read.GetProperty("modelId").GetString());
        CastThroughBf16(_cli[name], _cli["cast.safetensors"]);
        Assert.Equal(read.GetProperty("payload").GetString(), Detect("cast.safetensors", 0).GetProperty("payload").GetString());
    }

    [Fact]
    public void Without_a_watermark_the_opened_model_is_the_source_byte_for_byte()
    {
        Assert.Equal(0, _cli.Run("protect", Sample, "--out", _cli["out"], "--no-watermark").Code);
        Assert.Equal(0, _cli.Run("open", _cli["out/mnist-mlp.safetensors.enc"], "--out", _cli["opened"]).Code);
        Assert.Equal(File.ReadAllBytes(Sample), File.ReadAllBytes(_cli["opened"]));
    }

    [Fact]
    public void A_mark_that_rounding_undoes_is_not_called_a_mark()
    {
        // One step of the smallest F32 is larger than any push.
        float[] weights = new float[512 * 256];
        Random random = new(3);
        for (int i = 0; i < weights.Length; i++)
            weights[i] = BitConverter.Int32BitsToSingle(random.Next(1, 5) | (random.Next(2) << 31));
        File.WriteAllBytes(
            _cli["tiny.safetensors"],
            [.. SampleModel.Header($$"""{"w":{"dtype":"F32","shape":[512,256],"data_offsets":[0,{{weights.Length * 4}}] } }"""), .. MemoryMarshal.AsBytes(weights.AsSpan())]);
        Cli.Outcome embed = _cli.Run("watermark", "embed", _cli["tiny.safetensors"], "--out", _cli["marked.safetensors"], "--json");
        Assert.True(embed.Code == 3, embed.ToString());
        Assert.Equal("nothing", embed.Json.GetProperty("promises").GetString());
        Assert.Equal("presence", _cli.Run("watermark", "embed", Sample, "--out", _cli["sample.safetensors"], "--json").Json.GetProperty("promises").GetString());
    }

    [Fact]
    public void A_marked_copy_is_written_beside_the_source_and_a_rotated_key_still_reads_it()
    {
        Cli.Outcome embed = _cli.Run("watermark", "embed", Sample, "--out", _cli["marked.safetensors"], "--owner", "9", "--watermark-budget", "2%", "--json");
        Assert.True(embed.Code == 0, embed.ToString());
        Assert.Equal(0.02, embed.Json.GetProperty("budget").GetDouble());
        Assert.Equal(2, _cli.Run("watermark", "embed", Sample, "--out", _cli["marked.safetensors"]).Code);
        Assert.Equal(0, _cli.Run("keys", "rotate", "watermark").Code);
        Assert.Equal(9u, Detect("marked.safetensors", 0).GetProperty("ownerId").GetUInt32());
    }

    [Fact]
    public void A_second_signature_is_made_and_checked_on_demand()
    {
        Assert.Equal(0, _cli.Run("protect", Sample, "--out", _cli["out"], "--post-quantum").Code);
        string second = _cli["out/mnist-mlp.safetensors.mldsa.sig"];
        Cli.Outcome verify = _cli.Run("verify", _cli["out/mnist-mlp.safetensors.enc"], "--json");
        Assert.True(verify.Code == 0, verify.ToString());
        Assert.False(string.IsNullOrEmpty(verify.Json.GetProperty("postQuantumSignedBy").GetString()));

        byte[] bundle = File.ReadAllBytes(second);
        bundle[^40] ^= 1;
        File.WriteAllBytes(second, bundle);
        Assert.Equal(1, _cli.Run("verify", _cli["out/mnist-mlp.safetensors.enc"]).Code);

        // A run without it takes the old one away, which would not verify any more.
        Assert.Equal(0, _cli.Run("protect", Sample, "--out", _cli["out"], "--force").Code);
        Assert.False(File.Exists(second));
        Assert.Equal(0, _cli.Run("verify", _cli["out/mnist-mlp.safetensors.enc"]).Code);
    }

    [Theory]
    [InlineData(2, "BW1602", "--watermark-budget", "0.5")]
    [InlineData(2, "BW9001", "--watermark-budget", "much")]
    [InlineData(2, "BW1605", "--model-id", "")]
    public void A_wrong_setting_is_refused_with_its_code_and_nothing_is_written(int code, string error, params string[] arguments)
    {
        Cli.Outcome outcome = _cli.Run(["protect", Sample, "--out", _cli["out"], .. arguments, "--json"]);
        Assert.Equal(code, outcome.Code);
        Assert.Equal(error, outcome.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.Empty(Directory.Exists(_cli["out"]) ? Directory.GetFiles(_cli["out"]) : []);
    }

    [Fact]
    public void What_cannot_be_marked_is_protected_all_the_same_and_refused_by_embed()
    {
        File.WriteAllBytes(_cli["m.bin"], new byte[100_000]);
        Cli.Outcome protect = _cli.Run("protect", _cli["m.bin"], "--json");
        Assert.Equal(0, protect.Code);
        Assert.False(protect.Json.GetProperty("watermark").GetProperty("applied").GetBoolean());
        Assert.Contains("no known format", protect.Json.GetProperty("watermark").GetProperty("reason").GetString(), StringComparison.Ordinal);
        Cli.Outcome embed = _cli.Run("watermark", "embed", _cli["m.bin"], "--out", _cli["x"], "--json");
        Assert.Equal((1, "BW1604"), (embed.Code, embed.Json.GetProperty("error").GetProperty("code").GetString()));
        Assert.False(File.Exists(_cli["x"]));
    }

    private JsonElement Detect(string file, int code)
    {
        Cli.Outcome detect = _cli.Run("watermark", "detect", _cli[file], "--seal", "--json");
        Assert.True(detect.Code == code, detect.ToString());
        return detect.Json;
    }

    /// <summary>Every F32 and F16 weight of a safetensors file, rounded to bf16 and widened again; integers stay.</summary>
    private static void CastThroughBf16(string from, string to)
    {
        byte[] bytes = File.ReadAllBytes(from);
        int header = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using JsonDocument document = JsonDocument.Parse(bytes.AsMemory(8, header));
        foreach (JsonProperty tensor in document.RootElement.EnumerateObject().Where(t => t.Name != "__metadata__"))
        {
            int begin = 8 + header + tensor.Value.GetProperty("data_offsets")[0].GetInt32(), end = 8 + header + tensor.Value.GetProperty("data_offsets")[1].GetInt32();
            bool half = tensor.Value.GetProperty("dtype").GetString() == "F16";
            if (!half && tensor.Value.GetProperty("dtype").GetString() != "F32")
                continue;
            for (int i = begin; i < end; i += half ? 2 : 4)
            {
                float value = half ? (float)BinaryPrimitives.ReadHalfLittleEndian(bytes.AsSpan(i)) : BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i));
                uint bits = BitConverter.SingleToUInt32Bits(value);
                float cast = BitConverter.UInt32BitsToSingle((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000);
                if (half)
                    BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(i), (Half)cast);
                else
                    BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i), cast);
            }
        }

        File.WriteAllBytes(to, bytes);
    }
}
