using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Bulwark.Audit;
using Bulwark.Models;
using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Models;
using Bulwark.Tests.Watermarking;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Protection;

/// <summary>The main job on models of every format, written and read back by the libraries those formats belong to.</summary>
public sealed class FormatJobTests : IDisposable
{
    private const int Images = 2000;
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly string Script = Path.Combine(SharedData.RepositoryRoot, "tests", "Bulwark.Tests", "Protection", "foreign", "models.py");
    private static readonly string Sample = Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");

    private readonly string _folder = Directory.CreateTempSubdirectory("bulwark-formats-").FullName;
    private readonly MemoryObjectStore _store = new();
    private readonly ProtectionServices _services;

    public FormatJobTests() => _services = ProtectionTests.Services(_store) with { WatermarkKey = TestModel.Key() };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PythonTheory("numpy", "torch", "h5py")]
    [InlineData("npz", "npz")]
    [InlineData("pickle", "pickle")]
    [InlineData("pytorch", "pytorch")]
    [InlineData("pytorch-legacy", "pytorch-legacy")]
    [InlineData("pytorch-tied", "pytorch")]
    [InlineData("torchscript", "torchscript")]
    [InlineData("hdf5", "hdf5")]
    [InlineData("keras", "keras")]
    public async Task A_network_that_another_library_wrote_is_marked_and_stays_as_good(string writer, string format)
    {
        string file = Path.Combine(_folder, $"m.{writer}");
        Python("make", writer, Sample, file);
        byte[] source = await File.ReadAllBytesAsync(file);
        (ProtectionResult result, byte[] opened) = await ProtectAsync($"m.{writer}", source);

        Assert.Equal(format, result.Format);
        Assert.True(result.Watermark is { Applied: true, Decoded: true, Sealed: true }, result.Watermark.ToString());
        await AssertEditedInPlaceAsync(source, opened);
        await AssertMarkedAsync(opened);
        if (writer == "pytorch-tied")
        {
            ModelFile map = await ModelFile.OpenAsync(new MemoryReader("m", opened), None);
            Assert.Equal(
                ["again sharing bytes with another tensor", "rows sharing bytes with another tensor", "transposed not contiguous"],
                map.Unmapped.Select(t => $"{t.Name} {t.Why}").Order(StringComparer.Ordinal));
        }

        await File.WriteAllBytesAsync(file, opened);
        AssertSound(file, opened);
        Assert.InRange(Score(writer, file), 1973 - (Images * 3 / 1000), Images);
    }

    [PythonTheory("numpy", "torch", "h5py")]
    [InlineData("cnn/pytorch", "torch-zip/mnist.pt", 1976, true)]
    [InlineData("keras/keras", "keras/mnist.keras", 1910, true)]
    [InlineData("digits/pytorch", "torch-zip/digits_cnn.pt", 343, false)]
    [InlineData("digits/pytorch-legacy", "torch-legacy/digits_cnn_legacy.pth", 343, false)]
    public async Task A_trained_model_of_someone_else_stays_as_good(string reader, string name, int correct, bool marked)
    {
        string file = SharedData.PathOf(["models", .. name.Split('/')]);
        Assert.Equal(correct, Score(reader, file));
        byte[] source = await File.ReadAllBytesAsync(file);
        (ProtectionResult result, byte[] opened) = await ProtectAsync(Path.GetFileName(file), source);

        // Too small a network carries no mark, but a seal; either way its bytes change and its checksums with them.
        Assert.Equal((marked, true), (result.Watermark.Applied, result.Watermark.Sealed));
        await AssertEditedInPlaceAsync(source, opened);
        if (marked)
            await AssertMarkedAsync(opened);
        string copy = Path.Combine(_folder, Path.GetFileName(file));
        await File.WriteAllBytesAsync(copy, opened);
        AssertSound(copy, opened);
        Assert.InRange(Score(reader, copy), correct - (correct * 3 / 1000), correct + (correct * 3 / 1000));
    }

    [PythonTheory("numpy", "h5py")]
    [InlineData("npz-compressed", "npz", "6 tensors compressed")]
    [InlineData("hdf5-gzip", "hdf5", "3 tensors compressed")]
    [InlineData("hdf5-fletcher32", "hdf5", "3 tensors in pieces with Fletcher checksums")]
    public async Task What_cannot_be_edited_in_place_is_protected_as_it_is_and_the_claim_says_why(string writer, string format, string why)
    {
        string file = Path.Combine(_folder, $"m.{format}");
        Python("make", writer, Sample, file);
        byte[] source = await File.ReadAllBytesAsync(file);
        (ProtectionResult result, byte[] opened) = await ProtectAsync($"m.{format}", source, seal: false);
        Assert.Equal(format, result.Format);
        Assert.False(result.Watermark.Applied);
        Assert.Contains(why, result.Watermark.Reason, StringComparison.Ordinal);
        Assert.Equal(source, opened);
    }

    [DataTheory]
    [InlineData("tf-savedmodel/saved_model.pb", "savedmodel", "variables/variables.index")]
    [InlineData("tf-savedmodel/variables/variables.index", "tensor-bundle", "variables/variables.index")]
    [InlineData("tf-savedmodel/variables/variables.data-00000-of-00001", "opaque", "no known format")]
    [InlineData("onnx/digits_cnn_external.onnx", "onnx", "tensors in another file")]
    [InlineData("numpy/note_events.npz", "npz", "0 markable weights")]
    public async Task Real_files_without_weights_to_edit_say_why(string name, string format, string why)
    {
        byte[] source = await File.ReadAllBytesAsync(SharedData.PathOf(["models", .. name.Split('/')]));
        (ProtectionResult result, byte[] opened) = await ProtectAsync(Path.GetFileName(name), source, seal: format != "onnx");
        Assert.Equal(format, result.Format);
        Assert.False(result.Watermark.Applied);
        Assert.Contains(why, result.Watermark.Reason, StringComparison.Ordinal);
        Assert.Equal(source, opened);
    }

    [DataFact]
    public async Task Every_real_model_comes_back_with_only_its_weights_and_their_checksums_changed()
    {
        int marked = 0, files = 0;
        List<string> faint = [];
        foreach (string path in Directory.EnumerateFiles(SharedData.PathOf("models"), "*", SearchOption.AllDirectories))
        {
            byte[] source = await File.ReadAllBytesAsync(path);
            if (source.Length == 0)
                continue;
            (ProtectionResult result, byte[] opened) = await ProtectAsync($"{files++}/{Path.GetFileName(path)}", source);
            await AssertEditedInPlaceAsync(source, opened);
            AssertChecksums(opened);
            // What a model of few, uneven weights carries may be too faint to claim, and its receipt says so.
            if (result.Watermark.Log10FalsePositive is <= -12)
            {
                await AssertMarkedAsync(opened);
                marked++;
            }
            else if (result.Watermark.Applied)
            {
                faint.Add($"{path}: {result.Watermark}");
            }
        }

        Assert.True(files > 50 && marked >= 10 && faint.Count <= 1, $"{marked} of {files} files were marked, and faintly {string.Join('\n', faint)}");
    }

    [DataTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wrong_checksum_is_not_repaired_but_refused_and_recorded(bool marked)
    {
        byte[] source = await File.ReadAllBytesAsync(SharedData.PathOf("models", "torch-zip", "mnist.pt"));
        ModelFile file = await ModelFile.OpenAsync(new MemoryReader("m", source), None);
        // A storage is edited and its checksum is not: the directory itself agrees with every header.
        source[file.Tensors.MaxBy(t => t.Length)!.Offset + 1000] ^= 1;
        ObjectRef put = _store.Put("in", "m.pt", source);
        ProtectionOptions options = new() { Watermark = marked ? new WatermarkSettings() : null };
        ProtectionException refusal = await Assert.ThrowsAsync<ProtectionException>(() => new ModelProtector(_services).ProtectAsync(put, "out", options, null, None));
        Assert.Equal("BW2012", refusal.Code);
        Assert.Equal("BW1427", Assert.IsType<ModelFormatException>(refusal.InnerException).Code);
        Assert.Null(await _store.FindAsync("out", "m.pt.enc", None));
        AuditRecord[] records = await _services.Audit.ReadAsync().ToArrayAsync();
        Assert.NotEqual("model.protected", records[^1].Entry.Action);
        Assert.Equal("refused", records[^1].Entry.Outcome);

        await using IObjectReader reader = await _store.OpenReadAsync(put, None);
        await using IObjectWriter copy = await _store.CreateAsync("out", "copy.pt", WriteCondition.Any, None);
        Assert.Equal("BW1427", (await Assert.ThrowsAsync<ModelFormatException>(
            () => new ModelWatermarker(_services.State, TimeProvider.System).EmbedAsync(reader, copy, _services.WatermarkKey!, new WatermarkSettings(), null, None))).Code);
    }

    [DataFact]
    public async Task Checksums_that_are_all_zero_stay_so()
    {
        byte[] source = await File.ReadAllBytesAsync(SharedData.PathOf("models", "torch-zip", "mnist.pt"));
        // As torch.serialization.set_crc32_options(False) leaves them: none in directory, header or descriptor.
        using (var peer = new ZipArchive(new MemoryStream(source)))
        {
            byte[] checksum = new byte[4];
            foreach (ZipArchiveEntry entry in peer.Entries.Where(e => e.Crc32 != 0))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(checksum, entry.Crc32);
                for (int at = source.AsSpan().IndexOf(checksum); at >= 0; at = source.AsSpan().IndexOf(checksum))
                    source.AsSpan(at, 4).Clear();
            }
        }

        (ProtectionResult result, byte[] opened) = await ProtectAsync("m.pt", source);
        Assert.True(result.Watermark.Applied);
        using var marked = new ZipArchive(new MemoryStream(opened));
        Assert.All(marked.Entries, e => Assert.Equal(0u, e.Crc32));
        await AssertMarkedAsync(opened);
    }

    private async Task<(ProtectionResult Result, byte[] Opened)> ProtectAsync(string name, byte[] source, bool seal = true)
    {
        ObjectRef put = _store.Put("in", name, source);
        ProtectionOptions options = new() { Watermark = new WatermarkSettings { OwnerId = 7, ModelId = "formats", Seal = seal } };
        ProtectionResult result = await new ModelProtector(_services).ProtectAsync(put, "out", options, null, None);
        await using OpenedModel model = await new ModelOpener(_services).OpenAsync("out", result.Body, None);
        await using (IObjectWriter writer = await _store.CreateAsync("opened", name, WriteCondition.Any, None))
            await model.CopyToAsync(writer, null, None);
        return (result, _store.Get("opened", name));
    }

    /// <summary>Outside of markable tensors and of the places of checksums, nothing may have changed.</summary>
    private static async Task AssertEditedInPlaceAsync(byte[] source, byte[] opened)
    {
        Assert.Equal(source.Length, opened.Length);
        ModelFile file = await ModelFile.OpenAsync(new MemoryReader("m", source), None);
        ModelFile after = await ModelFile.OpenAsync(new MemoryReader("m", opened), None);
        Layout.AssertSound(after);
        Assert.Equal(file.Tensors.Select(Describe), after.Tensors.Select(Describe));
        byte[] restored = [.. opened];
        foreach (TensorInfo tensor in file.Tensors.Where(t => t.DType.IsMarkable() || WatermarkModes.All.Any(m => MarkableTensors.CanMark(t, m))))
            source.AsSpan((int)tensor.Offset, (int)tensor.Length).CopyTo(restored.AsSpan((int)tensor.Offset));
        foreach (long place in file.Checksums.SelectMany(c => c.StoredAt))
            source.AsSpan((int)place, 4).CopyTo(restored.AsSpan((int)place));
        Assert.True(source.AsSpan().SequenceEqual(restored), "bytes outside of the weights changed");
    }

    private static string Describe(TensorInfo tensor) => $"{tensor.Name} {tensor.DType} [{string.Join(',', tensor.Shape)}] {tensor.Offset}";

    private async Task AssertMarkedAsync(byte[] opened)
    {
        ModelWatermarker watermarker = new(_services.State, TimeProvider.System);
        WatermarkReading reading = await watermarker.DetectAsync(new MemoryReader("m", opened), [_services.WatermarkKey!], checkSeal: true, null, None);
        Assert.True(reading.IsMarked && reading.Matches[0].IsSignificant, reading.ToString());
        Assert.Equal("formats", reading.Issued[0]?.ModelId);
        Assert.True(reading.Seal?.IsIntact);
    }

    private static void AssertSound(string path, byte[] bytes)
    {
        AssertChecksums(bytes);
        if (bytes.AsSpan().StartsWith("PK"u8))
            Python("testzip", path);
    }

    private static void AssertChecksums(byte[] bytes)
    {
        if (!bytes.AsSpan().StartsWith("PK"u8))
            return;
        using var archive = new ZipArchive(new MemoryStream(bytes));
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using var content = new MemoryStream();
            using (Stream stream = entry.Open())
                stream.CopyTo(content);
            Assert.Equal(entry.Crc32, Crc32.HashToUInt32(content.ToArray()));
        }
    }

    private static int Score(string reader, string file) => int.Parse(Python("score", reader, file, SharedData.Folder!), System.Globalization.CultureInfo.InvariantCulture);

    private static string Python(params string[] arguments) => Shell.Run(PythonTheoryAttribute.Interpreter, [Script, .. arguments]);
}
