using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Bulwark.Models;

namespace Bulwark.Tests.Models;

/// <summary>A file is what its content says; its name can only make the answer stricter.</summary>
public sealed class IdentificationTests
{
    private const long GiB = 1L << 30;

    private static byte[] Head(ulong declared, string text)
    {
        byte[] head = new byte[8 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt64LittleEndian(head, declared);
        Encoding.UTF8.GetBytes(text, head.AsSpan(8));
        return head;
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("MODEL.SafeTensors")]
    [InlineData("model.bin")]
    [InlineData("notes.txt")]
    public async Task A_safetensors_file_is_one_under_any_name(string name)
    {
        (ModelFile? file, _) = await new HeadOnlyReader(Head(2, "{}"), name).TryOpenAsync();
        Assert.Equal("safetensors", file?.Format);
    }

    [Theory]
    [InlineData("", "BW1401")]
    [InlineData("0500", "BW1401")]
    [InlineData("0200000000000000", "BW1401")]
    [InlineData("504B0304140000000800000000000000", "BW1402")] // a zip: the length it would declare is absurd
    [InlineData("80024B2A2E00000000", "BW1402")] // a pickle
    [InlineData("00000000000000007B7D", "BW1401")]
    [InlineData("01000000000000007B7D", "BW1401")]
    [InlineData("020000000000000020207B7D", "BW1401")]
    [InlineData("04000000000000000A207B7D", "BW1401")]
    [InlineData("0200000000000000EFBBBF7B7D", "BW1401")] // a byte order mark
    [InlineData("02000000000000005B5D", "BW1401")]
    public async Task What_is_named_safetensors_and_is_not_is_refused_and_under_another_name_stays_opaque(string hex, string code)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.Equal((null, code), await new HeadOnlyReader(bytes, "dir/model.safetensors").TryOpenAsync());
        Assert.Equal((null, code), await new HeadOnlyReader(bytes, "MODEL.SAFETENSORS").TryOpenAsync());
        (ModelFile? file, string? unnamed) = await new HeadOnlyReader(bytes).TryOpenAsync();
        bool spaced = hex.StartsWith("0400000000000000", StringComparison.Ordinal);
        // A zip and a pickle are read as such under any other name.
        bool zip = hex.StartsWith("504B", StringComparison.Ordinal), pickle = hex.StartsWith("8002", StringComparison.Ordinal);
        Assert.Equal(spaced ? "BW1401" : zip ? "BW1420" : null, unnamed);
        Assert.Equal(spaced || zip ? null : pickle ? "pickle" : "opaque", file?.Format);
    }

    [Fact]
    public async Task Safetensors_cut_short_inside_its_header_is_refused_under_any_name()
    {
        byte[] cut = Head(1000, """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""");
        Assert.Equal((null, "BW1403"), await new HeadOnlyReader(cut).TryOpenAsync());
        Assert.Equal((null, "BW1403"), await new HeadOnlyReader(cut, "model.safetensors").TryOpenAsync());
    }

    [Fact]
    public async Task A_header_at_the_limit_is_read_and_one_above_it_is_refused_under_any_name()
    {
        // 100 MB of header, nearly all of it padding; never more than a piece in memory.
        var padded = new HeadOnlyReader(Head(SafetensorsFile.MaxHeaderLength, "{}"), 8L + SafetensorsFile.MaxHeaderLength, "model.bin", (byte)' ');
        ModelFile file = await ModelFile.OpenAsync(padded, CancellationToken.None);
        Assert.Empty(file.Tensors);
        Assert.True(padded.LargestRead <= 1 << 20);

        byte[] above = Head(SafetensorsFile.MaxHeaderLength + 1, "{}");
        Assert.Equal((null, "BW1402"), await new HeadOnlyReader(above, GiB, "model.bin").TryOpenAsync());
        Assert.Equal((null, "BW1402"), await new HeadOnlyReader(above, GiB, "model.safetensors").TryOpenAsync());
        Assert.Equal((null, "BW1402"), await new HeadOnlyReader(Head(ulong.MaxValue, "{}"), "model.safetensors").TryOpenAsync());
        Assert.Equal((null, "BW1402"), await new HeadOnlyReader(Head(long.MaxValue - 7, "{}"), "model.safetensors").TryOpenAsync());
    }

    [Fact]
    public async Task A_claim_of_100_MB_on_a_short_file_is_refused_from_its_first_bytes()
    {
        var reader = new HeadOnlyReader(Head(SafetensorsFile.MaxHeaderLength, "{\"a\":"), 1000, "model.safetensors");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal((null, "BW1403"), await reader.TryOpenAsync());
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        Assert.Equal(64, reader.BytesRead);
    }

    [Fact]
    public async Task A_sparse_file_of_8_GiB_is_mapped_without_reading_its_tensors()
    {
        byte[] head = SafetensorsWriter.WriteHeader([("w", DType.F32, [1 << 16, 1 << 15])]);
        var reader = new HeadOnlyReader(head, head.Length + (8 * GiB), "model.safetensors");
        ModelFile file = await ModelFile.OpenAsync(reader, CancellationToken.None);
        Assert.Equal(8 * GiB, Assert.Single(file.Tensors).Length);
        Assert.True(reader.BytesRead <= 64 + head.Length);
        Assert.Same(reader, file.Reader);
    }

    [Fact]
    public async Task The_header_is_read_the_same_wherever_a_piece_of_it_ends()
    {
        // Ten thousand tensors make a header longer than one piece, so that pieces end inside names, numbers and escapes.
        var tensors = Enumerable.Range(0, 20_000)
            .Select(i => ($"layer.{i}.\u00e9\"\\{new string((char)('a' + (i % 26)), i % 97)}", DType.U8, ImmutableArray.Create((long)(i % 5)))).ToList();
        byte[] head = SafetensorsWriter.WriteHeader(tensors);
        Assert.True(head.Length > 2 << 20);
        ModelFile file = await ModelFile.OpenAsync(new HeadOnlyReader(head, head.Length + tensors.Sum(t => t.Item3[0]), "m"), CancellationToken.None);
        Assert.Equal(tensors.Select(t => (t.Item1, t.Item3[0])).Order(), file.Tensors.Select(t => (t.Name, t.Length)).Order());
    }

    [Fact]
    public async Task Cancellation_is_honoured()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ModelFile.OpenAsync(new HeadOnlyReader(Head(2, "{}")), source.Token));
    }
}
