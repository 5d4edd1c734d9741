using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>
/// Part C of one tensor: each column gives 64 sums over segments of its rows, under public signs, with every row's mean taken off;
/// their Gram matrix does not know the order of the columns. Holds 64 sums for each column until the tensor ends.
/// </summary>
/// <param name="path">Instructions to use.</param>
/// <param name="signs">The public signs.</param>
/// <param name="rowsHeld">Rows that are summed in 32 bits before they move on: 65,536 · 16,384 is 2^30. Tests take fewer.</param>
internal sealed class RowSegments(VectorPath path, PublicSigns signs, int rowsHeld = 65_536)
{
    /// <summary>Columns turned around at once.</summary>
    private const int Tile = 64;

    private readonly SegmentGram _gram = new(path);
    private readonly long[] _rowSums = new long[Segments.Count];
    private double[] _sums = [];
    private int[] _accumulator = [];
    private long _rows;
    private int _columns;
    private long _row;
    private int _segment;
    private long _segmentEnd;
    private int _held;
    private bool _started;
    private short _sign;

    /// <summary>Starts a tensor of at least 64 rows.</summary>
    public void Begin(long rows, int columns)
    {
        (_rows, _columns, _row, _segment, _held, _started) = (rows, columns, 0, 0, 0, false);
        if (_sums.Length < Segments.Count * columns)
            _sums = GC.AllocateUninitializedArray<double>(Segments.Count * columns);
        if (_accumulator.Length < columns)
            _accumulator = new int[columns];
        _accumulator.AsSpan(0, columns).Clear();
        Array.Clear(_rowSums);
        _segmentEnd = Segments.Start(rows, 1);
        _sign = signs.Row(0);
    }

    /// <summary>Adds the next piece of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(int column, ReadOnlySpan<short> v)
    {
        Span<int> target = _accumulator.AsSpan(column, v.Length);
        int i = 0;
        if (path != VectorPath.Scalar)
        {
            ref short values = ref MemoryMarshal.GetReference(v);
            ref int sums = ref MemoryMarshal.GetReference(target);
            // (v ^ m) - m is v or -v.
            Vector256<int> mask = Vector256.Create(_sign < 0 ? -1 : 0);
            for (; i <= v.Length - 16; i += 16)
            {
                Vector256<short> next = Vector256.LoadUnsafe(ref values, (nuint)i);
                (Vector256.LoadUnsafe(ref sums, (nuint)i) + ((Vector256.WidenLower(next) ^ mask) - mask)).StoreUnsafe(ref sums, (nuint)i);
                (Vector256.LoadUnsafe(ref sums, (nuint)(i + 8)) + ((Vector256.WidenUpper(next) ^ mask) - mask)).StoreUnsafe(ref sums, (nuint)(i + 8));
            }
        }

        for (; i < v.Length; i++)
            target[i] += _sign * v[i];
    }

    /// <summary>Ends a row.</summary>
    /// <param name="rowSum">The sum of all its elements.</param>
    public void EndRow(long rowSum)
    {
        _rowSums[_segment] += _sign * rowSum;
        _held++;
        _row++;
        if (_row == _segmentEnd || _held == rowsHeld)
            Flush();
        if (_row == _segmentEnd && _row < _rows)
        {
            _segment++;
            _segmentEnd = Segments.Start(_rows, _segment + 1);
            _started = false;
        }

        if (_row < _rows)
            _sign = signs.Row(_row);
    }

    /// <summary>Ends the tensor.</summary>
    /// <returns>False when it adds nothing.</returns>
    public bool AddTo(Span<double> total, double elements)
    {
        Span<double> means = stackalloc double[Segments.Count];
        for (int s = 0; s < Segments.Count; s++)
            means[s] = (double)_rowSums[s] / _columns;
        for (int first = 0; first < _columns; first += Tile)
        {
            int width = Math.Min(Tile, _columns - first);
            Span<double> vectors = _gram.Next(width);
            for (int s = 0; s < Segments.Count; s++)
            {
                ReadOnlySpan<double> sums = _sums.AsSpan(s * _columns + first, width);
                for (int c = 0; c < sums.Length; c++)
                    vectors[c * Segments.Count + s] = sums[c] - means[s];
            }
        }

        return _gram.AddTo(total, elements);
    }

    private void Flush()
    {
        Span<double> sums = _sums.AsSpan(_segment * _columns, _columns);
        ReadOnlySpan<int> held = _accumulator.AsSpan(0, _columns);
        if (_started)
        {
            for (int c = 0; c < sums.Length; c++)
                sums[c] += held[c];
        }
        else
        {
            for (int c = 0; c < sums.Length; c++)
                sums[c] = held[c];
        }

        _accumulator.AsSpan(0, _columns).Clear();
        _held = 0;
        _started = true;
    }
}
