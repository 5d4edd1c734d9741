using System.Security.Cryptography;
using Bulwark.Encryption;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Tests.Encryption;

/// <summary>No plaintext byte of a segment is released before its tag verified, on any way out of the decryptor.</summary>
public sealed class ReleaseTests
{
    private const int Segments = 4;

    // One segment a run, so that the good segments before a bad one are released; and many segments in one run.
    public static IEnumerable<object[]> SizesAndSegments =>
        from size in new[] { 600_000, 256 }
        from segment in Enumerable.Range(0, Segments)
        select new object[] { size, segment };

    [Theory]
    [MemberData(nameof(SizesAndSegments))]
    public async Task Only_segments_before_the_altered_one_reach_the_sink(int segmentSize, int altered)
    {
        using EncryptedModel model = await Make(segmentSize);
        foreach ((long position, int bit) in Flips(model, altered))
        {
            RecordingSink sink = new();
            EncryptionException refusal = await Assert.ThrowsAsync<EncryptionException>(() => model.DecryptAsync(sink, model.WithFlippedBit(position, bit)));
            Assert.Equal("BW1905", refusal.Code);
            Assert.Contains($"Segment {altered} ", refusal.Message, StringComparison.Ordinal);
            byte[] released = sink.Bytes;
            Assert.Equal(segmentSize == 256 ? 0 : model.Sidecar.Layout.PlaintextOffset(altered), released.Length);
            Assert.True(released.AsSpan().SequenceEqual(model.Plaintext.AsSpan(0, released.Length)));
        }
    }

    [Theory]
    [MemberData(nameof(SizesAndSegments))]
    public async Task A_range_read_leaves_the_buffer_untouched_from_the_altered_segment_on(int segmentSize, int altered)
    {
        using EncryptedModel model = await Make(segmentSize);
        int good = (int)model.Sidecar.Layout.PlaintextOffset(altered);
        foreach ((long position, int bit) in Flips(model, altered))
        {
            using ModelDecryptor decryptor = await model.OpenAsync(model.WithFlippedBit(position, bit));
            byte[] buffer = new byte[model.Plaintext.Length];
            buffer.AsSpan().Fill(0xEE);
            await Assert.ThrowsAsync<EncryptionException>(async () => await decryptor.ReadAsync(0, buffer, CancellationToken.None));
            Assert.True(buffer.AsSpan(0, good).SequenceEqual(model.Plaintext.AsSpan(0, good)));
            Assert.True(buffer.AsSpan(good).IndexOfAnyExcept((byte)0xEE) < 0);

            byte[] one = [0xEE];
            await Assert.ThrowsAsync<EncryptionException>(async () => await decryptor.ReadAsync(good, one, CancellationToken.None));
            Assert.Equal(0xEE, one[0]);
        }
    }

    [Theory]
    [MemberData(nameof(SizesAndSegments))]
    public async Task The_segment_decryptor_zeroes_its_destination_when_the_tag_is_wrong(int segmentSize, int altered)
    {
        using EncryptedModel model = await Make(segmentSize);
        using StreamingKeyset keyset = StreamingKeyset.ParseJson(await model.KeysetJsonAsync());
        SegmentLayout layout = model.Sidecar.Layout;
        int length = layout.PlaintextLengthOf(altered, model.Plaintext.Length);
        foreach ((long position, int bit) in Flips(model, altered))
        {
            byte[] body = model.WithFlippedBit(position, bit), destination = new byte[length];
            using SegmentDecryptor decryptor = new(keyset.Primary, body, "models/a"u8);
            destination.AsSpan().Fill(0xEE);
            Assert.Throws<EncryptionException>(() => decryptor.Decrypt(
                altered, altered == Segments - 1, body.AsSpan((int)layout.CiphertextOffset(altered), length + 16), destination));
            Assert.True(destination.AsSpan().IndexOfAnyExcept((byte)0) < 0);
        }
    }

    [Theory]
    [InlineData(600_000)]
    [InlineData(256)]
    public async Task A_flip_in_the_header_releases_nothing_with_or_without_a_sidecar(int segmentSize)
    {
        using EncryptedModel model = await Make(segmentSize);
        using StreamingKeyset keyset = StreamingKeyset.ParseJson(await model.KeysetJsonAsync());
        for (int position = 0; position < 40; position++)
        {
            byte[] body = model.WithFlippedBit(position, position % 8);
            RecordingSink sink = new();
            await Assert.ThrowsAsync<EncryptionException>(() => model.DecryptAsync(sink, body));
            MemoryObjectStore store = new();
            await using IObjectReader reader = await store.OpenReadAsync(store.Put("c", "m", body), CancellationToken.None);
            await Assert.ThrowsAsync<EncryptionException>(
                () => ModelDecryptor.OpenTinkAsync(reader, keyset, "models/a"u8.ToArray(), CancellationToken.None));
            Assert.Empty(sink.Bytes);
        }
    }

    private static Task<EncryptedModel> Make(int segmentSize) =>
        EncryptedModel.MakeAsync(((Segments - 1) * segmentSize) + (segmentSize / 3), new StreamingAeadParameters(32, segmentSize, HashAlgorithmName.SHA256));

    /// <summary>Every bit of the first ciphertext byte and of the last tag byte; one bit of each other class of position.</summary>
    private static IEnumerable<(long Position, int Bit)> Flips(EncryptedModel model, int segment)
    {
        SegmentLayout layout = model.Sidecar.Layout;
        long start = layout.CiphertextOffset(segment);
        long tag = start + layout.PlaintextLengthOf(segment, model.Plaintext.Length), end = tag + 16;
        for (int bit = 0; bit < 8; bit++)
        {
            yield return (start, bit);
            yield return (end - 1, bit);
        }

        foreach (long position in new[] { start + 1, (start + tag) / 2, tag - 1, tag, tag + 8 })
            yield return (position, (int)(position % 8));
    }
}
