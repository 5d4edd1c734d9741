using System.Buffers.Binary;
using System.IO.Compression;
using Bulwark.Models;
using Bulwark.Models.Pickle;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;

namespace Bulwark.Tests.Models.Pickle;

public sealed class PickleFileTests
{
    [DataTheory]
    [InlineData("sklearn_logreg.pkl")]
    [InlineData("sklearn_logreg_p5.pkl")]
    public async Task The_arrays_of_a_scikit_learn_model_are_mapped_in_place(string file)
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("scan", "benign", "benign", file));

        PickleFile model = await PickleFile.ReadAsync(new MemoryReader(file, bytes), CancellationToken.None);

        Assert.Equal("pickle", model.Format);
        Assert.Equal(DType.F64, model.Tensors.Single(t => t.Name == "intercept_").DType);
        Assert.All(model.Tensors.Where(t => t.DType == DType.F64), t =>
        {
            for (long at = t.Offset; at < t.Offset + t.Length; at += 8)
                Assert.InRange(Math.Abs(BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan((int)at))), 0, 1e6);
        });
    }

    [Fact]
    public async Task The_arrays_that_joblib_writes_into_the_stream_are_mapped()
    {
        PickleWriter pickle = Wrapped(Wrapped(new PickleWriter().Proto(4).Op(PickleOpcode.EmptyDict).Text("a"), "f4", "C").Op(PickleOpcode.SetItem).Text("b"), "f8", "F")
            .Op(PickleOpcode.SetItem).Stop();

        PickleFile model = await PickleFile.ReadAsync(new MemoryReader("x.joblib", pickle.ToArray()), CancellationToken.None);

        Assert.Equal("joblib", model.Format);
        TensorInfo tensor = Assert.Single(model.Tensors);
        Assert.Equal(("a", DType.F32, 24L), (tensor.Name, tensor.DType, tensor.Length));
        Assert.Equal([2L, 3L], tensor.Shape.AsEnumerable());

        static PickleWriter Wrapped(PickleWriter pickle, string dtype, string order) => pickle
            .StackGlobal("joblib.numpy_pickle", "NumpyArrayWrapper").Op(PickleOpcode.EmptyTuple, PickleOpcode.NewObj, PickleOpcode.EmptyDict, PickleOpcode.Mark)
            .Text("shape").Int(2).Int(3).Op(PickleOpcode.Tuple2).Text("order").Text(order)
            .Text("dtype").StackGlobal("numpy", "dtype").Text(dtype).Op(PickleOpcode.Tuple1, PickleOpcode.Reduce)
            .Op(PickleOpcode.SetItems, PickleOpcode.Build).Raw(new byte[6 * (dtype[1] - '0')]);
    }

    [Theory]
    [InlineData("zlib")]
    [InlineData("gzip")]
    public async Task The_arrays_of_a_compressed_pickle_are_named_though_none_can_be_edited(string format)
    {
        PickleWriter pickle = new PickleWriter().Proto(4).Op(PickleOpcode.EmptyDict).Text("w").Global("numpy.core.multiarray", "_reconstruct").Op(PickleOpcode.EmptyTuple, PickleOpcode.Reduce)
            .Op(PickleOpcode.Mark).Int(1).Int(3).Op(PickleOpcode.Tuple1).Global("numpy", "dtype").Text("f4").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Op(PickleOpcode.NewFalse)
            .Bytes(new byte[12]).Op(PickleOpcode.Tuple, PickleOpcode.Build, PickleOpcode.SetItem).Stop();

        ModelFile file = await ModelFile.OpenAsync(new MemoryReader("x.joblib", Packed(format, pickle.ToArray())), CancellationToken.None);

        Assert.Equal(format, file.Format);
        Assert.Equal("pickle", file.Metadata["content"]);
        Assert.Empty(file.Tensors);
        Assert.NotNull(file.NotMarkable);
        UnmappedTensor tensor = Assert.Single(file.Unmapped);
        Assert.Equal(("w", DType.F32, "compressed"), (tensor.Name, tensor.DType, tensor.Why));
    }

    [Theory]
    [InlineData("zlib")]
    [InlineData("gzip")]
    public async Task A_compressed_file_that_is_broken_or_no_pickle_has_no_arrays(string format)
    {
        byte[] packed = Packed(format, [0x80, 4, (byte)'}', (byte)'.']);
        foreach (byte[] bytes in new[] { packed[..^3], Packed(format, [1, 2, 3]), Packed(format, []), Packed(format, [0x80, 4, 0xFF]) })
            Assert.Empty((await ModelFile.OpenAsync(new MemoryReader("x.joblib", bytes), CancellationToken.None)).Unmapped);
    }

    private static byte[] Packed(string format, byte[] bytes)
    {
        using MemoryStream packed = new();
        using (Stream stream = format == "gzip" ? new GZipStream(packed, CompressionLevel.Optimal) : new ZLibStream(packed, CompressionLevel.Optimal))
            stream.Write(bytes);
        return packed.ToArray();
    }

    [Fact]
    public async Task Values_that_contain_each_other_and_bytes_that_are_shared_are_mapped_once()
    {
        PickleWriter Array(PickleWriter pickle) => pickle.Global("numpy.core.multiarray", "_reconstruct").Op(PickleOpcode.EmptyTuple, PickleOpcode.Reduce)
            .Op(PickleOpcode.Mark).Int(1).Int(2).Op(PickleOpcode.Tuple1).Global("numpy", "dtype").Text("f4").Op(PickleOpcode.Tuple1, PickleOpcode.Reduce).Op(PickleOpcode.NewFalse);
        PickleWriter pickle = new PickleWriter().Proto(4).Op(PickleOpcode.EmptyList).Put(0).Op(PickleOpcode.Mark).Get(0).Get(0);
        pickle = Array(pickle).Bytes(new byte[8]).Put(1).Op(PickleOpcode.Tuple, PickleOpcode.Build);
        pickle = Array(pickle).Get(1).Op(PickleOpcode.Tuple, PickleOpcode.Build).Op(PickleOpcode.Appends).Stop();

        PickleFile model = await PickleFile.ReadAsync(new MemoryReader("x.pkl", pickle.ToArray()), CancellationToken.None);

        Assert.Equal(8, Assert.Single(model.Tensors).Length);
    }

    [Fact]
    public async Task A_pickle_of_too_many_values_is_a_file_without_tensors()
    {
        byte[] pickle = [(byte)PickleOpcode.Mark, .. Enumerable.Repeat((byte)PickleOpcode.None, 1_200_000), (byte)PickleOpcode.Tuple, (byte)PickleOpcode.Stop];
        Assert.Empty((await PickleFile.ReadAsync(new MemoryReader("x.pkl", pickle), CancellationToken.None)).Tensors);
    }

    [DataFact]
    public async Task A_damaged_file_is_mapped_or_refused()
    {
        byte[] original = await File.ReadAllBytesAsync(SharedData.PathOf("scan", "benign", "benign", "sklearn_logreg.pkl"));
        await ParserFuzz.RunAsync(original, 0, reader => PickleFile.ReadAsync(reader, CancellationToken.None), "x.pkl");
    }
}
