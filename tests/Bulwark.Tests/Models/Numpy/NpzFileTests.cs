using Bulwark.Models;
using Bulwark.Models.Numpy;
using Bulwark.Storage;

namespace Bulwark.Tests.Models.Numpy;

public sealed class NpzFileTests
{
    private static readonly byte[] Floats = NpyFileTests.File(NpyFileTests.Header("'<f4'", "(2, 2)"), new byte[16]);

    private static Task<NpzFile> ReadAsync(params (string Name, byte[] Bytes)[] members)
    {
        List<byte> archive = [1, 2, 3];
        List<NpzMember> stored = [];
        foreach ((string name, byte[] bytes) in members)
        {
            stored.Insert(0, new NpzMember(name, archive.Count, bytes.Length, [archive.Count - 1]));
            archive.AddRange([.. bytes, 9, 9, 9, 9]);
        }

        return NpzFile.ReadAsync(new MemoryReader("a.npz", archive.ToArray()), stored, CancellationToken.None);
    }

    [Fact]
    public async Task Stored_arrays_of_numbers_are_mapped_with_their_checksums()
    {
        NpzFile file = await ReadAsync(
            ("w.npy", Floats),
            ("objects.npy", NpyFileTests.File(NpyFileTests.Header("'|O'", "(1,)"), "N."u8.ToArray())),
            ("layer/b.npy", NpyFileTests.File(NpyFileTests.Header("'<f2'", "(3,)"), new byte[6])),
            ("readme.txt", "hello"u8.ToArray()));
        Layout.AssertSound(file);
        Assert.Equal(["w [2,2] F32", "layer/b [3] F16"], file.Tensors.Select(t => $"{t.Name} [{string.Join(',', t.Shape)}] {t.DType}"));
        Assert.Equal(("npz", "3", 2), (file.Format, file.Metadata["arrays"], file.Checksums.Count));
        Assert.Equal((3L, (long)Floats.Length, 2L), (file.Checksums[0].Offset, file.Checksums[0].Length, Assert.Single(file.Checksums[0].StoredAt)));
    }

    [Fact]
    public async Task A_member_that_is_no_array_is_refused() =>
        Assert.Equal("BW1462", (await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(("w.npy", Floats), ("x.npy", "hello world"u8.ToArray())))).Code);

    [Fact]
    public async Task Two_members_of_one_name_are_refused() =>
        Assert.Equal("BW1462", (await Assert.ThrowsAsync<ModelFormatException>(() => ReadAsync(("w.npy", Floats), ("w.npy", Floats)))).Code);
}
