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
