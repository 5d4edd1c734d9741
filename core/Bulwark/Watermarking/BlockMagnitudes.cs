using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>
/// Turns runs of weights into the integer magnitudes of their blocks of 32, relative to the row they stand in: what the
/// block-scale mode is defined on. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// <code>
/// step      value
/// block     m[b] = ((r0+r1)+(r2+r3)) + ((r4+r5)+(r6+r7)), r[l] = |w[l]| + |w[l+8]| + |w[l+16]| + |w[l+24]|, in binary64
/// row       the innermost dimension, B blocks; one of more than 4,096 blocks is taken in pieces of 4,096
/// sum       m[0] + m[1] + ... in that order
/// scale     k = 4096·B / sum                                (so that the mean magnitude becomes 4096)
/// quantise  u[b] = roundHalfToEven(min(m[b]·k, 16384))
/// response  u[b] - ⌊u[b]² / (4096·B)⌋, 0 when u[b] is 16384  (a block that grows also raises its row's mean)
/// </code>
/// A row is skipped when it has one block, or k is not finite or not positive.
/// </remarks>
internal sealed class BlockMagnitudes(VectorPath path)
{
    /// <summary>Weights in a block.</summary>
    public const int BlockSize = 32;

    /// <summary>The most blocks whose mean is one: 131,072 weights.</summary>
    public const int MaximumRow = 4096;

    /// <summary>The magnitude that equals the row's mean.</summary>
    public const int Mean = 4096;

    /// <summary>The magnitude four times the mean or more is clipped to.</summary>
    public const int Clipped = 16384;

    /// <summary>Stands in <see cref="U"/> for a block of a skipped row.</summary>
    public const short Skipped = -1;

    private readonly double[] _sums = new double[MaximumRow];
    private readonly short[] _u = new short[MaximumRow];
    private readonly short[] _response = new short[MaximumRow];
    private TensorInfo? _tensor;
    private long _rowBlocks;
    private long _leftOfRow;
    private long _left;
    private int _summed;

    /// <summary>Blocks in the batch that is handed out.</summary>
    public int Count { get; private set; }

    /// <summary>Index of its first block in the tensor.</summary>
    public long FirstBlock { get; private set; }

    /// <summary>Magnitudes, 0 to 16384, or <see cref="Skipped"/>.</summary>
    public ReadOnlySpan<short> U => _u.AsSpan(0, Count);

    /// <summary>By how much each magnitude grows when its block does, relatively.</summary>
    public ReadOnlySpan<short> Response => _response.AsSpan(0, Count);

    /// <summary>Adds the next weights of a tensor.</summary>
    /// <param name="tensor">The tensor; its rows are whole blocks.</param>
    /// <param name="firstElement">Index of the first weight; the runs of a tensor come in order.</param>
    /// <param name="dtype">F16, BF16, F32 or F64.</param>
    /// <param name="elements">The weights: whole blocks.</param>
    /// <param name="use">Called for every batch of whole rows, or pieces of long ones.</param>
    /// <exception cref="ArgumentException">The run is not the next one of its tensor.</exception>
    public void Add(TensorInfo tensor, long firstElement, DType dtype, ReadOnlySpan<byte> elements, Action<TensorInfo, BlockMagnitudes> use)
    {
        if (!ReferenceEquals(tensor, _tensor))
        {
            _tensor = tensor;
            _rowBlocks = _leftOfRow = tensor.Shape[^1] / BlockSize;
            _left = tensor.ElementCount / BlockSize;
            (Count, FirstBlock, _summed) = (0, 0, 0);
        }

        int blockLength = BlockSize * dtype.BitWidth() / 8;
        if (firstElement != (FirstBlock + Count + _summed) * BlockSize || elements.Length % blockLength != 0)
            throw new ArgumentException($"The weights of {tensor.Name} do not come in order, in whole blocks.", nameof(firstElement));
        while (!elements.IsEmpty)
        {
            int piece = (int)Math.Min(_leftOfRow, MaximumRow);
            if (_summed == 0 && Count + piece > MaximumRow)
                HandOut(use);
            int taken = Math.Min(piece - _summed, elements.Length / blockLength);
            Sum(path, dtype, elements[..(taken * blockLength)], _sums.AsSpan(_summed, taken));
            elements = elements[(taken * blockLength)..];
            _summed += taken;
            if (_summed < piece)
                continue;

            Quantise(_sums.AsSpan(0, piece), _u.AsSpan(Count, piece), _response.AsSpan(Count, piece));
            Count += piece;
            _summed = 0;
            _left -= piece;
            _leftOfRow = _leftOfRow == piece ? _rowBlocks : _leftOfRow - piece;
            if (_left == 0)
                HandOut(use);
        }
    }

