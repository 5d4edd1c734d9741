using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Bulwark.Models.Gguf;

/// <summary>
/// Turns blocks of ggml's quantised types back into numbers, so that a mark can be looked for in a quantised copy.
/// In single precision and in the order of operations of ggml's reference.
/// </summary>
/// <remarks>
/// Layouts from ggml-org/ggml, src/ggml-common.h (d, m are half-precision unless said):
/// <code>
/// Q4_0  d, 16 bytes: low nibbles are elements 0..15, high 16..31                       x = d (q - 8)
/// Q4_1  d, m, 16 bytes                                                                 x = d q + m
/// Q5_0  d, 32 fifth bits, 16 bytes                                                     x = d (q - 16)
/// Q5_1  d, m, 32 fifth bits, 16 bytes                                                  x = d q + m
/// Q8_0  d, 32 signed bytes                                                             x = d q
/// Q8_1  d, s, 32 signed bytes                                                          x = d q
/// Q2_K  16 bytes of (min, scale) nibbles, 64 bytes of 2 bits, d, dmin                  x = d scale q - dmin min
/// Q3_K  32 bytes of third bits, 64 bytes of 2 bits, 12 bytes of 6-bit scales, d        x = d (scale - 32) (q - 4 unless the third bit)
/// Q4_K  d, dmin, 12 bytes of 6-bit (scale, min), 128 bytes of nibbles                  x = d scale q - dmin min
/// Q5_K  the same with 32 bytes of fifth bits before the nibbles
/// Q6_K  128 bytes of nibbles, 64 bytes of 2 bits, 16 signed scales, d                  x = d scale (q - 32)
/// Q8_K  single-precision d, 256 signed bytes, 16 sums                                  x = d q
/// IQ4_NL, IQ4_XS  nibbles that index a table; IQ4_XS has eight 6-bit scales            x = d (scale - 32) table[q]
/// TQ1_0 five ternary digits a byte (base 3, fixed point)    TQ2_0 four a byte          x = d (q - 1)
/// MXFP4 E8M0 scale    NVFP4 four E4M3 scales                                           x = scale e2m1[q]
/// Q1_0  a sign bit    Q2_0 two bits                                                    x = ±d, d (q - 1)
/// </code>
/// IQ1, IQ2 and IQ3 index lattices of up to 2,048 points that are tables of their own in ggml; they are not decoded.
/// </remarks>
internal static partial class Dequantizer
{
    private static ReadOnlySpan<sbyte> NonLinear => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>E2M1 values, doubled.</summary>
    private static ReadOnlySpan<sbyte> Fp4 => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    /// <summary>True for the types that can be decoded: plain floating-point numbers and the block types of the table.</summary>
    public static bool CanDecode(DType dtype) =>
        dtype.IsMarkable() || (dtype >= DType.Q4_0 && dtype is not (DType.IQ1_S or DType.IQ1_M or DType.IQ2_XXS or DType.IQ2_XS or DType.IQ2_S or DType.IQ3_XXS or DType.IQ3_S));

    /// <summary>Decodes whole blocks.</summary>
    /// <param name="dtype">A type that <see cref="CanDecode"/>.</param>
    /// <param name="blocks">Whole blocks.</param>
    /// <param name="values">Receives the numbers: as many as the blocks hold.</param>
    public static void Decode(DType dtype, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        if (!CanDecode(dtype))
            throw new ArgumentException($"{dtype} cannot be decoded.", nameof(dtype));
        (int bytes, int elements) = (dtype.BlockBytes(), dtype.BlockElements());
        if (blocks.Length % bytes != 0 || values.Length != (long)blocks.Length / bytes * elements)
            throw new ArgumentException("The bytes are no whole blocks, or the room for their numbers has another length.", nameof(blocks));
        for (int at = 0; at < blocks.Length; at += bytes)
            DecodeBlock(dtype, blocks.Slice(at, bytes), values.Slice(at / bytes * elements, elements));
    }

