using System.Buffers.Binary;
using System.IO.Hashing;
using Bulwark.Models;
using Bulwark.Storage;
using CsCheck;

namespace Bulwark.Tests.Models;

/// <summary>Checksums in a file are compared and rewritten while its bytes stream by, wherever they stand and however the stream is cut.</summary>
public sealed class ChecksumTests
{
    private static readonly ObjectRef Source = new("memory", "m", "m", "v1", 0);

    /// <summary>A file of ranges with places ahead of them and behind them, in a row with gaps.</summary>
    private static readonly Gen<(byte[] Bytes, ChecksummedRange[] Ranges)> Files =
        Gen.Select(Gen.Select(Gen.Int[0, 5], Gen.Int[0, 90], Gen.Int[0, 2], Gen.Int[0, 2]).Array[0, 8], Gen.Int[0, 1000]).Select((members, seed) =>
        {
            List<ChecksummedRange> ranges = [];
            long at = 0;
            foreach ((int gap, int length, int ahead, int behind) in members)
            {
                long start = at + gap;
                List<long> places = [.. Enumerable.Range(0, ahead).Select(i => start + (4 * i))];
                long data = start + (4 * ahead);
                places.AddRange(Enumerable.Range(0, behind).Select(i => data + length + (4 * i)));
                ranges.Add(new ChecksummedRange($"r{ranges.Count}", data, length, places));
                at = data + length + (4 * behind);
            }

            byte[] bytes = new byte[at + 3];
            new Random(seed).NextBytes(bytes);
            return (bytes, ranges.ToArray());
        });

    private static readonly Gen<(byte[] Bytes, ChecksummedRange[] Ranges, int Piece)> Streams = Gen.Select(Files, Gen.Int[1, 40]).Select((f, p) => (f.Bytes, f.Ranges, p));

    [Fact]
    public void Rewritten_checksums_are_those_of_the_edited_bytes_and_nothing_else_changes() => Streams.Sample((bytes, ranges, piece) =>
    {
        byte[] edited = Rewrite(bytes, ranges, piece, edit: true);
        byte[] expected = [.. bytes];
        foreach (ChecksummedRange range in ranges)
            Edit(expected.AsSpan((int)range.Offset, (int)range.Length));
        foreach (ChecksummedRange range in ranges)
        {
            foreach (long place in range.StoredAt)
                BinaryPrimitives.WriteUInt32LittleEndian(expected.AsSpan((int)place), Crc32.HashToUInt32(expected.AsSpan((int)range.Offset, (int)range.Length)));
        }

        Assert.Equal(expected, edited);
        Read(edited, ranges, piece).ThrowIfWrong("m");
    });

    [Fact]
    public void A_wrong_bit_in_a_range_or_in_a_stored_checksum_is_found() => Gen.Select(Streams, Gen.Int[0, int.MaxValue]).Sample((stream, choice) =>
    {
        (byte[] bytes, ChecksummedRange[] ranges, int piece) = stream;
        byte[] good = Rewrite(bytes, ranges, piece, edit: false);
        long[] covered = [.. ranges.Where(r => r.StoredAt.Count > 0).SelectMany(r => r.StoredAt.SelectMany(p => Enumerable.Range(0, 4).Select(i => p + i)).Concat(Enumerable.Range(0, (int)r.Length).Select(i => r.Offset + i)))];
        if (covered.Length == 0)
            return;
        good[covered[choice % covered.Length]] ^= (byte)(1 << (choice % 8));
        Assert.Equal("BW1427", Assert.Throws<ModelFormatException>(() => Read(good, ranges, piece).ThrowIfWrong("m")).Code);
    });

    [Fact]
    public void Bytes_that_are_not_those_of_the_pass_before_are_refused()
    {
        ChecksummedRange[] ranges = [new("r", 4, 8, [0])];
        RangeSums sums = new(ranges);
        sums.Add(0, new byte[12]);
        byte[] changed = new byte[12];
        changed[7] = 1;
        ChecksumWriter writer = new(Source, ranges, sums);
        Assert.Equal("BW1004", Assert.Throws<StorageException>(() => writer.Rewrite(new FileWindow(0, 12, []), changed)).Code);
    }

    [Fact]
    public void Ranges_beyond_four_gigabytes_are_summed_where_they_lie()
    {
        const long Far = 5L << 30;
        ChecksummedRange[] ranges = [new("r", Far + 2, 9, [Far + 12])];
        byte[] content = [.. Enumerable.Range(0, 20).Select(i => (byte)i)];
        RangeSums sums = new(ranges);
        sums.Add(Far - 100, new byte[100]);
        sums.Add(Far, content);
        Assert.Equal(Crc32.HashToUInt32(content.AsSpan(2, 9)), sums[0]);
        new ChecksumWriter(Source, ranges, null).Rewrite(new FileWindow(Far, 20, []), content);
        Assert.Equal(sums[0], BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(12)));
    }

    private static byte[] Rewrite(byte[] bytes, ChecksummedRange[] ranges, int piece, bool edit)
    {
        ChecksummedRange[] ahead = [.. ranges.Where(r => r.IsStoredAhead)];
        RangeSums sums = new(ahead);
        foreach ((FileWindow window, byte[] content) in Pieces(bytes, ranges, piece, edit))
            sums.Add(window.Offset, content);
        ChecksumWriter writer = new(Source, ranges, ahead.Length > 0 ? sums : null);
        List<byte> written = [];
        foreach ((FileWindow window, byte[] content) in Pieces(bytes, ranges, piece, edit))
        {
            writer.Rewrite(window, content);
            written.AddRange(content);
        }

        return [.. written];
    }

    private static ChecksumReader Read(byte[] bytes, ChecksummedRange[] ranges, int piece)
    {
        ChecksumReader reader = new(ranges);
        foreach ((FileWindow window, byte[] content) in Pieces(bytes, ranges, piece, edit: false))
            reader.Add(window, content);
        return reader;
    }

    private static IEnumerable<(FileWindow Window, byte[] Content)> Pieces(byte[] bytes, ChecksummedRange[] ranges, int piece, bool edit)
    {
        byte[] edited = [.. bytes];
        foreach (ChecksummedRange range in edit ? ranges : [])
            Edit(edited.AsSpan((int)range.Offset, (int)range.Length));
        for (int at = 0; at < edited.Length; at += piece)
        {
            byte[] content = edited[at..Math.Min(edited.Length, at + piece)];
            yield return (new FileWindow(at, content.Length, []), content);
        }
    }

    private static void Edit(Span<byte> bytes)
    {
        foreach (ref byte value in bytes)
            value = (byte)((value * 7) + 1);
    }
}
