using System.Buffers.Binary;
using Bulwark.Models;
using Bulwark.Models.TensorFlow;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;

namespace Bulwark.Tests.Models.TensorFlow;

public sealed class SavedModelFileTests
{
    private static Task<SavedModelFile> ReadAsync(byte[] bytes) => SavedModelFile.ReadAsync(new MemoryReader("saved_model.pb", bytes), TensorFlowForm.SavedModel, CancellationToken.None);

    [DataFact]
    public async Task Constants_of_a_real_model_are_mapped()
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("models", "tf-savedmodel", "saved_model.pb"));
        SavedModelFile file = await ReadAsync(bytes);
        Layout.AssertSound(file);
        Assert.Equal("savedmodel", file.Format);
        Assert.Equal(918, file.Tensors.Count);
        Assert.Contains(file.Tensors, t => t is { Name: "Const", DType: DType.F32, Length: 36 * 256 * 4 });
    }

    [Fact]
    public async Task Constants_of_graph_and_functions_are_mapped_under_names_of_their_own()
    {
        byte[] content = new byte[24];
        SavedModelFile file = await ReadAsync(GraphBuilder.SavedModel(
            [GraphBuilder.Constant("w", 1, [2, 3], content), GraphBuilder.Constant("w", 1, [6], content), GraphBuilder.Constant("short", 1, [7], content), GraphBuilder.Constant("odd", 7, [1], content)],
            ("f", [GraphBuilder.Constant("w", 9, [3], content)])));
        Layout.AssertSound(file);
        Assert.Equal(3, file.Tensors.Count);
        Assert.Equal("w", file.Tensors[0].Name);
        Assert.Equal([2L, 3L], file.Tensors[0].Shape.ToArray());
        Assert.Contains(file.Tensors, t => t is { Name: "f/w", DType: DType.I64 });
    }

    [Theory]
    [InlineData(new byte[] { 0x08, 0x01, 0x12, 0x7F })]
    [InlineData(new byte[] { 0x08, 0x01, 0x12, 0x01, 0x07 })]
    [InlineData(new byte[] { 0x08, 0x01, 0x10, 0x01 })]
    [InlineData(new byte[] { 0x08, 0x01 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    public async Task Broken_files_are_refused(byte[] bytes) => Assert.Equal("BW1480", (await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(bytes))).Code);

    [DataFact]
    public async Task Variables_of_a_real_model_lie_where_the_index_says()
    {
        byte[] data = await File.ReadAllBytesAsync(SharedData.PathOf("models", "tf-savedmodel", "variables", "variables.data-00000-of-00001"));
        var index = await TensorBundleIndex.ReadAsync(new MemoryReader("variables.index", await File.ReadAllBytesAsync(SharedData.PathOf("models", "tf-savedmodel", "variables", "variables.index"))), CancellationToken.None);
        Assert.Equal(1, index.Shards);
        Assert.Equal(74, index.Entries.Count);
        long covered = 0;
        foreach (BundleEntry entry in index.Entries)
        {
            Assert.InRange(entry.Offset, 0, data.Length - entry.Length);
            covered += entry.Length;
            // Strings are summed in another way: lengths and bytes apart.
            if (entry.DType is not null)
                Assert.Equal(entry.Checksum, Crc32C.Mask(Crc32C.Of(data.AsSpan((int)entry.Offset, (int)entry.Length))));
        }

        Assert.Equal(data.Length, covered);
    }

    [Fact]
    public async Task An_index_with_a_wrong_checksum_or_footer_is_refused()
    {
        byte[] index = GraphBuilder.Index(("a", 1, [2], 0, 8), ("ab", 1, [2], 8, 8));
        Assert.Equal(2, (await TensorBundleIndex.ReadAsync(new MemoryReader("i", index), CancellationToken.None)).Entries.Count);
        foreach (int at in new[] { 3, index.Length - 1, index.Length - 46 })
        {
            byte[] broken = [.. index];
            broken[at] ^= 0x40;
            Assert.Equal("BW1482", (await Assert.ThrowsAsync<ModelFormatException>(() => TensorBundleIndex.ReadAsync(new MemoryReader("i", broken), CancellationToken.None))).Code);
        }

        byte[] lying = GraphBuilder.Index(("a", 1, [3], 0, 8));
        Assert.Equal("BW1482", (await Assert.ThrowsAsync<ModelFormatException>(() => TensorBundleIndex.ReadAsync(new MemoryReader("i", lying), CancellationToken.None))).Code);
    }

    [Fact]
    public void The_checksum_is_Castagnoli_s()
    {
        // RFC 3720, B.4.
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(BinaryPrimitives.ReverseEndianness(0x8A9136AAu), BinaryPrimitives.ReverseEndianness(Crc32C.Append(Crc32C.Of(new byte[10]), new byte[22])));
    }

    [Fact]
    public void Forms_are_told_by_their_first_fields()
    {
        byte[] model = GraphBuilder.SavedModel([GraphBuilder.Node("a", "Relu")]);
        Assert.Equal(TensorFlowForm.SavedModel, TensorFlowForms.Of(model));
        Assert.Equal(TensorFlowForm.Graph, TensorFlowForms.Of(GraphBuilder.Graph([GraphBuilder.Node("a", "Relu")]).Build()));
        Assert.Equal(TensorFlowForm.MetaGraph, TensorFlowForms.Of(GraphBuilder.MetaGraph([GraphBuilder.Node("a", "Relu")]).Build()));
        Assert.Equal(TensorFlowForm.KerasMetadata, TensorFlowForms.Of(GraphBuilder.KerasMetadata("{}")));
        foreach (byte[] other in new byte[][] { [], [0x0A], [0x0A, 3, (byte)'a', (byte)'b', (byte)'c'], "PK\u0003\u0004"u8.ToArray(), "\n\n\n{}"u8.ToArray(), [0x08, 0x08, 0x12, 0x00] })
            Assert.Null(TensorFlowForms.Of(other));
    }

    [Fact]
    public async Task Damaged_files_are_mapped_soundly_or_refused()
    {
        byte[] model = GraphBuilder.SavedModel([GraphBuilder.Constant("w", 1, [2, 3], new byte[24]), GraphBuilder.Node("r", "Relu", "w")], ("f", [GraphBuilder.Constant("v", 9, [3], new byte[24])]));
        await ParserFuzz.RunAsync(model, 0, async r => Layout.AssertSound(await SavedModelFile.ReadAsync(r, TensorFlowForm.SavedModel, CancellationToken.None)), "saved_model.pb");
        await ParserFuzz.RunAsync(GraphBuilder.Index(("a", 1, [2], 0, 8), ("ab", 1, [2], 8, 8)), 0, r => TensorBundleIndex.ReadAsync(r, CancellationToken.None), "variables.index");
    }

    [DataFact]
    public async Task A_damaged_real_index_is_read_or_refused() =>
        await ParserFuzz.RunAsync(await File.ReadAllBytesAsync(SharedData.PathOf("models", "tf-savedmodel", "variables", "variables.index")), 0, r => TensorBundleIndex.ReadAsync(r, CancellationToken.None), "variables.index");
}
