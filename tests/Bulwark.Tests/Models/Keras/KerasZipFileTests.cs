using System.IO.Hashing;
using Bulwark.Models;
using Bulwark.Models.Keras;
using Bulwark.Models.Zip;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Models.Hdf5;

namespace Bulwark.Tests.Models.Keras;

public sealed class KerasZipFileTests
{
    private static Task<KerasZipFile> ReadAsync(byte[] bytes) => KerasZipFile.ReadAsync(new MemoryReader("model.keras", bytes), CancellationToken.None);

    [DataFact]
    public async Task A_real_model_is_mapped_where_its_weights_lie_in_the_archive()
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf("models", "keras", "mnist.keras"));
        KerasZipFile file = await ReadAsync(bytes);
        Layout.AssertSound(file);
        Assert.Equal("keras", file.Format);
        Assert.Equal(20, file.Tensors.Count);
        Assert.Equal("3.3.2", file.Metadata["keras_version"]);
        TensorInfo kernel = file.Tensors.Single(t => t.Name == "layers/dense/vars/0");
        Assert.Equal([784L, 128L], kernel.Shape.ToArray());

        ChecksummedRange range = Assert.Single(file.Checksums);
        Assert.All(file.Tensors, t => Assert.True(t.Offset >= range.Offset && t.Offset + t.Length <= range.Offset + range.Length));
        uint checksum = Crc32.HashToUInt32(bytes.AsSpan((int)range.Offset, (int)range.Length));
        Assert.NotEmpty(range.StoredAt);
        Assert.All(range.StoredAt, at => Assert.Equal(checksum, BitConverter.ToUInt32(bytes, (int)at)));
    }

    [Fact]
    public async Task Stored_weights_are_mapped_and_compressed_ones_only_checked()
    {
        KerasZipFile stored = await ReadAsync(KerasArchive.Make("{}", weights: Hdf5Samples.Newest));
        Layout.AssertSound(stored);
        Assert.Equal(42, stored.Tensors.Count);
        KerasZipFile deflated = await ReadAsync(KerasArchive.Make("{}", weights: Hdf5Samples.Newest, compress: true));
        Assert.Empty(deflated.Tensors);
        Assert.Empty(deflated.Checksums);
    }

    [PythonTheory("numpy")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Weights_in_a_numpy_archive_are_named_as_Keras_writes_them(bool compress)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.npz");
        try
        {
            // keras/src/saving/saving_lib.py, NpzIOStore: a dict of arrays for each layer.
            Shell.Run(PythonTheoryAttribute.Interpreter, "-c", "import sys, numpy; numpy.savez(sys.argv[1], **{'layers/dense': {'0': numpy.ones((3, 4), 'f4'), '1': numpy.zeros(4, 'f4')}, 'plain': numpy.ones(5)})", path);
            byte[] weights = await File.ReadAllBytesAsync(path);
            KerasZipFile file = await ReadAsync(KerasArchive.Make("{}", null, compress, ("model.weights.npz", weights)));
            Assert.Empty(file.Tensors);
            Assert.Equal(
                ["layers/dense/0 F32 12", "layers/dense/1 F32 4", "plain F64 5"],
                file.Unmapped.Where(t => t.DType is not null).Select(t => $"{t.Name} {t.DType} {t.Shape.Aggregate(1L, (n, d) => n * d)}").Order());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Broken_weights_are_refused_stored_or_compressed()
    {
        foreach (bool compress in new[] { false, true })
        {
            var refusal = await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(KerasArchive.Make("{}", weights: Hdf5Samples.Newest[..^9], compress: compress)));
            Assert.Equal("BW1470", refusal.Code);
        }
    }

    [Fact]
    public async Task Archives_that_are_something_else_are_refused()
    {
        byte[] bytes = KerasArchive.Zip(false, ("metadata.json", "{}"u8.ToArray()));
        Assert.Equal("BW1474", (await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(bytes))).Code);
        Assert.False(KerasZipFile.Looks(await ZipDirectory.ReadAsync(new MemoryReader("m", bytes), CancellationToken.None)));
        Assert.True(KerasZipFile.Looks(await ZipDirectory.ReadAsync(new MemoryReader("m", KerasArchive.Make("{}")), CancellationToken.None)));
    }

    [Fact]
    public async Task Metadata_that_is_no_JSON_does_not_matter_to_the_map() =>
        Assert.Empty((await ReadAsync(KerasArchive.Zip(false, ("config.json", "{}"u8.ToArray()), ("metadata.json", "{\"a\": \"\\ud800\""u8.ToArray())))).Metadata);
}
