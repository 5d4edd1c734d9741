using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Bulwark.Models;
using Bulwark.Models.Zip;
using Bulwark.Storage;
using Bulwark.Testing;
using Bulwark.Tests.Fuzzing;

namespace Bulwark.Tests.Models.Zip;

/// <summary>Archives as their directories and local headers declare them.</summary>
public sealed class ZipDirectoryTests
{
    private static readonly byte[] Text = Encoding.ASCII.GetBytes("some content of a member");

    private static Task<ZipDirectory> ReadAsync(byte[] bytes) => ZipDirectory.ReadAsync(new MemoryReader("model.zip", bytes), CancellationToken.None);

    private static async Task AssertFaultsAsync(byte[] bytes, params ZipFaultKind[] kinds)
    {
        ZipDirectory zip = await ReadAsync(bytes);
        Assert.Equal(kinds.Order(), zip.Faults.Select(f => f.Kind).Distinct().Order());
        if (kinds.Length > 0)
            Assert.Equal("BW1420", Assert.Throws<ModelFormatException>(zip.ThrowIfFaulty).Code);
    }

    private static async Task<byte[]> ContentAsync(ZipDirectory zip, string name)
    {
        await using IObjectReader content = await zip.OpenAsync(zip.Find(name)!, new InflationBudget(), CancellationToken.None);
        byte[] bytes = new byte[content.Source.Size];
        await content.ReadAsync(0, bytes, CancellationToken.None);
        return bytes;
    }

    [DataFact]
    public async Task Archives_of_real_models_break_no_rule()
    {
        int archives = 0;
        foreach (string path in Directory.EnumerateFiles(SharedData.PathOf("models"), "*", SearchOption.AllDirectories))
        {
            byte[] bytes = await File.ReadAllBytesAsync(path);
            if (!ZipDirectory.Looks(bytes))
                continue;
            ZipDirectory zip = await ReadAsync(bytes);
            Assert.True(zip.Faults.Count == 0, $"{path}: {string.Join("; ", zip.Faults.Select(f => f.Message))}");
            using var peer = new ZipArchive(new MemoryStream(bytes));
            Assert.Equal(peer.Entries.Select(e => (e.FullName, e.Length, e.CompressedLength, e.Crc32)), zip.Members.Select(m => (m.Name, m.Length, m.CompressedLength, m.Checksum)));
            foreach (ZipArchiveEntry entry in peer.Entries)
            {
                using var content = new MemoryStream();
                using (Stream stream = entry.Open())
                    await stream.CopyToAsync(content);
                Assert.Equal(content.ToArray(), await ContentAsync(zip, entry.FullName));
            }

            archives++;
        }

        Assert.True(archives >= 25, $"{archives} archives");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Archives_of_other_writers_break_no_rule(bool seekable)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(seekable ? bytes : new UnseekableStream(bytes), ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, CompressionLevel level) in new[] { ("a.txt", CompressionLevel.Optimal), ("f/", CompressionLevel.NoCompression), ("f/b.bin", CompressionLevel.NoCompression), ("ä.txt", CompressionLevel.Optimal) })
            {
                using Stream member = zip.CreateEntry(name, level).Open();
                member.Write(name.EndsWith('/') ? [] : Text);
            }

