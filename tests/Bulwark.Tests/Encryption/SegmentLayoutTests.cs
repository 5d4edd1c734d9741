using System.Security.Cryptography;
using Bulwark.Encryption;
using CsCheck;

namespace Bulwark.Tests.Encryption;

public sealed class SegmentLayoutTests
{
    private static readonly Gen<SegmentLayout> Layouts =
        Gen.Select(Gen.Bool.Select(b => b ? 16 : 32), Gen.OneOf(Gen.Int[57, 400], Gen.Int[57, int.MaxValue], Gen.Int[0, 2].Select(i => new[] { 4096, 1 << 20, int.MaxValue }[i])))
            .Select((derived, size) => new StreamingAeadParameters(derived, size, HashAlgorithmName.SHA256).Layout);

    [Theory]
    [InlineData(0, 56)]
    [InlineData(1, 57)]
    [InlineData(4039, 4095)]
    [InlineData(4040, 4096)]
    [InlineData(4041, 4113)]
    [InlineData(4040 + 4080, 8192)]
    [InlineData(4040 + 4081, 8209)]
    [InlineData(12200, 12288)]
    public void Lengths_are_those_Tink_gives_for_4_KiB_segments(long plaintext, long ciphertext)
    {
        SegmentLayout layout = StreamingAeadParameters.Aes256GcmHkdf4KB.Layout;
        Assert.Equal(ciphertext, layout.CiphertextLength(plaintext));
        Assert.Equal(plaintext, layout.PlaintextLength(ciphertext));
    }

    [Fact]
    public void The_length_of_the_body_and_of_the_plaintext_give_each_other()
    {
        Gen.Select(Layouts, Gen.OneOf(Gen.Long[0, 5000], Gen.Long[0, 1L << 36])).Sample((layout, length) =>
        {
            length = Math.Min(length, (SegmentLayout.MaximumSegments - 1) * layout.Capacity);
            Assert.Equal(length, layout.PlaintextLength(layout.CiphertextLength(length)));
        });
    }

    [Fact]
    public void Segments_tile_the_plaintext_and_the_body_without_holes()
    {
        Gen.Select(Layouts.Where(l => l.SegmentSize < 500), Gen.Int[0, 5000]).Sample((layout, length) =>
        {
            long count = layout.SegmentCount(length), plaintext = 0, ciphertext = layout.HeaderLength;
            for (long i = 0; i < count; i++)
            {
                Assert.Equal(plaintext, layout.PlaintextOffset(i));
                Assert.Equal(ciphertext, layout.CiphertextOffset(i));
                int inSegment = layout.PlaintextLengthOf(i, length);
                Assert.True(inSegment > 0 || (length == 0 && count == 1));
                if (inSegment > 0)
                {
                    Assert.Equal(i, layout.SegmentAt(plaintext));
                    Assert.Equal(i, layout.SegmentAt(plaintext + inSegment - 1));
                }

                plaintext += inSegment;
                ciphertext += inSegment + SegmentLayout.TagLength;
                Assert.True(i == count - 1 || ciphertext == (i + 1) * layout.SegmentSize);
            }

            Assert.Equal(length, plaintext);
            Assert.Equal(layout.CiphertextLength(length), ciphertext);
        }, iter: 200);
    }

    [Fact]
    public void A_body_length_that_no_plaintext_has_is_refused()
    {
        SegmentLayout layout = new StreamingAeadParameters(32, 100, HashAlgorithmName.SHA256).Layout;
        HashSet<long> possible = [.. Enumerable.Range(0, 400).Select(n => layout.CiphertextLength(n))];
        for (long length = 0; length < 400; length++)
        {
            if (possible.Contains(length))
                Assert.Equal(length, layout.CiphertextLength(layout.PlaintextLength(length)));
            else
                Assert.Equal("BW1903", Assert.Throws<EncryptionException>(() => layout.PlaintextLength(length)).Code);
        }
    }

    [Fact]
    public void Two_to_the_32_segments_are_the_most()
    {
        SegmentLayout layout = StreamingAeadParameters.Aes256GcmHkdf1MB.Layout;
        long most = layout.FirstCapacity + ((SegmentLayout.MaximumSegments - 1) * layout.Capacity);
        Assert.Equal(SegmentLayout.MaximumSegments, layout.SegmentCount(most));
        Assert.Equal(1L << 52, layout.CiphertextLength(most));
        Assert.Equal(most, layout.PlaintextLength(1L << 52));
        Assert.Equal("BW1914", Assert.Throws<EncryptionException>(() => layout.SegmentCount(most + 1)).Code);
        Assert.Equal("BW1914", Assert.Throws<EncryptionException>(() => layout.PlaintextLength((1L << 52) + 17)).Code);
        Gen.Select(Layouts, Gen.Long[0, long.MaxValue]).Sample((any, length) =>
        {
            try
            {
                Assert.InRange(any.CiphertextLength(length), length, long.MaxValue);
                Assert.InRange(any.PlaintextLength(length), 0, length);
            }
            catch (EncryptionException)
            {
            }
        });
        Assert.Equal("BW1914", Assert.Throws<EncryptionException>(() => layout.CiphertextLength(long.MaxValue)).Code);
        Assert.Equal("BW1914", Assert.Throws<EncryptionException>(() => layout.PlaintextLength(long.MaxValue)).Code);
    }
}
