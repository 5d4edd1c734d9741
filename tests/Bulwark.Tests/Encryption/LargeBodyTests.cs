using System.Security.Cryptography;
using Bulwark.Encryption;
using Bulwark.Keys;

namespace Bulwark.Tests.Encryption;

/// <summary>Ranges of a body of 4 GiB and more.</summary>
public sealed class LargeBodyTests
{
    private const string Name = "models/large";
    private const int Segment = 1 << 20;

    [Theory]
    [InlineData(4L << 30)]
    [InlineData((4L << 30) + 1)]
    [InlineData(300L << 30)]
    public async Task A_4_KiB_range_touches_at_most_two_segments(long length)
    {
        using StreamingKeyset keyset = StreamingKeyset.Generate();
        using SegmentEncryptor encryptor = new(keyset.Primary, EnvelopeSidecar.EncodeAssociatedData(Name));
        using SegmentCipher cipher = new(keyset.Primary, encryptor.Header.Span, EnvelopeSidecar.EncodeAssociatedData(Name));
        using KeysetWrappingKey key = KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson());
        EnvelopeSidecar sidecar = await EnvelopeSidecar.CreateAsync(keyset, encryptor, Name, Name, length, new byte[32], [key], CancellationToken.None);
        await using CountingReader body = new(new SynthesizedBody(cipher, encryptor.Header, length), Segment);
        using ModelDecryptor decryptor = await ModelDecryptor.OpenAsync(body, sidecar, [key], Name, CancellationToken.None);
        Assert.Equal([0], body.TakeTouched());

        long second = encryptor.Layout.PlaintextOffset(2), middle = encryptor.Layout.PlaintextOffset(encryptor.Layout.SegmentCount(length) / 2);
        foreach (long offset in new[] { 0, 1, second - 4096, second - 4095, second - 1, second, middle - 2048, middle, (4L << 30) - 5000, length - 4096 })
        {
            byte[] buffer = new byte[4096];
            RandomNumberGenerator.Fill(buffer);
            await decryptor.ReadAsync(offset, buffer, CancellationToken.None);
            Assert.True(buffer.AsSpan().IndexOfAnyExcept((byte)0) < 0);
            Assert.InRange(body.BytesRead, 1, 2 * Segment);
            Assert.InRange(body.TakeTouched().Count, 1, 2);

            RecordingSink sink = new();
            await decryptor.DecryptRangeAsync(offset, 4096, sink.WriteAsync, progress: null, CancellationToken.None);
            Assert.Equal(new byte[4096], sink.Bytes);
            Assert.InRange(body.TakeTouched().Count, 1, 2);
        }
    }
}
