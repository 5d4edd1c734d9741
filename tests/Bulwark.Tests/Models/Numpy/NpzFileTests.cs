using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Bulwark.Models;
using Bulwark.Models.Numpy;
using Bulwark.Models.Zip;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;

namespace Bulwark.Tests.Models.Numpy;

public sealed class NpzFileTests
{
    private static readonly byte[] Floats = NpyFileTests.File(NpyFileTests.Header("'<f4'", "(2, 2)"), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

    private static byte[] Archive(CompressionLevel level, params (string Name, byte[] Bytes)[] members)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in members)
            {
                using Stream member = zip.CreateEntry(name, level).Open();
                member.Write(content);
            }
        }

        return bytes.ToArray();
    }

    private static async Task<NpzFile> ReadAsync(byte[] bytes) =>
        await NpzFile.ReadAsync(await ZipDirectory.ReadAsync(new MemoryReader("a.npz", bytes), CancellationToken.None), CancellationToken.None);

    [Fact]
    public async Task Stored_arrays_of_numbers_are_mapped_with_their_checksums()
    {
        byte[] bytes = Archive(
            CompressionLevel.NoCompression,
            ("w.npy", Floats),
            ("objects.npy", NpyFileTests.File(NpyFileTests.Header("'|O'", "(1,)"), "N."u8.ToArray())),
            ("layer/b.npy", NpyFileTests.File(NpyFileTests.Header("'<f2'", "(3,)"), new byte[6])));
        NpzFile file = await ReadAsync(bytes);
        Layout.AssertSound(file);
        Assert.Equal(["w [2,2] F32", "layer/b [3] F16"], file.Tensors.Select(t => $"{t.Name} [{string.Join(',', t.Shape)}] {t.DType}"));
        Assert.Equal(("npz", "3", 2), (file.Format, file.Metadata["arrays"], file.Checksums.Count));
        Assert.Equal(Floats[^16..], bytes[(int)file.Tensors[0].Offset..][..16]);
        foreach (ChecksummedRange range in file.Checksums)
        {
            uint crc = Crc32.HashToUInt32(bytes.AsSpan((int)range.Offset, (int)range.Length));
            Assert.NotEmpty(range.StoredAt);
            Assert.All(range.StoredAt, at => Assert.Equal(crc, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan((int)at))));
        }
    }

    [Fact]
    public async Task Compressed_arrays_are_counted_but_not_mapped()
    {
        NpzFile file = await ReadAsync(Archive(CompressionLevel.Optimal, ("w.npy", NpyFileTests.File(NpyFileTests.Header("'<f4'", "(1000,)"), new byte[4000]))));
        Assert.Empty(file.Tensors);
        Assert.Equal("1", file.Metadata["arrays"]);
    }

    [Fact]
    public async Task A_member_that_is_no_array_is_refused() =>
        Assert.Equal("BW1462", (await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(Archive(CompressionLevel.NoCompression, ("w.npy", Floats), ("x.npy", "hello world"u8.ToArray()))))).Code);

    [Fact]
    public async Task An_archive_that_breaks_a_rule_is_refused() =>
        Assert.Equal("BW1420", (await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(Archive(CompressionLevel.NoCompression, ("w.npy", Floats), ("w.npy", Floats))))).Code);

    [DataFact]
    public async Task A_real_archive_of_objects_holds_no_tensors()
    {
        ZipDirectory directory = await ZipDirectory.ReadAsync(new MemoryReader("note_events.npz", await File.ReadAllBytesAsync(SharedData.PathOf("models", "numpy", "note_events.npz"))), CancellationToken.None);
        Assert.True(NpzFile.Looks(directory));
        Assert.Empty((await NpzFile.ReadAsync(directory, CancellationToken.None)).Tensors);
    }

    [Fact]
    public async Task Damaged_archives_are_refused_or_soundly_mapped() =>
        await ParserFuzz.RunAsync(
            Archive(CompressionLevel.NoCompression, ("w.npy", Floats), ("b.npy", Floats)),
            0,
            async r => Layout.AssertSound(await NpzFile.ReadAsync(await ZipDirectory.ReadAsync(r, CancellationToken.None), CancellationToken.None)));
}
