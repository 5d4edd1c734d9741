using System.Text;
using Bulwark.Models;
using Bulwark.Models.Compression;
using Bulwark.Models.Zip;
using Bulwark.Storage;
using Bulwark.Tests.Fuzzing;

namespace Bulwark.Tests.Models.Compression;

/// <summary>The decompressors against the programs that compress.</summary>
public sealed class DecoderTests
{
    private static readonly (string Format, string Expression)[] Writers =
    [
        ("xz", "lzma.compress(d)"),
        ("xz", "lzma.compress(d, preset=9, check=lzma.CHECK_SHA256)"),
        ("xz", "lzma.compress(d, preset=0, check=lzma.CHECK_NONE)"),
        ("xz", "lzma.compress(d[:70000]) + lzma.compress(d[70000:])"),
        ("lzma", "lzma.compress(d, format=lzma.FORMAT_ALONE)"),
        ("bzip2", "bz2.compress(d, 1)"),
        ("bzip2", "bz2.compress(d)"),
        ("bzip2", "bz2.compress(d[:1000]) + bz2.compress(d[1000:])"),
        ("zlib", "zlib.compress(d)"),
        ("gzip", "gzip.compress(d)"),
        ("gzip", "gzip.compress(d[:5]) + gzip.compress(d[5:])"),
    ];

    private static readonly string[][] Lz4Options = [["-1"], ["-9"], ["-BD", "-B4"], ["-BX", "-B7"], ["--no-frame-crc"], ["--content-size"]];

    private static IEnumerable<byte[]> Contents()
    {
        var random = new Random(7);
        yield return [];
        yield return [42];
        yield return Encoding.ASCII.GetBytes("posix\nsystem\n(echo pwned");
        byte[] noise = new byte[100_000];
        random.NextBytes(noise);
        yield return noise;
        yield return new byte[300_000];
        // Text with repeats near and far, and runs of all lengths.
        var text = new StringBuilder();
        for (int i = 0; i < 60_000; i++)
            text.Append(random.Next(4) switch { 0 => new string((char)('a' + random.Next(26)), random.Next(1, 300)), 1 => text.ToString(Math.Max(0, text.Length - 5000), Math.Min(text.Length, random.Next(40))), _ => "weight" + random.Next(100) });
        yield return Encoding.ASCII.GetBytes(text.ToString());
        yield return [.. noise, .. noise, .. new byte[1000], .. noise];
    }

    private static async Task<byte[]> InflateAsync(byte[] compressed, string? expected = null)
    {
        CompressedFormat format = Assert.IsType<CompressedFormat>(CompressedFormat.Of(compressed));
        if (expected is not null)
            Assert.Equal(expected, format.Name);
        await using IObjectReader content = await Inflated.OpenAsync(new MemoryReader("x", compressed), format.Decoder, new InflationBudget { MaxRatio = int.MaxValue, MaxHeldBytes = 64 << 20 }, null, CancellationToken.None);
        byte[] bytes = new byte[content.Source.Size];
        await content.ReadAsync(0, bytes, CancellationToken.None);
        return bytes;
    }

    [Fact]
    public async Task What_Python_compresses_is_decompressed()
    {
        foreach (byte[] content in Contents())
        {
            foreach ((string format, string expression) in Writers)
            {
                if (ForeignProgram.Python(content, expression) is { } compressed)
                    Assert.True((await InflateAsync(compressed, format)).AsSpan().SequenceEqual(content), $"{expression} of {content.Length}");
            }
        }
    }

    [Fact]
    public void What_Python_filtered_as_x86_code_is_as_it_was()
    {
        var random = new Random(11);
        byte[] calls = new byte[200_000];
        for (int i = 0; i < calls.Length; i++)
            calls[i] = random.Next(5) switch { 0 => 0xE8, 1 => 0xE9, 2 => 0, 3 => 0xFF, _ => (byte)random.Next(256) };
        foreach (byte[] content in Contents().Append(calls).Append(calls[..7]))
        {
            // Through the filter and raw LZMA2, then LZMA2 alone: what is left is what the filter made of it.
            string filtered = "lzma.decompress(lzma.compress(d, lzma.FORMAT_RAW, filters=[{'id': lzma.FILTER_X86}, {'id': lzma.FILTER_LZMA2}]), lzma.FORMAT_RAW, filters=[{'id': lzma.FILTER_LZMA2}])";
            if (ForeignProgram.Python(content, filtered) is not { } bytes)
                return;
            using var undone = new MemoryStream();
            using (X86BranchStream stream = new(new MemoryStream(bytes)))
                stream.CopyTo(undone);
            Assert.True(undone.ToArray().AsSpan().SequenceEqual(content), $"{content.Length} bytes");
        }
    }

    [Fact]
    public async Task What_lz4_compresses_is_decompressed()
    {
        foreach (byte[] content in Contents())
        {
            foreach (string[] options in Lz4Options)
            {
                if (ForeignProgram.Pipe(content, "lz4", [.. options, "-c", "-z", "-q"]) is { } compressed)
                    Assert.True((await InflateAsync(compressed, "lz4")).AsSpan().SequenceEqual(content), $"{string.Join(' ', options)} of {content.Length}");
            }
        }
    }

    [Fact]
    public async Task Damaged_streams_are_refused_or_decompressed_within_bounds()
    {
        byte[] content = [.. Enumerable.Range(0, 4000).Select(i => (byte)(i * i >> 5))];
        foreach ((_, string expression) in Writers)
        {
            if (ForeignProgram.Python(content, expression) is not { } compressed)
                return;
            CompressedFormat format = CompressedFormat.Of(compressed)!;
            await ParserFuzz.RunAsync(compressed, 0, async reader =>
            {
                await using IObjectReader inner = await Inflated.OpenAsync(reader, format.Decoder, new InflationBudget { MaxBytes = 16 << 20 }, null, CancellationToken.None);
            });
        }
    }

    [Fact]
    public async Task Damaged_lz4_frames_are_refused_or_decompressed_within_bounds()
    {
        byte[] content = [.. Enumerable.Range(0, 4000).Select(i => (byte)(i * i >> 5))];
        if (ForeignProgram.Pipe(content, "lz4", "-c", "-z", "-q") is not { } compressed)
            return;
        await ParserFuzz.RunAsync(compressed, 0, async reader =>
        {
            await using IObjectReader inner = await Inflated.OpenAsync(reader, static s => new Lz4FrameStream(s), new InflationBudget { MaxBytes = 16 << 20 }, null, CancellationToken.None);
        });
    }

    [Fact]
    public async Task A_window_larger_than_is_held_is_not_followed_but_said()
    {
        // Declared far beyond what is there: harmless, and nothing is allocated for it.
        if (ForeignProgram.Python([1, 2, 3], "lzma.compress(d, format=lzma.FORMAT_ALONE, filters=[{'id': lzma.FILTER_LZMA1, 'dict_size': 1 << 30}])") is { } huge)
            Assert.Equal([1, 2, 3], await InflateAsync(huge, "lzma"));
        if (ForeignProgram.Python(new byte[100], "lzma.compress(d, filters=[{'id': lzma.FILTER_DELTA, 'dist': 4}, {'id': lzma.FILTER_LZMA2}])") is { } delta)
            Assert.Equal("BW1424", (await Assert.ThrowsAsync<ModelFormatException>(() => InflateAsync(delta))).Code);
    }
}