            zip.Comment = "made by a test";
        }

        ZipDirectory read = await ReadAsync(bytes.ToArray());
        Assert.Empty(read.Faults.Select(f => f.Message));
        Assert.Equal(["a.txt", "f/", "f/b.bin", "ä.txt"], read.Members.Select(m => m.Name));
        Assert.Equal(Text, await ContentAsync(read, "a.txt"));
        Assert.Equal(Text, await ContentAsync(read, "F/B.BIN"));
    }

    [Fact]
    public async Task Each_lie_is_a_fault_of_its_own()
    {
        ZipBuilder With(ZipBuilder.Lies lies, string name = "a/data.pkl") => new ZipBuilder().Add(name, Text, lies).Add("a/version", "3\n"u8.ToArray());

        await AssertFaultsAsync(With(new()).Build());
        await AssertFaultsAsync(With(new() { Descriptor = true }).Build());
        await AssertFaultsAsync(With(new() { Deflate = true, Descriptor = true }).Build());
        await AssertFaultsAsync(With(new() { LocalName = "a/data.pkx" }).Build(), ZipFaultKind.NameMismatch);
        await AssertFaultsAsync(With(new() { LocalMethod = 8 }).Build(), ZipFaultKind.MethodMismatch);
        await AssertFaultsAsync(With(new() { LocalFlags = 1 }).Build(), ZipFaultKind.FlagsMismatch);
        await AssertFaultsAsync(With(new() { LocalChecksum = 5 }).Build(), ZipFaultKind.ChecksumMismatch);
        await AssertFaultsAsync(With(new() { LocalSize = 7 }).Build(), ZipFaultKind.SizeMismatch);
        await AssertFaultsAsync(With(new() { Size = 2, CompressedSize = 2 }).Build(), ZipFaultKind.SizeMismatch, ZipFaultKind.Gap);
        await AssertFaultsAsync(With(new() { Size = 2 }).Build(), ZipFaultKind.SizeMismatch);
        await AssertFaultsAsync(With(new() { Size = 1 << 30, CompressedSize = 1 << 30 }).Build(), ZipFaultKind.SizeMismatch, ZipFaultKind.Gap);
        await AssertFaultsAsync(With(new() { Flags = 1 }).Build(), ZipFaultKind.Encrypted);
        await AssertFaultsAsync(With(new() { Flags = 0x40 }).Build(), ZipFaultKind.Encrypted);
        await AssertFaultsAsync(With(new() { Flags = 0x20 }).Build(), ZipFaultKind.OddFlags);
        await AssertFaultsAsync(With(new() { Method = 99 }).Build(), ZipFaultKind.OddMethod);
        await AssertFaultsAsync(With(new() { Offset = 3 }).Build(), ZipFaultKind.NoLocalHeader, ZipFaultKind.Prefix);
        await AssertFaultsAsync(With(new() { UnixMode = 0xA1FF }).Build(), ZipFaultKind.Link);
        await AssertFaultsAsync(With(new() { UnixMode = 0x21FF }).Build(), ZipFaultKind.Device);
        await AssertFaultsAsync(With(new() { UnixMode = 0x81A4 }).Build());
        await AssertFaultsAsync(With(new() { Flags = 8 }).Build(), ZipFaultKind.NoDescriptor);
        await AssertFaultsAsync(With(new(), "a/").Build(), ZipFaultKind.BadEntry);
        await AssertFaultsAsync(With(new() { Unlisted = true }).Build(), ZipFaultKind.Prefix);
        await AssertFaultsAsync(new ZipBuilder().Add("a", Text).Add("b", Text, new() { Unlisted = true }).Add("c", Text).Build(), ZipFaultKind.Gap);
        await AssertFaultsAsync(new ZipBuilder().Add("a", Text).Add("b", Text, new() { Offset = 0 }).Build(), ZipFaultKind.Overlap, ZipFaultKind.NameMismatch, ZipFaultKind.Gap);
        await AssertFaultsAsync(With(new(), "a/version").Build(), ZipFaultKind.DuplicateName);
        await AssertFaultsAsync(With(new(), "a/Version").Build(), ZipFaultKind.DuplicateCase);
    }

    [Theory]
    [InlineData("../../tmp/x", ZipFaultKind.Traversal)]
    [InlineData("a/../../x", ZipFaultKind.Traversal)]
    [InlineData("..\\x", ZipFaultKind.Traversal)]
    [InlineData("a/.. /x", ZipFaultKind.Traversal)]
    [InlineData("/etc/passwd", ZipFaultKind.AbsoluteName)]
    [InlineData("\\\\host\\share", ZipFaultKind.AbsoluteName)]
    [InlineData("C:\\x", ZipFaultKind.AbsoluteName)]
    [InlineData("c:x", ZipFaultKind.AbsoluteName)]
    [InlineData("a\\b", ZipFaultKind.OddName)]
    [InlineData("a\0.txt", ZipFaultKind.OddName)]
    [InlineData("", ZipFaultKind.OddName)]
    internal Task Names_that_lead_elsewhere_are_faults(string name, ZipFaultKind kind) => AssertFaultsAsync(ZipBuilder.Of((name, Text)), kind);

    [Fact]
    public async Task Ends_that_readers_could_take_for_each_other_are_faults()
    {
        byte[] plain = ZipBuilder.Of(("a", Text));
        byte[] other = ZipBuilder.Of(("other", Text));
        await AssertFaultsAsync([.. plain, .. "tail"u8], ZipFaultKind.Suffix);
        await AssertFaultsAsync([.. "head"u8, .. plain], ZipFaultKind.Prefix);
        await AssertFaultsAsync(new ZipBuilder().Raw("head"u8).Add("a", Text).Build(), ZipFaultKind.Prefix);
        await AssertFaultsAsync([.. plain, .. other], ZipFaultKind.Prefix, ZipFaultKind.SeveralEnds);
        // The second end's offsets fit the first directory too, which is what PyTorch takes.
        await AssertFaultsAsync([.. plain, .. plain], ZipFaultKind.EndMismatch, ZipFaultKind.Gap, ZipFaultKind.SeveralEnds);
        await AssertFaultsAsync(new ZipBuilder().Add("a", Text).Build(comment: other), ZipFaultKind.Prefix, ZipFaultKind.SeveralEnds);
        await AssertFaultsAsync(new ZipBuilder().Add("a", Text).Build(count: 3), ZipFaultKind.EndMismatch);
        await AssertFaultsAsync(new ZipBuilder().Add("a", Text).Build(disk: 1), ZipFaultKind.EndMismatch);
        await AssertFaultsAsync("nothing here"u8.ToArray(), ZipFaultKind.NoEnd);
        await AssertFaultsAsync([], ZipFaultKind.NoEnd);
        // An archive stored in an archive is no rival.
        await AssertFaultsAsync(ZipBuilder.Of(("inner.zip", plain)));
        await AssertFaultsAsync(new ZipBuilder().Add("a", Text).Build(comment: "just words"u8.ToArray()));
    }

    [Fact]
    public async Task Reads_are_bounded_whatever_the_size_of_the_members()
    {
        byte[] head = [.. new ZipBuilder().Add("a/data.pkl", Text).Build()];
        var reader = new HeadOnlyReader(head, head.Length, "a.zip");
        ZipDirectory zip = await ZipDirectory.ReadAsync(reader, CancellationToken.None);
        Assert.Empty(zip.Faults);
        Assert.True(reader.BytesRead < 4 * head.Length + 1000);
    }

    [Fact]
    public async Task Bombs_and_broken_data_are_refused_while_they_inflate()
    {
        byte[] zeros = new byte[100 << 20];
        byte[] bomb = new ZipBuilder().Add("a", zeros, new() { Deflate = true }).Build();
        ZipDirectory zip = await ReadAsync(bomb);
        async Task<string> CodeAsync(ZipDirectory archive, InflationBudget budget) =>
            (await Assert.ThrowsAsync<ModelFormatException>(() => archive.OpenAsync(archive.Members[0], budget, CancellationToken.None))).Code;

        Assert.Equal("BW1423", await CodeAsync(zip, new InflationBudget { MaxBytes = 1 << 20 }));
        Assert.Equal("BW1423", await CodeAsync(zip, new InflationBudget { MaxRatio = 100 }));
        Assert.Equal("BW1422", await CodeAsync(await ReadAsync(new ZipBuilder().Add("a", Text, new() { Deflate = true, Size = 3 }).Build()), new InflationBudget()));
        Assert.Equal("BW1422", await CodeAsync(await ReadAsync(new ZipBuilder().Add("a", Text, new() { Method = 8 }).Build()), new InflationBudget()));
        Assert.Equal("BW1424", await CodeAsync(await ReadAsync(new ZipBuilder().Add("a", Text, new() { Method = 12 }).Build()), new InflationBudget()));

        await using IObjectReader large = await zip.OpenAsync(zip.Members[0], new InflationBudget { MaxHeldBytes = 1 << 20, MaxRatio = int.MaxValue }, CancellationToken.None);
        Assert.Equal(zeros.Length, large.Source.Size);
        byte[] piece = new byte[100];
        foreach (int offset in new[] { 0, zeros.Length - 100, 30 << 20, 5 << 20, 100 })
        {
            piece.AsSpan().Fill(1);
            await large.ReadAsync(offset, piece, CancellationToken.None);
            Assert.All(piece, b => Assert.Equal(0, b));
        }
    }

    [DataFact]
    public async Task Damaged_archives_never_end_in_anything_but_faults()
    {
        byte[] original = await File.ReadAllBytesAsync(SharedData.PathOf("models", "torch-zip", "dtypes", "checkpoint.pt"));
        await ParserFuzz.RunAsync(original, 0, async reader =>
        {
            ZipDirectory zip = await ZipDirectory.ReadAsync(reader, CancellationToken.None);
            foreach (ZipMember member in zip.Members)
            {
                try
                {
                    await using IObjectReader content = await zip.OpenAsync(member, new InflationBudget(), CancellationToken.None);
                }
                catch (ModelFormatException)
                {
                    // Refusals are what is asked for.
                }
            }
        });
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    [InlineData(1L << 62)]
    public async Task An_end_record_that_is_said_to_lie_anywhere_is_a_fault_and_no_crash(long displacement)
    {
        using MemoryStream plain = new();
        using (ZipArchive archive = new(plain, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream entry = archive.CreateEntry("a", CompressionLevel.NoCompression).Open();
            entry.WriteByte(1);
        }

        byte[] zip = plain.ToArray();
        int end = zip.Length - 22;
        byte[] end64 = new byte[56 + 20];
        BinaryPrimitives.WriteUInt32LittleEndian(end64, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(4), 44);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(24), 1);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(32), 1);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(40), BinaryPrimitives.ReadUInt32LittleEndian(zip.AsSpan(end + 12)));
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(48), BinaryPrimitives.ReadUInt32LittleEndian(zip.AsSpan(end + 16)));
        BinaryPrimitives.WriteUInt32LittleEndian(end64.AsSpan(56), 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end64.AsSpan(64), unchecked(end + displacement));
        BinaryPrimitives.WriteInt32LittleEndian(end64.AsSpan(72), 1);
        byte[] bytes = [.. zip[..end], .. end64, .. zip[end..]];
        ZipDirectory directory = await ZipDirectory.ReadAsync(new MemoryReader("m.zip", bytes), CancellationToken.None);
        Assert.NotEmpty(directory.Faults);
    }

    private sealed class UnseekableStream(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }
}
