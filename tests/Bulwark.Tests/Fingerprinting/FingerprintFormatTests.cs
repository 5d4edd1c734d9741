using System.Buffers.Binary;
using System.Security.Cryptography;
using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Tests.Watermarking;
using CsCheck;

namespace Bulwark.Tests.Fingerprinting;

/// <summary>The 1,600 bytes, read strictly.</summary>
public sealed class FingerprintFormatTests
{
    private static readonly ModelFingerprint Model = Fingerprints.Of(TestModel.Gaussian(DType.F32, 1, [[100, 160], [64, 96]]));
    private static readonly byte[] Good = Model.Robust.ToBytes();

    [Fact]
    public void What_is_written_stands_where_the_table_says()
    {
        Assert.Equal(1600, Good.Length);
        Assert.Equal("BWKFPRNT"u8.ToArray(), Good[..8]);
        Assert.Equal(1, BinaryPrimitives.ReadUInt16LittleEndian(Good.AsSpan(8)));
        Assert.Equal(7, BinaryPrimitives.ReadUInt16LittleEndian(Good.AsSpan(10)));
        Assert.Equal(256u, BinaryPrimitives.ReadUInt32LittleEndian(Good.AsSpan(12)));
        Assert.Equal(16_000u + 6_144u, BinaryPrimitives.ReadUInt64LittleEndian(Good.AsSpan(16)));
        Assert.Equal(Model.Exact.ContentRoot.ToArray()[..16], Good[24..40]);
        Assert.Equal(Model.Exact.NamedRoot.ToArray()[..16], Good[40..56]);
        Assert.Equal(new byte[8], Good[56..64]);
        Assert.Equal(Model.Robust.A.ToArray(), Good[64..96]);
        Assert.Equal(new byte[1088 - 96], Good[96..1088]);
        Assert.Equal(Model.Robust.B.ToArray(), Good[1088..1340]);
        Assert.Equal(Model.Robust.C.ToArray(), Good[1340..1592]);
        Assert.Equal(SHA256.HashData(Good[..1592])[..8], Good[1592..]);
    }

    [Fact]
    public void What_is_written_is_read_back() => Assert.Equal(Good, RobustFingerprint.Parse("f", Good).ToBytes());

    [Fact]
    public void Every_flipped_bit_and_every_other_length_is_refused()
    {
        for (int i = 0; i < Good.Length; i++)
        {
            byte[] bad = [.. Good];
            bad[i] ^= (byte)(1 << (i % 8));
            Assert.Throws<FingerprintException>(() => RobustFingerprint.Parse("f", bad));
            Assert.Throws<FingerprintException>(() => RobustFingerprint.Parse("f", Good.AsSpan(0, i)));
        }

        Assert.Equal("BW1701", Assert.Throws<FingerprintException>(() => RobustFingerprint.Parse("f", [.. Good, 0])).Code);
    }

    [Theory]
    [InlineData(8, 2, "BW1703")]
    [InlineData(10, 8, "BW1701")]
    [InlineData(11, 1, "BW1701")]
    [InlineData(12, 1, "BW1701")]
    [InlineData(15, 0x80, "BW1701")]
    [InlineData(23, 0x80, "BW1701")]
    [InlineData(19, 1, "BW1701")]
    [InlineData(56, 1, "BW1701")]
    [InlineData(63, 1, "BW1701")]
    [InlineData(96, 1, "BW1701")]
    [InlineData(1087, 0x80, "BW1701")]
    public void A_field_out_of_its_range_is_refused_though_the_checksum_fits(int at, byte value, string code)
    {
        byte[] bad = [.. Good];
        bad[at] = value;
        Assert.Equal(code, Assert.Throws<FingerprintException>(() => RobustFingerprint.Parse("f", Sum(bad))).Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_part_that_says_nothing_has_no_bits(byte part)
    {
        byte[] bad = [.. Good];
        bad[10] ^= part;
        Assert.Equal("BW1701", Assert.Throws<FingerprintException>(() => RobustFingerprint.Parse("f", Sum(bad))).Code);
    }

    [Fact]
    public void Hostile_bytes_are_refused_or_mean_what_they_say() => Gen.Select(Gen.Int[0, 1599], Gen.Byte).Array[1, 6].Sample(changes =>
    {
        byte[] bytes = [.. Good];
        foreach ((int at, byte value) in changes)
            bytes[at] = value;
        Sum(bytes);
        try
        {
            RobustFingerprint read = RobustFingerprint.Parse("f", bytes);
            Assert.Equal(bytes, read.ToBytes());
            FingerprintComparison comparison = FingerprintComparison.Of(read, Model.Robust);
            Assert.True(comparison.A is null or (>= 0 and <= 1));
        }
        catch (FingerprintException)
        {
        }
    });

    private static byte[] Sum(byte[] bytes)
    {
        SHA256.HashData(bytes.AsSpan(0, 1592)).AsSpan(0, 8).CopyTo(bytes.AsSpan(1592));
        return bytes;
    }
}
