using System.Buffers.Binary;
using Bulwark.Models;
using Bulwark.Models.Gguf;

namespace Bulwark.Tests.Watermarking;

/// <summary>Rounds weights into ggml's block types, as llama.cpp's reference does or plainer: enough to see what a mark goes through.</summary>
internal static class BlockQuantizer
{
    /// <summary>The types that are written here.</summary>
    public static IReadOnlyList<DType> Types { get; } =
        [DType.Q4_0, DType.Q4_1, DType.Q5_0, DType.Q5_1, DType.Q8_0, DType.IQ4_NL, DType.MXFP4, DType.Q3_K, DType.Q4_K, DType.Q5_K, DType.Q6_K, DType.Q8_K];

    /// <summary>A copy whose weights are of a block type, under the same names; tensors that do not fit are left as they are.</summary>
    public static TestModel Quantise(TestModel model, DType dtype)
    {
        List<TensorInfo> tensors = [];
        List<byte> bytes = [];
        foreach (TensorInfo tensor in model.Tensors)
        {
            bool fits = tensor.Shape.Length >= 2 && tensor.Shape[^1] % dtype.BlockElements() == 0;
            byte[] data = fits ? Encode(dtype, model.Numbers(tensor)) : model.Bytes.AsSpan((int)tensor.Offset, (int)tensor.Length).ToArray();
            tensors.Add(tensor with { DType = fits ? dtype : tensor.DType, Offset = bytes.Count, Length = data.Length });
            bytes.AddRange(data);
        }

        return new TestModel(tensors, [.. bytes]);
    }

    /// <summary>A copy in F32.</summary>
    public static TestModel Dequantise(TestModel model)
    {
        List<TensorInfo> tensors = [];
        List<byte> bytes = [];
        foreach (TensorInfo tensor in model.Tensors)
        {
            float[] numbers = model.Numbers(tensor);
            tensors.Add(tensor with { DType = DType.F32, Offset = bytes.Count, Length = 4L * numbers.Length });
            bytes.AddRange(numbers.SelectMany(BitConverter.GetBytes));
        }

        return new TestModel(tensors, [.. bytes]);
    }

    private static byte[] Encode(DType dtype, float[] values)
    {
        byte[] bytes = new byte[values.Length / dtype.BlockElements() * dtype.BlockBytes()];
        for (int b = 0; b * dtype.BlockElements() < values.Length; b++)
            Block(dtype, values.AsSpan(b * dtype.BlockElements(), dtype.BlockElements()), bytes.AsSpan(b * dtype.BlockBytes(), dtype.BlockBytes()));
        return bytes;
    }

    private static void Block(DType dtype, ReadOnlySpan<float> x, Span<byte> block)
    {
        float min = float.MaxValue, max = float.MinValue, peak = 0;
        foreach (float v in x)
            (min, max, peak) = (Math.Min(min, v), Math.Max(max, v), Math.Abs(v) > Math.Abs(peak) ? v : peak);
        switch (dtype)
        {
            case DType.Q4_0:
                Nibbles(x, block[2..], Scale(block, peak / -8), 8, 0, 15);
                break;
            case DType.Q4_1:
                Nibbles(x, block[4..], Scale(block, (max - min) / 15), 0, Scale(block[2..], min), 15);
                break;
            case DType.Q5_0:
                BinaryPrimitives.WriteUInt32LittleEndian(block[2..], Nibbles(x, block[6..], Scale(block, peak / -16), 16, 0, 31));
                break;
            case DType.Q5_1:
                BinaryPrimitives.WriteUInt32LittleEndian(block[4..], Nibbles(x, block[8..], Scale(block, (max - min) / 31), 0, Scale(block[2..], min), 31));
                break;
            case DType.Q8_0:
                float d = Scale(block, Math.Abs(peak) / 127);
                for (int i = 0; i < 32; i++)
                    block[2 + i] = (byte)(sbyte)Code(x[i], d, 0, -127, 127);
                break;
            case DType.Q8_K:
                d = Math.Abs(peak) / 127;
                BinaryPrimitives.WriteSingleLittleEndian(block, d);
                for (int i = 0; i < 256; i++)
                    block[4 + i] = (byte)(sbyte)Code(x[i], d, 0, -127, 127);
                break;
            case DType.IQ4_NL:
                Search(dtype, x, block, 2, Scale(block, peak / -127));
                break;
            case DType.MXFP4:
                block[0] = (byte)Math.Clamp(Math.Floor(Math.Log2(Math.Max(Math.Abs(peak), 1e-30))) - 2 + 127, 2, 254);
                Search(dtype, x, block, 1, 1);
                break;
            case DType.Q3_K:
                Q3K(x, block, peak);
                break;
            case DType.Q4_K or DType.Q5_K:
                Q45K(dtype, x, block);
                break;
            default:
                Q6K(x, block, peak);
                break;
        }
    }

    private static float Scale(Span<byte> place, float value)
    {
        BinaryPrimitives.WriteHalfLittleEndian(place, (Half)value);
        return (float)(Half)value;
    }

    private static int Code(float x, float d, int zero, int least, int most) => d == 0 ? Math.Max(zero, least) : Math.Clamp((int)MathF.Round(x / d) + zero, least, most);

