using Bulwark.Models;
using Bulwark.Models.Gguf;

namespace Bulwark.Tests.Models.Gguf;

/// <summary>Decodes blocks made by hand, and holds the fast index arithmetic to a transcription of each layout in its own words.</summary>
public sealed class DequantizerTests
{
    private static byte[] F16(float value) => BitConverter.GetBytes((Half)value);

    private static float[] Decode(DType dtype, byte[] block)
    {
        float[] values = new float[dtype.BlockElements()];
        Dequantizer.Decode(dtype, block, values);
        return values;
    }

    private static byte[] Random(DType dtype, int seed, params int[] halves)
    {
        byte[] block = new byte[dtype.BlockBytes()];
        new Random(seed).NextBytes(block);
        foreach (int at in halves)
            F16(0.5f + at).CopyTo(block, at);
        return block;
    }

    [Fact]
    public void Legacy_blocks_hold_scale_and_nibbles()
    {
        byte[] nibbles = [.. Enumerable.Range(0, 16).Select(i => (byte)(i | (15 - i) << 4))];
        Assert.Equal([.. Enumerable.Range(0, 16).Select(i => 0.5f * (i - 8)), .. Enumerable.Range(0, 16).Select(i => 0.5f * (7 - i))], Decode(DType.Q4_0, [.. F16(0.5f), .. nibbles]));
        Assert.Equal([.. Enumerable.Range(0, 16).Select(i => (0.5f * i) + 3), .. Enumerable.Range(0, 16).Select(i => (0.5f * (15 - i)) + 3)], Decode(DType.Q4_1, [.. F16(0.5f), .. F16(3), .. nibbles]));
        byte[] high = BitConverter.GetBytes(0x0001_8001u);
        float[] five = Decode(DType.Q5_0, [.. F16(1), .. high, .. nibbles]);
        Assert.Equal((0f, -15f, 15f, 15f, -2f), (five[0], five[1], five[15], five[16], five[17]));
        float[] shifted = Decode(DType.Q5_1, [.. F16(1), .. F16(100), .. high, .. nibbles]);
        Assert.Equal((116f, 101f, 131f, 131f, 114f), (shifted[0], shifted[1], shifted[15], shifted[16], shifted[17]));
        byte[] signed = [.. Enumerable.Range(0, 32).Select(i => (byte)(sbyte)(i - 16))];
        Assert.Equal(Enumerable.Range(0, 32).Select(i => 2f * (i - 16)), Decode(DType.Q8_0, [.. F16(2), .. signed]));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => 2f * (i - 16)), Decode(DType.Q8_1, [.. F16(2), 0, 0, .. signed]));
        Assert.Equal([-254f, -208f], Decode(DType.IQ4_NL, [.. F16(2), 0x00, 0x01, .. new byte[14]])[..2]);
        float[] mx = Decode(DType.MXFP4, [128, 0xF2, 0x60, .. new byte[14]]);
        Assert.Equal((2f, -12f, 8f), (mx[0], mx[16], mx[17]));
        Assert.Equal([1f, -1f, 1f, 1f], Decode(DType.Q1_0, [.. F16(1), 0b1101, .. new byte[15]])[..4]);
        Assert.Equal([-1f, 0f, 1f, 2f], Decode(DType.Q2_0, [.. F16(1), 0b11100100, .. new byte[15]])[..4]);
        float[] nv = Decode(DType.NVFP4, [0x38, 0x40, 0x00, 0x7F, .. Enumerable.Repeat((byte)0x22, 32)]);
        Assert.Equal((1f, 2f, 0f, 0f), (nv[0], nv[16], nv[32], nv[48]));
    }

    [Fact]
    public void Plain_numbers_decode_to_themselves()
    {
        Assert.Equal([1.5f], Decode(DType.F16, F16(1.5f)));
        Assert.Equal([1.5f], Decode(DType.BF16, [0xC0, 0x3F]));
        Assert.Equal([1.5f], Decode(DType.F32, BitConverter.GetBytes(1.5f)));
        Assert.Equal([1.5f], Decode(DType.F64, BitConverter.GetBytes(1.5d)));
    }

    [Fact]
    public void Super_blocks_decode_as_the_reference_walks_them()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            byte[] q2 = Random(DType.Q2_K, seed, 80, 82);
            Assert.Equal(Q2K(q2), Decode(DType.Q2_K, q2));
            byte[] q3 = Random(DType.Q3_K, seed, 108);
            Assert.Equal(Q3K(q3), Decode(DType.Q3_K, q3));
            byte[] q4 = Random(DType.Q4_K, seed, 0, 2);
            Assert.Equal(Q45K(q4, 16, null), Decode(DType.Q4_K, q4));
            byte[] q5 = Random(DType.Q5_K, seed, 0, 2);
            Assert.Equal(Q45K(q5, 48, 16), Decode(DType.Q5_K, q5));
            byte[] q6 = Random(DType.Q6_K, seed, 208);
            Assert.Equal(Q6K(q6), Decode(DType.Q6_K, q6));
        }
    }

    [Fact]
    public void Ternary_and_table_super_blocks_decode()
    {
        // 3^-1 and its multiples in fixed point: digit 2 in the first place reads as 2, then x - 1.
        byte[] tq1 = [.. Enumerable.Repeat((byte)171, 52), .. F16(4)];
        float[] ternary = Decode(DType.TQ1_0, tq1);
        Assert.All(ternary[..32], v => Assert.Equal(4f, v));
        Assert.All(ternary, v => Assert.Contains(v, new[] { -4f, 0f, 4f }));
        byte[] tq2 = [.. Enumerable.Repeat((byte)0b10_01_00_11, 64), .. F16(4)];
        float[] pairs = Decode(DType.TQ2_0, tq2);
        Assert.Equal((8f, -4f, 0f, 4f, 8f), (pairs[0], pairs[32], pairs[64], pairs[96], pairs[128]));
        byte[] iq4 = [.. F16(1), 0, 0, 0x21, 0x43, 0x21, 0x43, .. new byte[128]];
        float[] table = Decode(DType.IQ4_XS, iq4);
        Assert.Equal((-127f * (1 - 32), -127f * (2 - 32), -127f * (3 - 32)), (table[0], table[32], table[64]));
        byte[] q8 = [.. BitConverter.GetBytes(0.25f), .. Enumerable.Repeat((byte)0xFC, 256), .. new byte[32]];
        Assert.All(Decode(DType.Q8_K, q8), v => Assert.Equal(-1f, v));
    }

    [Fact]
    public void What_cannot_be_decoded_says_so()
    {
        Assert.False(Dequantizer.CanDecode(DType.IQ2_XXS));
        Assert.False(Dequantizer.CanDecode(DType.I32));
        Assert.Throws<ArgumentException>(() => Dequantizer.Decode(DType.IQ1_S, new byte[50], new float[256]));
        Assert.Throws<ArgumentException>(() => Dequantizer.Decode(DType.Q4_0, new byte[17], new float[32]));
        Assert.Throws<ArgumentException>(() => Dequantizer.Decode(DType.Q4_0, new byte[18], new float[31]));
    }

    [Fact]
    public void Every_type_knows_its_block()
    {
        foreach (DType dtype in Enum.GetValues<DType>())
        {
            Assert.True(dtype.BlockElements() > 0 && dtype.BlockBytes() > 0, dtype.ToString());
            Assert.Equal(dtype < DType.Q4_0, dtype.BitWidth() > 0);
            Assert.True(dtype.TryByteLength(0, out long none) && none == 0);
            Assert.False(dtype.TryByteLength(-1, out _));
            Assert.True(dtype.TryByteLength(dtype.BlockElements() * 3L, out long three) && three == dtype.BlockBytes() * 3L);
            Assert.Equal(dtype.BlockElements() == 1, dtype.TryByteLength(dtype.BlockElements() + 1, out _));
        }

        Assert.False(DType.F64.TryByteLength(long.MaxValue, out _));
        Assert.Equal(22, Enum.GetValues<DType>().Count(DTypes.IsSafetensors));
        Assert.False(DTypes.TryParse("Q4_0", out _));
    }

    // The walks below move pointers and masks along as the reference does, so that they share no index arithmetic with the decoder.
    private static float Read(byte[] block, int at) => (float)BitConverter.ToHalf(block, at);

    private static List<float> Q2K(byte[] b)
    {
        List<float> y = [];
        (float d, float min) = (Read(b, 80), Read(b, 82));
        (int scale, int q) = (0, 16);
        for (int n = 0; n < 2; n++, q += 32)
        {
            for (int shift = 0; shift < 8; shift += 2)
            {
                foreach (int half in new[] { 0, 16 })
                {
                    byte s = b[scale++];
                    (float dl, float ml) = (d * (s & 15), min * (s >> 4));
                    for (int l = 0; l < 16; l++)
                        y.Add((dl * (b[q + half + l] >> shift & 3)) - ml);
                }
            }
        }

        return y;
    }

    private static List<float> Q3K(byte[] b)
    {
        // The scales are unpacked four at a time as 32-bit words.
        uint[] a = [BitConverter.ToUInt32(b, 96), BitConverter.ToUInt32(b, 100), 0, 0];
        uint t = BitConverter.ToUInt32(b, 104);
        (a[2], a[3]) = ((a[0] >> 4 & 0x0F0F0F0F) | (t >> 4 & 0x03030303) << 4, (a[1] >> 4 & 0x0F0F0F0F) | (t >> 6 & 0x03030303) << 4);
        (a[0], a[1]) = ((a[0] & 0x0F0F0F0F) | (t & 0x03030303) << 4, (a[1] & 0x0F0F0F0F) | (t >> 2 & 0x03030303) << 4);
        sbyte[] scales = [.. a.SelectMany(BitConverter.GetBytes).Select(v => (sbyte)v)];
        List<float> y = [];
        float d = Read(b, 108);
        (int scale, int q, int m) = (0, 32, 1);
        for (int n = 0; n < 2; n++, q += 32)
        {
            for (int shift = 0; shift < 8; shift += 2, m <<= 1)
            {
                foreach (int half in new[] { 0, 16 })
                {
                    float dl = d * (scales[scale++] - 32);
                    for (int l = 0; l < 16; l++)
                        y.Add(dl * ((b[q + half + l] >> shift & 3) - ((b[half + l] & m) != 0 ? 0 : 4)));
                }
            }
        }

        return y;
    }

    private static List<float> Q45K(byte[] b, int q, int? high)
    {
        (int Scale, int Min) Unpack(int j) => j < 4
            ? (b[4 + j] & 63, b[8 + j] & 63)
            : ((b[8 + j] & 15) | b[j] >> 6 << 4, b[8 + j] >> 4 | b[4 + j] >> 6 << 4);

        List<float> y = [];
        (float d, float min) = (Read(b, 0), Read(b, 2));
        (int at, int u) = (0, 1);
        for (int j = 0; j < 256; j += 64, q += 32)
        {
            foreach (int shift in new[] { 0, 4 })
            {
                (int scale, int low) = Unpack(at++);
                (float dl, float ml) = (d * scale, min * low);
                for (int l = 0; l < 32; l++)
                    y.Add((dl * ((b[q + l] >> shift & 15) + (high is { } h && (b[h + l] & u) != 0 ? 16 : 0))) - ml);
                u <<= 1;
            }
        }

        return y;
    }

    private static float[] Q6K(byte[] b)
    {
        float[] y = new float[256];
        float d = Read(b, 208);
        (int ql, int qh, int sc) = (0, 128, 192);
        for (int n = 0; n < 256; n += 128, ql += 64, qh += 32, sc += 8)
        {
            for (int l = 0; l < 32; l++)
            {
                int s = sc + (l / 16);
                y[n + l] = d * (sbyte)b[s] * (((b[ql + l] & 15) | (b[qh + l] & 3) << 4) - 32);
                y[n + l + 32] = d * (sbyte)b[s + 2] * (((b[ql + l + 32] & 15) | (b[qh + l] >> 2 & 3) << 4) - 32);
                y[n + l + 64] = d * (sbyte)b[s + 4] * ((b[ql + l] >> 4 | (b[qh + l] >> 4 & 3) << 4) - 32);
                y[n + l + 96] = d * (sbyte)b[s + 6] * ((b[ql + l + 32] >> 4 | (b[qh + l] >> 6 & 3) << 4) - 32);
            }
        }

        return y;
    }
}
