using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Models;

namespace Bulwark.Tests.Watermarking;

/// <summary>
/// The block-scale mode a second time, for Q4_0 and Q8_0, from the text of docs/watermarking.md: one block at a time, with
/// arithmetic of its own and whole numbers where the implementation uses floating point.
/// </summary>
internal sealed class NaiveBlockScale(byte[] master)
{
    public long[] S { get; } = new long[268];

    public long[] E { get; } = new long[268];

    public long[] R { get; } = new long[268];

    public long[] N { get; } = new long[268];

    public byte[] Keyed(string tensor, long block)
    {
        byte[] id = HMACSHA256.HashData(Derive("tensor"), Encoding.UTF8.GetBytes(tensor));
        byte[] input = [.. id[..8], .. BitConverter.GetBytes((0x20UL << 56) | (ulong)block)];
        using Aes aes = Aes.Create();
        aes.Key = Derive("prf");
        return aes.EncryptEcb(input, PaddingMode.None);
    }

    public static (int Sign, int Bit, int Dither) Meaning(byte[] keyed) =>
        (keyed[0] % 2 == 1 ? 1 : -1, (keyed[8] + (256 * keyed[9])) * 268 / 65536, keyed[10]);

    public void Measure(TensorInfo tensor, ReadOnlySpan<byte> data)
    {
        (int size, int perRow) = (tensor.DType == DType.Q4_0 ? 18 : 34, (int)tensor.Shape[^1] / 32);
        int blocks = data.Length / size;
        for (int row = 0; row < blocks / perRow; row++)
        {
            double[] sums = new double[perRow];
            double sum = 0;
            for (int b = 0; b < perRow; b++)
                sum += sums[b] = Magnitude(tensor.DType, data.Slice(((row * perRow) + b) * size, size));
            double scale = 4096.0 * perRow / sum;
            if (perRow == 1 || !double.IsFinite(scale) || scale <= 0)
                continue;
            for (int b = 0; b < perRow; b++)
            {
                (int sign, int j, _) = Meaning(Keyed(tensor.Name, (row * perRow) + b));
                long u = (long)Math.Round(Math.Min(sums[b] * scale, 16384));
                S[j] += sign * (u - 4096);
                E[j] += (u - 4096) * (u - 4096);
                R[j] += u == 16384 ? 0 : u - (u * u / (4096 * perRow));
                N[j] += 32;
            }
        }
    }

    public void Mark(TensorInfo tensor, Span<byte> data, IReadOnlyList<sbyte> codeword, IReadOnlyList<int> q)
    {
        int size = tensor.DType == DType.Q4_0 ? 18 : 34;
        for (int b = 0; b < data.Length / size; b++)
        {
            Half old = BinaryPrimitives.ReadHalfLittleEndian(data[(b * size)..]);
            if (old == (Half)0 || !Half.IsFinite(old))
                continue;
            (int sign, int j, int dither) = Meaning(Keyed(tensor.Name, b));

            // Every half-precision number is a whole number of 2^-24; the product one of 2^-44.
            BigInteger product = new BigInteger(Math.Abs((double)old) * (1 << 24)) * ((1 << 20) + (sign * codeword[j] * q[j]));
            int exponent = Math.Max((int)product.GetBitLength() - 1 - 44, -14);
            BigInteger step = BigInteger.One << (exponent - 10 + 44);
            BigInteger steps = ((product * 512) + (((2 * dither) + 1) * step)) / (512 * step);
            double magnitude = Math.Clamp((double)steps * Math.Pow(2, exponent - 10), Math.Pow(2, -24), 65504);
            BinaryPrimitives.WriteHalfLittleEndian(data[(b * size)..], (Half)Math.CopySign(magnitude, (double)old));
        }
    }

    private static double Magnitude(DType dtype, ReadOnlySpan<byte> block)
    {
        int codes = 0;
        foreach (byte b in block[2..])
            codes += dtype == DType.Q8_0 ? Math.Abs((int)(sbyte)b) : Math.Abs((b & 15) - 8) + Math.Abs((b >> 4) - 8);
        return Math.Abs((double)BinaryPrimitives.ReadHalfLittleEndian(block)) * codes;
    }

    private byte[] Derive(string info) => HKDF.DeriveKey(HashAlgorithmName.SHA256, master, 32, Encoding.ASCII.GetBytes("kmm64/v1"), Encoding.ASCII.GetBytes(info));
}