    private static void DecodeBlock(DType dtype, ReadOnlySpan<byte> block, Span<float> y)
    {
        switch (dtype)
        {
            case DType.F16:
                y[0] = Half(block);
                break;
            case DType.BF16:
                y[0] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(block) << 16);
                break;
            case DType.F32:
                y[0] = BinaryPrimitives.ReadSingleLittleEndian(block);
                break;
            case DType.F64:
                y[0] = (float)BinaryPrimitives.ReadDoubleLittleEndian(block);
                break;
            case DType.Q4_0:
                Nibbles(block[2..], Half(block), 8, 0, y);
                break;
            case DType.Q4_1:
                Nibbles(block[4..], Half(block), 0, Half(block[2..]), y);
                break;
            case DType.Q5_0:
                FiveBits(block[6..], BinaryPrimitives.ReadUInt32LittleEndian(block[2..]), Half(block), 16, 0, y);
                break;
            case DType.Q5_1:
                FiveBits(block[8..], BinaryPrimitives.ReadUInt32LittleEndian(block[4..]), Half(block), 0, Half(block[2..]), y);
                break;
            case DType.Q8_0:
                Bytes(block[2..], Half(block), y);
                break;
            case DType.Q8_1:
                Bytes(block[4..], Half(block), y);
                break;
            case DType.Q8_K:
                Bytes(block[4..], BinaryPrimitives.ReadSingleLittleEndian(block), y);
                break;
            case DType.IQ4_NL:
                Table(NonLinear, block[2..], Half(block), y);
                break;
            case DType.MXFP4:
                // Half of the E8M0 scale, because the table holds doubled values.
                Table(Fp4, block[1..], BitConverter.UInt32BitsToSingle(block[0] < 2 ? 0x0020_0000u << block[0] : (uint)(block[0] - 1) << 23), y);
                break;
            case DType.NVFP4:
                for (int s = 0; s < 4; s++)
                    Table(Fp4, block.Slice(4 + (8 * s), 8), UnsignedE4M3(block[s]) * 0.5f, y.Slice(16 * s, 16));
                break;
            case DType.Q1_0:
                for (int j = 0; j < 128; j++)
                    y[j] = (block[2 + (j / 8)] >> (j % 8) & 1) != 0 ? Half(block) : -Half(block);
                break;
            case DType.Q2_0:
                for (int j = 0; j < 64; j++)
                    y[j] = ((block[2 + (j / 4)] >> (j % 4 * 2) & 3) - 1) * Half(block);
                break;
            default:
                DecodeSuperBlock(dtype, block, y);
                break;
        }
    }

    private static float Half(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);

    private static void Nibbles(ReadOnlySpan<byte> q, float d, int zero, float m, Span<float> y)
    {
        for (int j = 0; j < 16; j++)
        {
            y[j] = (((q[j] & 0xF) - zero) * d) + m;
            y[j + 16] = (((q[j] >> 4) - zero) * d) + m;
        }
    }

    private static void FiveBits(ReadOnlySpan<byte> q, uint high, float d, int zero, float m, Span<float> y)
    {
        for (int j = 0; j < 16; j++)
        {
            int low = (q[j] & 0xF) | (int)((high >> j & 1) << 4);
            int up = (q[j] >> 4) | (int)((high >> (j + 16) & 1) << 4);
            y[j] = ((low - zero) * d) + m;
            y[j + 16] = ((up - zero) * d) + m;
        }
    }

    private static void Bytes(ReadOnlySpan<byte> q, float d, Span<float> y)
    {
        ReadOnlySpan<sbyte> signed = MemoryMarshal.Cast<byte, sbyte>(q);
        for (int j = 0; j < y.Length; j++)
            y[j] = signed[j] * d;
    }

    private static void Table(ReadOnlySpan<sbyte> table, ReadOnlySpan<byte> q, float d, Span<float> y)
    {
        int half = y.Length / 2;
        for (int j = 0; j < half; j++)
        {
            y[j] = table[q[j] & 0xF] * d;
            y[j + half] = table[q[j] >> 4] * d;
        }
    }

    private static float UnsignedE4M3(byte code)
    {
        if (code is 0 or 0x7F)
            return 0;
        (int exponent, int mantissa) = (code >> 3 & 0xF, code & 7);
        return exponent == 0 ? MathF.ScaleB(mantissa, -9) : MathF.ScaleB(1 + (mantissa / 8f), exponent - 7);
    }
}