    /// <summary>True when a block stands in a row, or piece of a row, that is not skipped for having one block.</summary>
    public static bool HasNeighbours(TensorInfo tensor, long block)
    {
        long row = tensor.Shape[^1] / BlockSize;
        return row > 1 && (row % MaximumRow != 1 || block % row != row - 1);
    }

    private void HandOut(Action<TensorInfo, BlockMagnitudes> use)
    {
        use(_tensor!, this);
        FirstBlock += Count;
        Count = 0;
    }

    private static void Quantise(ReadOnlySpan<double> sums, Span<short> u, Span<short> response)
    {
        double sum = 0;
        foreach (double block in sums)
            sum += block;
        int whole = Mean * sums.Length;
        double scale = whole / sum;
        if (sums.Length < 2 || !(scale > 0 && scale <= double.MaxValue))
        {
            u.Fill(Skipped);
            response.Clear();
            return;
        }

        for (int b = 0; b < sums.Length; b++)
        {
            int magnitude = (int)Math.Round(Math.Min(sums[b] * scale, Clipped), MidpointRounding.ToEven);
            u[b] = (short)magnitude;
            response[b] = (short)(magnitude == Clipped ? 0 : magnitude - (magnitude * magnitude / whole));
        }
    }

    private static void Sum(VectorPath path, DType dtype, ReadOnlySpan<byte> blocks, Span<double> sums)
    {
        switch (path)
        {
            case VectorPath.Scalar: SumScalar(dtype, blocks, sums); break;
            case var _ when dtype == DType.F32: Sum256<WidenF32>(blocks, sums); break;
            case var _ when dtype == DType.F16: Sum256<WidenF16>(blocks, sums); break;
            case var _ when dtype == DType.BF16: Sum256<WidenBF16>(blocks, sums); break;
            default: Sum256<WidenF64>(blocks, sums); break;
        }
    }

    private static void SumScalar(DType dtype, ReadOnlySpan<byte> blocks, Span<double> sums)
    {
        int size = dtype.BitWidth() / 8;
        Span<double> r = stackalloc double[8];
        for (int b = 0; b < sums.Length; b++)
        {
            r.Clear();
            for (int i = 0; i < BlockSize; i++)
                r[i % 8] += Math.Abs(GroupQuantizer.ReadElement(dtype, blocks.Slice((b * BlockSize + i) * size, size)));
            sums[b] = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum256<TWiden>(ReadOnlySpan<byte> blocks, Span<double> sums)
        where TWiden : struct, IWiden
    {
        ref byte source = ref MemoryMarshal.GetReference(blocks);
        for (int b = 0; b < sums.Length; b++)
        {
            (Vector256<double> low, Vector256<double> high) = TWiden.Fours(ref source, 0);
            for (int i = 1; i < BlockSize / 8; i++)
            {
                (Vector256<double> nextLow, Vector256<double> nextHigh) = TWiden.Fours(ref source, i);
                low += nextLow;
                high += nextHigh;
            }

            sums[b] = GroupQuantizer.PairwiseSum(low, high);
            source = ref Unsafe.Add(ref source, BlockSize * TWiden.Size);
        }
    }
}
