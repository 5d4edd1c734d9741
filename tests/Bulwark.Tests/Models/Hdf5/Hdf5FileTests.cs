using Bulwark.Models;
using Bulwark.Models.Hdf5;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;
using static Bulwark.Tests.Models.Hdf5.Hdf5Builder;

namespace Bulwark.Tests.Models.Hdf5;

public sealed class Hdf5FileTests
{
    private static Task<Hdf5File> ReadAsync(byte[] bytes) => Hdf5File.ReadAsync(new MemoryReader("model.h5", bytes), CancellationToken.None);

    private static async Task<string> RefusalAsync(byte[] bytes) => (await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(bytes))).Code;

    private static byte[] Group(params byte[][] messages)
    {
        var file = new Hdf5Builder();
        return file.ToArray(file.Header(messages));
    }

    // What h5py says of the two files: ds.id.get_offset(), shape, dtype.
    [Fact]
    public async Task A_file_of_the_newest_form_is_mapped_as_h5py_sees_it()
    {
        Hdf5File file = await ReadAsync(Hdf5Samples.Newest);
        Layout.AssertSound(file);
        Assert.Equal(42, file.Tensors.Count);
        TensorInfo last = file.Tensors.Single(t => t.Name == "layers/w39");
        Assert.Equal((DType.F32, 13650L, 160L), (last.DType, last.Offset, last.Length));
        Assert.Equal([40L], last.Shape.ToArray());
        Assert.Contains(file.Tensors, t => t is { Name: "flag", DType: DType.BOOL, Offset: 13810, Length: 2 });
        Assert.Contains(file.Tensors, t => t is { Name: "named", DType: DType.F64, Offset: 4032, Length: 16 });
        Assert.Equal("text 39", file.Metadata["a39"]);
        Assert.StartsWith("{\"class_name\"", file.Metadata["model_config"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_the_oldest_form_is_mapped_as_h5py_sees_it()
    {
        Hdf5File file = await ReadAsync(Hdf5Samples.Oldest);
        Layout.AssertSound(file);
        Assert.Equal(26, file.Tensors.Count);
        Assert.Contains(file.Tensors, t => t is { Name: "again/w23", DType: DType.F32, Offset: 3536, Length: 96 });
        Assert.Contains(file.Tensors, t => t is { Name: "flag", DType: DType.BOOL, Offset: 3696, Length: 2 });
        Assert.Contains(file.Tensors, t => t is { Name: "named", DType: DType.F64, Offset: 3632, Length: 16 });
        Assert.Equal("text 23", file.Metadata["a23"]);
    }

    [Fact]
    public async Task Compressed_big_endian_and_odd_data_sets_are_not_mapped()
    {
        foreach (byte[] bytes in new[] { Hdf5Samples.Newest, Hdf5Samples.Oldest })
        {
            Hdf5File file = await ReadAsync(bytes);
            Assert.DoesNotContain(file.Tensors, t => t.Name is "chunked" or "swapped" or "type");
        }
    }

    [DataFact]
    public async Task Real_models_of_Keras_2_are_mapped_whole()
    {
        foreach (string name in new[] { "fer2013_mini_XCEPTION.hdf5", "tiny_XCEPTION_KDEF.hdf5" })
        {
            Hdf5File file = await ReadAsync(await File.ReadAllBytesAsync(SharedData.PathOf("models", "keras", name)));
            Layout.AssertSound(file);
            Assert.Equal(185, file.Tensors.Count);
            Assert.Equal("tensorflow", file.Metadata["backend"]);
            Assert.Contains(file.Tensors, t => t.Name.EndsWith("kernel:0", StringComparison.Ordinal) && t.Shape.Length == 4);
        }
    }

    [Theory]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(4096)]
    public async Task A_user_block_moves_everything(int length)
    {
        var builder = new Hdf5Builder(new byte[length]);
        byte[] bytes = builder.ToArray(builder.Header(Link("w", builder.Floats(2, 3))));
        Hdf5File file = await ReadAsync(bytes);
        TensorInfo tensor = Assert.Single(file.Tensors);
        Assert.Equal(length, file.UserBlock);
        Assert.Equal((length + 48L, 24L), (tensor.Offset, tensor.Length));
    }

    [Fact]
    public async Task Loops_of_groups_end()
    {
        var builder = new Hdf5Builder();
        // A root that links to itself: its header is written to where it says that it lies.
        byte[] bytes = builder.ToArray(builder.Header(Link("self", builder.Address), SoftLink("soft", "/self"), Link("w", 48)));
        Assert.Empty((await ReadAsync(bytes)).Tensors);
    }

    [Fact]
    public async Task Groups_deeper_than_any_model_are_refused()
    {
        var builder = new Hdf5Builder();
        long group = builder.Header();
        for (int i = 0; i <= Hdf5Limits.Depth; i++)
            group = builder.Header(Link("g", group));
        Assert.Equal("BW1471", await RefusalAsync(builder.ToArray(group)));
    }

    [Fact]
    public async Task What_lies_outside_the_file_is_refused()
    {
        Assert.Equal("BW1472", await RefusalAsync(Group(ExternalLink("w", "/etc/passwd", "/w"))));
        Assert.Equal("BW1472", await RefusalAsync(Group(UserLink("w"))));
        var builder = new Hdf5Builder();
        Assert.Equal("BW1473", await RefusalAsync(builder.ToArray(builder.Header(Link("w", builder.Header(Space(8), FloatType(), Contiguous(1 << 20, 32)))))));
    }

    [Fact]
    public async Task Data_sets_that_share_bytes_are_refused()
    {
        var builder = new Hdf5Builder();
        long data = builder.Data(new byte[32]);
        long a = builder.Header(Space(8), FloatType(), Contiguous(data, 32));
        long b = builder.Header(Space(4), FloatType(), Contiguous(data + 16, 16));
        Assert.Equal("BW1473", await RefusalAsync(builder.ToArray(builder.Header(Link("a", a), Link("b", b)))));

        // Over its own header: an edit of the weights would change what the file says.
        builder = new Hdf5Builder();
        long over = builder.Header(Space(8), FloatType(), Contiguous(builder.Address, 32));
        Assert.Equal("BW1473", await RefusalAsync(builder.ToArray(builder.Header(Link("a", over)))));
    }

    [Fact]
    public async Task Two_data_sets_of_one_name_are_refused()
    {
        var builder = new Hdf5Builder();
        Assert.Equal("BW1473", await RefusalAsync(builder.ToArray(builder.Header(Link("a", builder.Floats(1)), Link("a", builder.Floats(2))))));
    }

    [Fact]
    public async Task Shapes_that_overflow_or_ask_for_more_than_there_is_are_refused()
    {
        foreach (long[] shape in new long[][] { [1L << 40, 1L << 40], [-1], [9], [long.MaxValue, 2, 0] })
        {
            var builder = new Hdf5Builder();
            long data = builder.Data(new byte[32]);
            byte[] bytes = builder.ToArray(builder.Header(Link("a", builder.Header(Space(shape), FloatType(), Contiguous(data, 32)))));
            Assert.Contains(await RefusalAsync(bytes), new[] { "BW1470", "BW1473" });
        }
    }

    [Fact]
    public async Task A_header_that_goes_on_in_itself_is_refused()
    {
        var builder = new Hdf5Builder();
        byte[] chunk = [.. "OCHK"u8, .. Continuation(builder.Address, 32)];
        long address = builder.Data([.. chunk, .. U32(Hdf5Checksum.Of(chunk))]);
        Assert.Equal("BW1470", await RefusalAsync(builder.ToArray(builder.Header(Continuation(address, 28 + 4)))));
    }

    [Fact]
    public async Task Truncated_files_and_wrong_checksums_are_refused()
    {
        Assert.Equal("BW1470", await RefusalAsync(Hdf5Samples.Newest[..^1]));
        Assert.Equal("BW1470", await RefusalAsync(Hdf5Samples.Oldest[..^1]));
        byte[] bytes = Group(Text("a", "b"));
        bytes[^6] ^= 1;
        Assert.Equal("BW1470", await RefusalAsync(bytes));
        Assert.Equal("BW1470", await RefusalAsync([]));
        Assert.Equal("BW1470", await RefusalAsync([0x89, .. "HDF\r\n\u001A\n"u8]));
    }

    [Fact]
    public async Task What_is_broken_does_not_hide_the_rest()
    {
        var builder = new Hdf5Builder();
        long bad = builder.Data("nothing that is a header"u8.ToArray());
        byte[] bytes = builder.ToArray(builder.Header(Link("bad", bad), Text("model_config", "{}"), ExternalLink("out", "x.h5", "/"), Link("w", builder.Floats(2))));
        Hdf5Content content = await Hdf5Walker.WalkAsync(new MemoryReader("m", bytes), CancellationToken.None);
        Assert.Single(content.Faults);
        Assert.Single(content.Attributes);
        Assert.Single(content.References);
        Assert.Single(content.Datasets);
    }

    [Theory]
    [InlineData("", 0xDEADBEEFu)]
    [InlineData("Four score and seven years ago", 0x17770551u)]
    public void The_checksum_is_lookup3(string text, uint expected) => Assert.Equal(expected, Hdf5Checksum.Of(System.Text.Encoding.ASCII.GetBytes(text)));

    [Fact]
    public async Task Damaged_files_are_mapped_soundly_or_refused()
    {
        var builder = new Hdf5Builder();
        byte[] tiny = builder.ToArray(builder.Header(Link("w", builder.Floats(2, 3)), Text("model_config", "{}"), SoftLink("s", "/w")));
        foreach (byte[] original in new[] { tiny, Hdf5Samples.Newest, Hdf5Samples.Oldest })
            await ParserFuzz.RunAsync(original, 0, async r => Layout.AssertSound(await Hdf5File.ReadAsync(r, CancellationToken.None)), "model.h5");
    }

    [DataFact]
    public async Task Damaged_real_files_are_mapped_soundly_or_refused()
    {
        foreach ((string path, _) in Corpus.Cases("keras-h5"))
            await ParserFuzz.RunAsync(await File.ReadAllBytesAsync(path), 0, async r => Layout.AssertSound(await Hdf5File.ReadAsync(r, CancellationToken.None)), "model.h5");
    }
}
