using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Bulwark.Models;

namespace Bulwark.Benchmarks;

/// <summary>Large safetensors files whose weights look like weights: bell-shaped, a few in a thousand outliers.</summary>
internal static class SyntheticModel
{
    private const int Width = 4096;
    private const int Block = 16 << 20;

    /// <summary>Writes a model of equal matrices unless a file of that size is there already.</summary>
    /// <param name="path">Where.</param>
    /// <param name="dtype">F32, F16 or BF16.</param>
    /// <param name="mebibytes">Size of the weights, a multiple of 64.</param>
    /// <param name="sparse">Leave all but the first matrix as a hole of zeros.</param>
    public static void Write(string path, DType dtype, long mebibytes, bool sparse = false)
    {
        int size = dtype.BitWidth() / 8;
        long matrix = 64L << 20;
        int count = (int)((mebibytes << 20) / matrix);
        byte[] header = SafetensorsWriter.WriteHeader(
            [.. Enumerable.Range(0, count).Select(i => (string.Create(CultureInfo.InvariantCulture, $"layers.{i}.weight"), dtype, ImmutableShape(matrix / size)))]);
        if (File.Exists(path) && new FileInfo(path).Length == header.Length + count * matrix)
            return;
        byte[] block = Weights(dtype, Block);
        using FileStream file = File.Create(path);
        file.Write(header);
        long filled = sparse ? matrix : count * matrix;
        for (long done = 0; done < filled; done += Block)
            file.Write(block);
        file.SetLength(header.Length + count * matrix);
    }

    /// <summary>Weights: the sum of three uniform values times 0.02.</summary>
    public static byte[] Weights(DType dtype, int length)
    {
        var random = new Random(1);
        byte[] bytes = new byte[length];
        int size = dtype.BitWidth() / 8;
        for (int i = 0; i < length; i += size)
        {
            float value = (float)(0.02 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5));
            Span<byte> element = bytes.AsSpan(i, size);
            switch (dtype)
            {
                case DType.F32:
                    BinaryPrimitives.WriteSingleLittleEndian(element, value);
                    break;
                case DType.F16:
                    BinaryPrimitives.WriteHalfLittleEndian(element, (Half)value);
                    break;
                default:
                    BinaryPrimitives.WriteUInt16LittleEndian(element, (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                    break;
            }
        }

        return bytes;
    }

    private static System.Collections.Immutable.ImmutableArray<long> ImmutableShape(long elements) =>
        ImmutableCollectionsMarshal.AsImmutableArray(new[] { elements / Width, Width });
}
