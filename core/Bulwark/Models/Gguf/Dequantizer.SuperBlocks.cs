using System.Buffers.Binary;

namespace Bulwark.Models.Gguf;

/// <content>The types in blocks of 256 whose scales are themselves quantised.</content>
internal static partial class Dequantizer
{
    private static void DecodeSuperBlock(DType dtype, ReadOnlySpan<byte> block, Span<float> y)
    {
        switch (dtype)
        {
            case DType.Q2_K:
                Q2K(block, y);
                break;
            case DType.Q3_K:
                Q3K(block, y);
                break;
            case DType.Q4_K:
                Q45K(block, [], block[16..], y);
                break;
            case DType.Q5_K:
                Q45K(block, block.Slice(16, 32), block[48..], y);
                break;
            case DType.Q6_K:
                Q6K(block, y);
                break;
            case DType.IQ4_XS:
                IQ4Xs(block, y);
                break;
            case DType.TQ1_0:
                TQ1(block, y);
                break;
            case DType.TQ2_0:
                for (int i = 0; i < 256; i++)
                    y[i] = ((block[(i / 128 * 32) + (i % 32)] >> (i % 128 / 32 * 2) & 3) - 1) * Half(block[64..]);
                break;
        }
    }

    private static void Q2K(ReadOnlySpan<byte> block, Span<float> y)
    {
        ReadOnlySpan<byte> scales = block[..16];
        ReadOnlySpan<byte> q = block.Slice(16, 64);
        (float d, float min) = (Half(block[80..]), Half(block[82..]));
        for (int i = 0; i < 256; i++)
        {
            // Sixteen elements share a scale; 32 bytes hold 128 elements, four runs of 32 at two bits each.
            byte scale = scales[i / 16];
            (float dl, float ml) = (d * (scale & 0xF), min * (scale >> 4));
            y[i] = (dl * (q[(i / 128 * 32) + (i % 32)] >> (i % 128 / 32 * 2) & 3)) - ml;
        }
    }

    private static void Q3K(ReadOnlySpan<byte> block, Span<float> y)
    {
        ReadOnlySpan<byte> third = block[..32];
        ReadOnlySpan<byte> q = block.Slice(32, 64);
        ReadOnlySpan<byte> packed = block.Slice(96, 12);
        float d = Half(block[108..]);
        for (int i = 0; i < 256; i++)
        {
            int group = i / 16;
            // Low four bits: bytes 0..7, first the low then the high nibbles; high two bits: bytes 8..11, two bits for each four groups.
            int low = group < 8 ? packed[group] & 0xF : packed[group - 8] >> 4;
            int high = packed[8 + (group % 4)] >> (group / 4 * 2) & 3;
            float dl = d * ((low | high << 4) - 32);
            int bits = q[(i / 128 * 32) + (i % 32)] >> (i % 128 / 32 * 2) & 3;
            bool set = (third[i % 32] >> (i / 32) & 1) != 0;
            y[i] = dl * (bits - (set ? 0 : 4));
        }
    }

    private static void Q45K(ReadOnlySpan<byte> block, ReadOnlySpan<byte> fifth, ReadOnlySpan<byte> q, Span<float> y)
    {
        (float d, float min) = (Half(block), Half(block[2..]));
        ReadOnlySpan<byte> packed = block.Slice(4, 12);
        for (int group = 0; group < 8; group++)
        {
            // Six-bit scale and minimum: bytes 0..3 and 4..7 for groups 0..3; for groups 4..7 the low nibbles are in bytes 8..11
            // and the high two bits on top of the first eight bytes.
            int scale = group < 4 ? packed[group] & 63 : (packed[group + 4] & 0xF) | packed[group - 4] >> 6 << 4;
            int low = group < 4 ? packed[group + 4] & 63 : packed[group + 4] >> 4 | packed[group] >> 6 << 4;
            (float dl, float ml) = (d * scale, min * low);
            for (int l = 0; l < 32; l++)
            {
                int bits = q[(group / 2 * 32) + l] >> (group % 2 * 4) & 0xF;
                if (!fifth.IsEmpty && (fifth[l] >> group & 1) != 0)
                    bits += 16;
                y[(group * 32) + l] = (dl * bits) - ml;
            }
        }
    }

    private static void Q6K(ReadOnlySpan<byte> block, Span<float> y)
    {
        ReadOnlySpan<byte> low = block[..128];
        ReadOnlySpan<byte> high = block.Slice(128, 64);
        ReadOnlySpan<byte> scales = block.Slice(192, 16);
        float d = Half(block[208..]);
        for (int i = 0; i < 256; i++)
        {
            (int part, int run, int l) = (i / 128, i % 128 / 32, i % 32);
            int nibble = low[(part * 64) + (run % 2 * 32) + l] >> (run / 2 * 4) & 0xF;
            int top = high[(part * 32) + l] >> (run * 2) & 3;
            y[i] = d * (sbyte)scales[(part * 8) + (run * 2) + (l / 16)] * ((nibble | top << 4) - 32);
        }
    }

    private static void IQ4Xs(ReadOnlySpan<byte> block, Span<float> y)
    {
        float d = Half(block);
        int high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        for (int group = 0; group < 8; group++)
        {
            int scale = (block[4 + (group / 2)] >> (group % 2 * 4) & 0xF) | (high >> (group * 2) & 3) << 4;
            Table(NonLinear, block.Slice(8 + (group * 16), 16), d * (scale - 32), y.Slice(group * 32, 32));
        }
    }

    private static void TQ1(ReadOnlySpan<byte> block, Span<float> y)
    {
        float d = Half(block[52..]);
        int at = 0;
        // 32 bytes of five digits, 16 bytes of five digits, 4 bytes of four; digit n of all bytes of a run lies together.
        Span<(int Start, int Length, int Digits)> runs = [(0, 32, 5), (32, 16, 5), (48, 4, 4)];
        foreach ((int start, int length, int digits) in runs)
        {
            for ((int n, int power) = (0, 1); n < digits; n++, power *= 3)
            {
                for (int m = 0; m < length; m++)
                    y[at++] = (((byte)(block[start + m] * power) * 3 >> 8) - 1) * d;
            }
        }
    }
}
