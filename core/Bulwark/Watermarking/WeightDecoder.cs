using System.Runtime.InteropServices;
using Bulwark.Models;
using Bulwark.Models.Gguf;

namespace Bulwark.Watermarking;

/// <summary>
/// Turns a tensor's bytes into plain floating-point numbers while they stream by: quantised ones into F32, which holds every value
/// of the types of 8 bits and less exactly. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// A window ends anywhere inside a block of 18 or 210 bytes, so what is left of one piece is kept for the next. Scales of 8-bit
/// codes are not needed: a mark is read relative to the weights around each weight, and those share the scale.
/// </remarks>
internal sealed class WeightDecoder
{
    /// <summary>Numbers in one run at most, a multiple of every block's.</summary>
    public const int Capacity = GroupBatch.Capacity * GroupQuantizer.GroupSize;

    private readonly float[] _values = new float[Capacity];
    private readonly float[] _table = new float[256];
    private readonly byte[] _kept = new byte[256 * sizeof(float)];
    private TensorInfo? _tensor;
    private int _keptLength;
    private long _next;

    /// <summary>Uses decoded numbers.</summary>
    /// <param name="tensor">Their tensor.</param>
    /// <param name="firstElement">Index of the first of them, a multiple of 64.</param>
    /// <param name="dtype">F16, BF16, F32 or F64.</param>
    /// <param name="elements">The numbers, little-endian; a multiple of 64 of them, or of 32 at the tensor's end.</param>
    public delegate void Run(TensorInfo tensor, long firstElement, DType dtype, ReadOnlySpan<byte> elements);

    /// <summary>Decodes a piece of a tensor of a type that can be read.</summary>
    /// <param name="slice">Where the piece lies: on a boundary of 64 elements; pieces of block types come in order.</param>
    /// <param name="bytes">The piece.</param>
    /// <param name="use">Called for every run of numbers, in order.</param>
    /// <exception cref="ArgumentException">A piece of a block type is not the next one of its tensor.</exception>
    public void ForEach(TensorSlice slice, ReadOnlySpan<byte> bytes, Run use)
    {
        TensorInfo tensor = slice.Tensor;
        if (tensor.DType.IsMarkable())
            use(tensor, slice.TensorOffset / (tensor.DType.BitWidth() / 8), tensor.DType, bytes);
        else if (tensor.DType.BitWidth() == 8)
            DecodeCodes(slice, bytes, use);
        else
            DecodeBlocks(slice, bytes, use);
    }

    /// <summary>The number behind an 8-bit code, up to its tensor's scale.</summary>
    public static float Value(DType dtype, int zeroPoint, byte code) => dtype switch
    {
        DType.I8 => (sbyte)code - zeroPoint,
        DType.U8 => code - zeroPoint,
        DType.F8_E5M2 => (float)BitConverter.UInt16BitsToHalf((ushort)(code << 8)),
        DType.F8_E4M3 => (code & 0x7F) == 0x7F ? float.NaN : Float8(code, 3, 7),
        DType.F8_E4M3FNUZ => code == 0x80 ? float.NaN : Float8(code, 3, 8),
        DType.F8_E5M2FNUZ => code == 0x80 ? float.NaN : Float8(code, 2, 16),
        _ => throw new ArgumentException($"{dtype} is no type of 8-bit codes.", nameof(dtype)),
    };

    private static float Float8(byte code, int mantissaBits, int bias)
    {
        int exponent = (code & 0x7F) >> mantissaBits, fraction = code & ((1 << mantissaBits) - 1);
        float magnitude = exponent == 0
            ? MathF.ScaleB(fraction, 1 - bias - mantissaBits)
            : MathF.ScaleB((1 << mantissaBits) + fraction, exponent - bias - mantissaBits);
        return code >= 0x80 ? -magnitude : magnitude;
    }

    private void DecodeCodes(TensorSlice slice, ReadOnlySpan<byte> bytes, Run use)
    {
        if (!ReferenceEquals(_tensor, slice.Tensor))
        {
            _tensor = slice.Tensor;
            for (int code = 0; code < _table.Length; code++)
                _table[code] = Value(_tensor.DType, _tensor.ZeroPoint ?? 0, (byte)code);
        }

        for (int at = 0; at < bytes.Length; at += Capacity)
        {
            ReadOnlySpan<byte> codes = bytes.Slice(at, Math.Min(Capacity, bytes.Length - at));
            for (int i = 0; i < codes.Length; i++)
                _values[i] = _table[codes[i]];
            use(slice.Tensor, slice.TensorOffset + at, DType.F32, MemoryMarshal.AsBytes(_values.AsSpan(0, codes.Length)));
        }
    }

    private void DecodeBlocks(TensorSlice slice, ReadOnlySpan<byte> bytes, Run use)
    {
        TensorInfo tensor = slice.Tensor;
        if (!ReferenceEquals(_tensor, tensor))
            (_tensor, _next, _keptLength) = (tensor, 0, 0);
        if (slice.TensorOffset != _next)
            throw new ArgumentException($"The pieces of {tensor.Name} do not come in order.", nameof(slice));
        long at = _next - _keptLength;
        _next += bytes.Length;

        // As many blocks as fill groups of 64 weights: two of 32, one of the others.
        int unit = Math.Max(GroupQuantizer.GroupSize / tensor.DType.BlockElements(), 1) * tensor.DType.BlockBytes();
        if (_keptLength > 0)
        {
            int taken = Math.Min(unit - _keptLength, bytes.Length);
            bytes[..taken].CopyTo(_kept.AsSpan(_keptLength));
            bytes = bytes[taken..];
            _keptLength += taken;
            if (_keptLength == unit)
            {
                Decode(tensor, at, _kept.AsSpan(0, unit), use);
                at += unit;
                _keptLength = 0;
            }
        }

        int whole = bytes.Length / unit * unit;
        Decode(tensor, at, bytes[..whole], use);
        at += whole;
        bytes[whole..].CopyTo(_kept.AsSpan(_keptLength));
        _keptLength += bytes.Length - whole;
        if (_next == tensor.Length)
        {
            Decode(tensor, at, _kept.AsSpan(0, _keptLength), use);
            _keptLength = 0;
        }
    }

    private void Decode(TensorInfo tensor, long at, ReadOnlySpan<byte> blocks, Run use)
    {
        (int blockBytes, int blockElements) = (tensor.DType.BlockBytes(), tensor.DType.BlockElements());
        int most = Capacity / blockElements * blockBytes;
        while (!blocks.IsEmpty)
        {
            ReadOnlySpan<byte> taken = blocks[..Math.Min(most, blocks.Length)];
            Span<float> values = _values.AsSpan(0, taken.Length / blockBytes * blockElements);
            Dequantizer.Decode(tensor.DType, taken, values);
            use(tensor, at / blockBytes * blockElements, DType.F32, MemoryMarshal.AsBytes(values));
            blocks = blocks[taken.Length..];
            at += taken.Length;
        }
    }
}
