using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Bulwark.Models;
using Bulwark.Models.Torch;
using Bulwark.Models.Zip;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;
using Bulwark.Tests.Models.Zip;

namespace Bulwark.Tests.Models.Torch;

/// <summary>The maps of PyTorch's formats.</summary>
public sealed class TorchFileTests
{
    private static async Task<(ModelFile File, byte[] Bytes)> OpenAsync(params string[] path)
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf(["models", .. path]));
        var reader = new MemoryReader(path[^1], bytes);
        ModelFile file = path[0] switch
        {
            "torch-zip" or "torchsharp" => await TorchZipFile.ReadAsync(reader, CancellationToken.None),
            "torch-legacy" => await LegacyTorchFile.ReadAsync(reader, CancellationToken.None),
            _ => await TorchTarFile.ReadAsync(reader, CancellationToken.None),
        };
        Layout.AssertSound(file);
        return (file, bytes);
    }

    [DataTheory]
    [InlineData("torch-zip", "digits_cnn.pt")]
    [InlineData("torch-legacy", "digits_cnn_legacy.pth")]
    public async Task The_same_weights_have_the_same_names_and_bytes_as_in_other_formats(string folder, string name)
    {
        (ModelFile file, byte[] bytes) = await OpenAsync(folder, name);
        Assert.Equal(13, DigitsCnn.Check(file, bytes));
        Assert.Equal(13, file.Tensors.Count);
    }

    [DataFact]
    public async Task Every_real_file_of_PyTorch_is_mapped()
    {
        int files = 0;
        foreach (string folder in new[] { "torch-zip", "torch-legacy", "torch-tar" })
        {
            foreach (string path in Directory.EnumerateFiles(SharedData.PathOf("models", folder), "*", SearchOption.AllDirectories))
            {
                string[] parts = Path.GetRelativePath(SharedData.PathOf("models"), path).Split(Path.DirectorySeparatorChar);
                (ModelFile file, _) = await OpenAsync(parts);
                Assert.True(file.Tensors.Count > 0 || parts[^1] == "empty.pt", path);
                files++;
            }
        }

        Assert.True(files >= 30, $"{files} files");
        (ModelFile script, _) = await OpenAsync("torchsharp", "l1000_100_10.script.dat");
        Assert.Equal("torchscript", script.Format);
        Assert.Equal(4, script.Tensors.Count);
    }

    [DataFact]
    public async Task A_checkpoint_names_its_tensors_after_the_way_to_them()
    {
        (ModelFile file, _) = await OpenAsync("torch-zip", "digits_checkpoint.pt");
        string[] names = [.. file.Tensors.Select(t => t.Name)];
        Assert.Contains(names, n => n.EndsWith(".c1.weight", StringComparison.Ordinal));
        Assert.Contains(names, n => n.Contains(".state.0.exp_avg", StringComparison.Ordinal));
        (ModelFile tar, _) = await OpenAsync("torch-tar", "tar_multi_dtype.tar");
        Assert.Equal(["float_tensor F32 3", "double_tensor F64 2", "int_tensor I64 4"], tar.Tensors.Select(t => $"{t.Name} {t.DType} {t.Shape[0]}"));
        (ModelFile silero, _) = await OpenAsync("torch-zip", "silero_vad.jit");
        Assert.True(silero.Tensors.Count > 20);
    }

    [DataFact]
    public async Task Tensors_that_share_a_storage_are_mapped_once()
    {
        (ModelFile file, _) = await OpenAsync("torch-legacy", "legacy_shared_storage.pt");
        Assert.NotEmpty(file.Tensors);
        (ModelFile views, _) = await OpenAsync("torch-legacy", "legacy_uncloned_views.pt");
        Assert.NotEmpty(views.Tensors);
    }

    [DataFact]
    public async Task A_tensor_edited_in_place_with_its_checksums_leaves_a_sound_archive()
    {
        foreach (string name in new[] { "mnist.pt", "digits_cnn.pt", "silero_vad.jit" })
        {
            (ModelFile file, byte[] bytes) = await OpenAsync("torch-zip", name);
            TensorInfo tensor = file.Tensors.MaxBy(t => t.Length)!;
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan((int)tensor.Offset + 4), 0.12345f);
            ChecksummedRange range = Assert.Single(file.Checksums, c => tensor.Offset >= c.Offset && tensor.Offset + tensor.Length <= c.Offset + c.Length);
            uint checksum = Crc32.HashToUInt32(bytes.AsSpan((int)range.Offset, (int)range.Length));
            foreach (long place in range.StoredAt)
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((int)place), checksum);

            TorchZipFile again = await TorchZipFile.ReadAsync(new MemoryReader("edited.pt", bytes), CancellationToken.None);
            Assert.Equal(file.Tensors.Select(t => (t.Name, t.Offset)), again.Tensors.Select(t => (t.Name, t.Offset)));
            using (var peer = new ZipArchive(new MemoryStream(bytes)))
            {
                foreach (ZipArchiveEntry entry in peer.Entries)
                {
                    using var content = new MemoryStream();
                    using Stream stream = entry.Open();
                    await stream.CopyToAsync(content);
                    Assert.Equal(entry.Crc32, Crc32.HashToUInt32(content.ToArray()));
                }
            }

            Assert.True(await PythonFindsNothingWrongAsync(bytes), name);
        }
    }

    [DataFact]
    public async Task Checksums_cover_each_member_that_holds_a_tensor()
    {
        (ModelFile file, byte[] bytes) = await OpenAsync("torch-zip", "mnist.pt");
        Assert.All(file.Tensors.Where(t => t.Length > 0), t => Assert.Contains(file.Checksums, c => t.Offset >= c.Offset && t.Offset + t.Length <= c.Offset + c.Length));
        foreach (ChecksummedRange range in file.Checksums)
        {
            uint checksum = Crc32.HashToUInt32(bytes.AsSpan((int)range.Offset, (int)range.Length));
            Assert.NotEmpty(range.StoredAt);
            Assert.All(range.StoredAt, p => Assert.Equal(checksum, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan((int)p))));
        }
    }

    [DataTheory]
    [InlineData("malformed/containers/missing_storage.pt", "BW1432")]
    [InlineData("malformed/containers/storage_smaller_than_tensor.pt", "BW1432")]
    [InlineData("malicious/containers/dup_names_evil_first.pt", "BW1420")]
    public async Task Broken_archives_are_refused(string name, string code)
    {
        byte[] bytes = await File.ReadAllBytesAsync(SharedData.PathOf(["scan", .. name.Split('/')]));
        ModelFormatException refusal = await Assert.ThrowsAsync<ModelFormatException>(() => TorchZipFile.ReadAsync(new MemoryReader("model.pt", bytes), CancellationToken.None));
        Assert.Equal(code, refusal.Code);
    }

    [Fact]
    public async Task Lies_about_bytes_and_shapes_are_refused()
    {
        async Task<string?> CodeAsync(TorchPickle pickle, int bytes = 16, string byteOrder = "little")
        {
            byte[] zip = ZipBuilder.Of(("m/data.pkl", pickle.Build()), ("m/byteorder", Encoding.ASCII.GetBytes(byteOrder)), ("m/data/0", new byte[bytes]), ("m/version", "3\n"u8.ToArray()));
            try
            {
                TorchZipFile file = await TorchZipFile.ReadAsync(new MemoryReader("model.pt", zip), CancellationToken.None);
                Layout.AssertSound(file);
                return null;
            }
            catch (ModelFormatException e)
            {
                return e.Code;
            }
        }

        Assert.Null(await CodeAsync(new TorchPickle()));
        Assert.Equal("BW1432", await CodeAsync(new TorchPickle(), bytes: 12));
        Assert.Equal("BW1432", await CodeAsync(new TorchPickle { Key = "../../etc/passwd" }));
        Assert.Equal("BW1432", await CodeAsync(new TorchPickle { Elements = int.MaxValue }));
        Assert.Equal("BW1433", await CodeAsync(new TorchPickle { Shape = [3, 2], Strides = [2, 1] }));
        Assert.Equal("BW1433", await CodeAsync(new TorchPickle { Shape = [2, 2], Strides = [4, 1] }));
        Assert.Equal("BW1433", await CodeAsync(new TorchPickle { Shape = [4], Strides = [1], Offset = 1 }));
        Assert.Equal("BW1433", await CodeAsync(new TorchPickle { Shape = [4], Strides = [1], Offset = -1 }));
        Assert.Equal("BW1433", await CodeAsync(new TorchPickle { Shape = [int.MaxValue, int.MaxValue, int.MaxValue], Strides = [0, 0, 0] }));
        Assert.Equal("BW1433", await CodeAsync(new TorchPickle { Shape = [-2, -2], Strides = [2, 1] }));
        Assert.Null(await CodeAsync(new TorchPickle { Shape = [0, int.MaxValue, int.MaxValue, int.MaxValue], Strides = [1, 1, 1, 1] }));
        Assert.Null(await CodeAsync(new TorchPickle { Shape = [2, 2], Strides = [1, 2] }));
        Assert.Equal("BW1435", await CodeAsync(new TorchPickle(), byteOrder: "big"));
    }

    [DataFact]
    public async Task Damaged_files_are_refused_or_mapped_soundly()
    {
        byte[] zip = await File.ReadAllBytesAsync(SharedData.PathOf("models", "torch-zip", "dtypes", "checkpoint.pt"));
        byte[] legacy = await File.ReadAllBytesAsync(SharedData.PathOf("models", "torch-legacy", "legacy_uncloned_views.pt"));
        byte[] tar = await File.ReadAllBytesAsync(SharedData.PathOf("models", "torch-tar", "tar_multi_dtype.tar"));
        // What the mapper alone would refuse for the archive's faults, its insides must bear.
        await ParserFuzz.RunAsync(zip, 0, async r => Layout.AssertSound(await TorchZipFile.ReadAsync(await ZipDirectory.ReadAsync(r, CancellationToken.None), CancellationToken.None)));
        await ParserFuzz.RunAsync(legacy, 0, async r => Layout.AssertSound(await LegacyTorchFile.ReadAsync(r, CancellationToken.None)));
        await ParserFuzz.RunAsync(tar, 3000, async r => Layout.AssertSound(await TorchTarFile.ReadAsync(r, CancellationToken.None)));
    }

    private static async Task<bool> PythonFindsNothingWrongAsync(byte[] archive)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllBytesAsync(path, archive);
        try
        {
            using Process? python = Process.Start(new ProcessStartInfo("python3", ["-c", "import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)", path]));
            await python!.WaitForExitAsync();
            return python.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return true; // No Python here; .NET has looked already.
        }
        finally
        {
            File.Delete(path);
        }
    }
}
