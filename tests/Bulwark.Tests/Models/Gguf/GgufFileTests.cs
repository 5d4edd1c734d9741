using Bulwark.Models;
using Bulwark.Models.Gguf;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;

namespace Bulwark.Tests.Models.Gguf;

public sealed class GgufFileTests
{
    private static readonly byte[] Alignment64 = BitConverter.GetBytes(64);

    private static Task<GgufFile> ReadAsync(byte[] bytes) => GgufFile.ReadAsync(new MemoryReader("model.gguf", bytes), CancellationToken.None);

    private static async Task RefusedAsync(string code, byte[] bytes) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(bytes))).Code);

    [Fact]
    public async Task A_file_with_everything_in_it_is_mapped()
    {
        byte[] bytes = new GgufBuilder { Alignment = 64 }
            .Text("general.name", "tiny")
            .Key("general.alignment", 4, Alignment64)
            .Key("big", 10, BitConverter.GetBytes(ulong.MaxValue))
            .Key("small", 11, BitConverter.GetBytes(long.MinValue))
            .Key("yes", 7, [1])
            .Key("tokens", 9, [.. BitConverter.GetBytes(8), .. BitConverter.GetBytes(2L), .. GgufBuilder.String("a"), .. GgufBuilder.String("\u00e9")])
            .Key("flags", 9, [.. BitConverter.GetBytes(7), .. BitConverter.GetBytes(3L), 0, 1, 0])
            .Tensor("a", 0, [3, 2], new byte[24])
            .Tensor("b", 2, [32, 4], new byte[72])
            .Tensor("c", 1, [], new byte[2])
            .Build();
        GgufFile file = await ReadAsync(bytes);

        Layout.AssertSound(file);
        Assert.Equal(["a [2,3] F32", "b [4,32] Q4_0", "c [] F16"], file.Tensors.Select(t => $"{t.Name} [{string.Join(',', t.Shape)}] {t.DType}"));
        Assert.All(file.Tensors, t => Assert.Equal(0, t.Offset % 64));
        Assert.Equal(("tiny", "18446744073709551615", "-9223372036854775808", "true", "[2]", "[3]"), (file.Metadata["general.name"], file.Metadata["big"], file.Metadata["small"], file.Metadata["yes"], file.Metadata["tokens"], file.Metadata["flags"]));
        Assert.Equal((3u, 64u, (long)bytes.Length), (file.Version, file.Alignment, file.DataEnd));
    }

    [Fact]
    public async Task Each_rule_of_the_format_is_held()
    {
        byte[] f32 = new byte[32];
        await RefusedAsync("BW1440", "GG"u8.ToArray());
        await RefusedAsync("BW1440", "GGUF\u0003\0\0\0"u8.ToArray());
        await RefusedAsync("BW1441", new GgufBuilder { Version = 0 }.Build());
        await RefusedAsync("BW1441", new GgufBuilder { Version = 1 }.Build());
        await RefusedAsync("BW1441", new GgufBuilder { Version = 4 }.Build());
        await RefusedAsync("BW1442", new GgufBuilder { Version = 0x0300_0000 }.Build());
        foreach (long count in new[] { -1, 1, 1L << 61, long.MaxValue })
        {
            await RefusedAsync("BW1440", new GgufBuilder { DeclaredKeys = count }.Build());
            await RefusedAsync("BW1440", new GgufBuilder { DeclaredTensors = count }.Build());
        }

        await RefusedAsync("BW1443", new GgufBuilder().Key("", 0, [1]).Build());
        await RefusedAsync("BW1443", new GgufBuilder().Key("a", 0, [1]).Key("a", 0, [1]).Build());
        await RefusedAsync("BW1443", new GgufBuilder().Key("a", 13, new byte[8]).Build());
        await RefusedAsync("BW1443", new GgufBuilder().Key("a", 7, [2]).Build());
        await RefusedAsync("BW1443", new GgufBuilder().Key("a", 9, [.. BitConverter.GetBytes(7), .. BitConverter.GetBytes(1L), 2]).Build());
        await RefusedAsync("BW1443", new GgufBuilder().Key("a", 9, [.. BitConverter.GetBytes(9), .. BitConverter.GetBytes(1L), .. new byte[16]]).Build());
        await RefusedAsync("BW1440", new GgufBuilder().Key("a", 9, [.. BitConverter.GetBytes(0), .. BitConverter.GetBytes(100L), 1]).Build());
        await RefusedAsync("BW1446", new GgufBuilder().Key("a", 9, [.. BitConverter.GetBytes(0), .. BitConverter.GetBytes(-1L), 1]).Build());
        await RefusedAsync("BW1440", new GgufBuilder().Key("a", 8, BitConverter.GetBytes(-1L)).Build());
        await RefusedAsync("BW1443", new GgufBuilder().Key("general.alignment", 4, BitConverter.GetBytes(3)).Build());
        await RefusedAsync("BW1443", new GgufBuilder().Key("general.alignment", 4, BitConverter.GetBytes(0)).Build());
        await RefusedAsync("BW1443", new GgufBuilder().Key("general.alignment", 10, BitConverter.GetBytes(32L)).Build());

        await RefusedAsync("BW1444", new GgufBuilder().Tensor("", 0, [8], f32).Build());
        await RefusedAsync("BW1444", new GgufBuilder().Tensor("a", 0, [8], f32).Tensor("a", 0, [8], f32).Build());
        await RefusedAsync("BW1446", new GgufBuilder().Tensor(new string('n', 64), 0, [8], f32).Build());
        await RefusedAsync("BW1444", new GgufBuilder().Tensor("a", 0, [1, 1, 1, 1, 8], f32).Build());
        await RefusedAsync("BW1444", new GgufBuilder().Tensor("a", 0, [-8], f32).Build());
        await RefusedAsync("BW1444", new GgufBuilder().Tensor("a", 0, [1L << 40, 1L << 40], f32).Build());
        await RefusedAsync("BW1444", new GgufBuilder().Tensor("a", 0, [long.MaxValue / 2], f32).Build());
        await RefusedAsync("BW1440", new GgufBuilder().Tensor("a", 0, [1L << 40], f32).Build());
        foreach (int type in new[] { 4, 5, 31, 36, 38, 43, 200, -1 })
            await RefusedAsync("BW1444", new GgufBuilder().Tensor("a", type, [256], f32).Build());
        await RefusedAsync("BW1444", new GgufBuilder().Tensor("a", 2, [31], f32).Build());
        await RefusedAsync("BW1445", new GgufBuilder().Tensor("a", 0, [8], f32).Tensor("b", 0, [8], f32, offset: 0).Build());
        await RefusedAsync("BW1445", new GgufBuilder().Tensor("a", 0, [8], f32, offset: 32).Build());
        await RefusedAsync("BW1440", new GgufBuilder().Tensor("a", 0, [9], f32).Build());
    }

    [Fact]
    public async Task A_value_too_long_to_keep_is_stepped_over_and_named()
    {
        var reader = new HeadOnlyReader([.. "GGUF\u0003\0\0\0"u8, .. new byte[8], 1, .. new byte[7], .. GgufBuilder.String("tokenizer.chat_template"), 8, 0, 0, 0, .. BitConverter.GetBytes(1L << 29)], (1L << 29) + 8 + 24 + 35, "m.gguf", (byte)'x');
        GgufFile file = await GgufFile.ReadAsync(reader, CancellationToken.None);
        Assert.Equal(["tokenizer.chat_template"], file.UnkeptKeys);
        Assert.True(reader.BytesRead < 1 << 20);
    }

    [DataFact]
    public async Task Real_files_are_mapped_and_their_weights_are_the_ones_of_the_other_formats()
    {
        GgufFile stories = await ReadAsync(await File.ReadAllBytesAsync(SharedData.PathOf("models", "gguf", "stories260K.gguf")));
        Layout.AssertSound(stories);
        Assert.Equal((48, 19), (stories.Tensors.Count, stories.Metadata.Count));
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("models", "gguf", "digits_cnn.gguf"));
        GgufFile digits = await ReadAsync(bytes);
        Assert.True(DigitsCnn.Check(digits, bytes) >= 10);
    }

    [DataFact]
    public async Task Every_gguf_case_of_the_corpus_is_refused_or_mapped_as_labelled()
    {
        foreach ((string path, string label) in Corpus.Cases("gguf"))
        {
            Exception? refusal = await Record.ExceptionAsync(async () => await ReadAsync(await File.ReadAllBytesAsync(path)));
            bool refused = label == "malformed" || path.EndsWith("bigendian.gguf", StringComparison.Ordinal);
            Assert.True(refused == refusal is ModelFormatException, $"{path}: {label}, {refusal?.Message}");
        }
    }

    [DataTheory]
    [InlineData("digits_cnn.gguf")]
    [InlineData("stories260K.gguf")]
    public async Task Damaged_files_are_refused_or_soundly_mapped(string name)
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("models", "gguf", name));
        int header = (int)(await ReadAsync(bytes)).DataOffset;
        await ParserFuzz.RunAsync(bytes[..Math.Min(bytes.Length, header + 4096)], header, async r => Layout.AssertSound(await GgufFile.ReadAsync(r, CancellationToken.None)));
    }
}