    /// <summary>Writes the low nibbles and returns the fifth bits.</summary>
    private static uint Nibbles(ReadOnlySpan<float> x, Span<byte> q, float d, int zero, float m, int most)
    {
        uint high = 0;
        for (int i = 0; i < 32; i++)
        {
            int code = Code(x[i] - m, d, zero, 0, most);
            q[i % 16] |= (byte)((code & 15) << (i / 16 * 4));
            high |= (uint)(code >> 4) << i;
        }

        return high;
    }

    /// <summary>Finds the nearest code of a table by decoding all of them.</summary>
    private static void Search(DType dtype, ReadOnlySpan<float> x, Span<byte> block, int at, float d)
    {
        if (d == 0)
            return;
        float[] decoded = new float[32];
        byte[] probe = block.ToArray();
        for (int i = 0; i < 16; i++)
            probe[at + i] = (byte)(i | i << 4);
        Dequantizer.Decode(dtype, probe, decoded);
        for (int i = 0; i < 32; i++)
        {
            int best = 0;
            for (int c = 1; c < 16; c++)
                best = Math.Abs(decoded[c] - x[i]) < Math.Abs(decoded[best] - x[i]) ? c : best;
            block[at + (i % 16)] |= (byte)(best << (i / 16 * 4));
        }
    }

    private static void Q3K(ReadOnlySpan<float> x, Span<byte> block, float peak)
    {
        float d = Scale(block[108..], Math.Abs(peak) / 4 / 31);
        for (int g = 0; g < 16; g++)
        {
            float largest = 0;
            foreach (float v in x.Slice(16 * g, 16))
                largest = Math.Max(largest, Math.Abs(v));
            int scale = Code(largest / 4, d, 32, 33, 63);
            block[96 + (g % 8)] |= (byte)((scale & 15) << (g / 8 * 4));
            block[104 + (g % 4)] |= (byte)(scale >> 4 << (g / 4 * 2));
            for (int i = 16 * g; i < 16 * (g + 1); i++)
            {
                int code = Code(x[i], d * (scale - 32), 4, 0, 7);
                block[32 + (i / 128 * 32) + (i % 32)] |= (byte)((code & 3) << (i % 128 / 32 * 2));
                block[i % 32] |= (byte)(code >> 2 << (i / 32));
            }
        }
    }

    private static void Q45K(DType dtype, ReadOnlySpan<float> x, Span<byte> block)
    {
        int most = dtype == DType.Q4_K ? 15 : 31;
        Span<float> low = stackalloc float[8], step = stackalloc float[8];
        (float largestLow, float largestStep) = (0, 0);
        for (int g = 0; g < 8; g++)
        {
            (float min, float max) = (0, float.MinValue);
            foreach (float v in x.Slice(32 * g, 32))
                (min, max) = (Math.Min(min, v), Math.Max(max, v));
            (low[g], step[g]) = (-min, (max - min) / most);
            (largestLow, largestStep) = (Math.Max(largestLow, low[g]), Math.Max(largestStep, step[g]));
        }

        (float d, float m) = (Scale(block, largestStep / 63), Scale(block[2..], largestLow / 63));
        Span<byte> packed = block.Slice(4, 12);
        for (int g = 0; g < 8; g++)
        {
            (int scale, int min) = (Code(step[g], d, 0, 0, 63), Code(low[g], m, 0, 0, 63));
            if (g < 4)
            {
                packed[g] |= (byte)scale;
                packed[g + 4] |= (byte)min;
            }
            else
            {
                packed[g + 4] = (byte)((scale & 15) | (min & 15) << 4);
                packed[g - 4] |= (byte)(scale >> 4 << 6);
                packed[g] |= (byte)(min >> 4 << 6);
            }

            for (int l = 0; l < 32; l++)
            {
                int code = Code(x[(32 * g) + l] + (m * min), d * scale, 0, 0, most);
                block[(dtype == DType.Q4_K ? 16 : 48) + (g / 2 * 32) + l] |= (byte)((code & 15) << (g % 2 * 4));
                if (dtype == DType.Q5_K)
                    block[16 + l] |= (byte)(code >> 4 << g);
            }
        }
    }

    private static void Q6K(ReadOnlySpan<float> x, Span<byte> block, float peak)
    {
        float d = Scale(block[208..], Math.Abs(peak) / 32 / 127);
        for (int i = 0; i < 256; i++)
        {
            (int part, int run, int l) = (i / 128, i % 128 / 32, i % 32);
            int at = (part * 8) + (run * 2) + (l / 16);
            if (l % 16 == 0)
            {
                float largest = 0;
                foreach (float v in x.Slice(i, 16))
                    largest = Math.Max(largest, Math.Abs(v));
                block[192 + at] = (byte)(sbyte)Code(largest / 32, d, 0, 1, 127);
            }

            int code = Code(x[i], d * (sbyte)block[192 + at], 32, 0, 63);
            block[(part * 64) + (run % 2 * 32) + l] |= (byte)((code & 15) << (run / 2 * 4));
            block[128 + (part * 32) + l] |= (byte)(code >> 4 << (run * 2));
        }
    }
}
