using System.Numerics;
using System.Runtime.InteropServices;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>Parts B and C: sums over 64 segments of columns and of rows, whose Gram matrices do not depend on the order of the other side.</summary>
/// <remarks>
/// v is centred by the mean of its row. Segment k of n columns (rows) is k·n/64 to (k+1)·n/64, rounded down; signs are the bits of
/// consecutive blocks under the id "colsign\0" ("rowsign\0"), 128 a block.
/// <code>
/// B  every row gives 64 sums of sign·v over column segments; Gram matrix over the rows
/// C  every column gives 64 sums of sign·v over row segments; Gram matrix over the columns; from 64 rows on
/// </code>
/// A row's mean is known at its end, so it is taken off then: sums are linear in v. Whole numbers are summed exactly.
/// </remarks>
internal sealed class MatrixSums(KeyedBlocks blocks)
{
    private const int FlushRows = 65_536; // 65,536 rows of at most 16,384 fit 31 bits: 2^16 · 2^14 = 2^30
    private const int SignsPerBlock = 128;
    private const int SignRows = 4096;

    private readonly GramSum _b = new();
    private readonly GramSum _c = new();
    private readonly int[] _bounds = new int[GramSum.Size + 1];
    private readonly double[] _columnSignSums = new double[GramSum.Size];
    private readonly long[] _segments = new long[GramSum.Size];
    private readonly double[] _vector = new double[GramSum.Size];
    private readonly double[] _taken = new double[GramSum.Size];
    private short[] _columnMask = [];
    private int[] _active = [];
    private double[] _rowSums = [];
    private byte[] _rowSigns = [];
    private long _rowSignsFrom;
    private MatrixView _view;
    private long _row;
    private int _column;
    private long _rowSum;
    private int _activeSegment;
    private int _activeRows;

    /// <summary>True when a tensor gave B.</summary>
    public bool HasB => _b.Any;

    /// <summary>True when a tensor gave C.</summary>
    public bool HasC => _c.Any;

    private bool Tall => _view.Rows >= GramSum.Size;

    /// <summary>B, 252 bytes.</summary>
    public byte[] BitsB() => _b.ToBits();

    /// <summary>C, 252 bytes.</summary>
    public byte[] BitsC() => _c.ToBits();

    /// <summary>Begins a tensor.</summary>
    public void Begin(MatrixView view)
    {
        int columns = view.Columns;
        if (_columnMask.Length < columns)
        {
            _columnMask = new short[columns];
            _active = new int[columns];
        }

        if (view != _view)
        {
            for (int k = 0; k <= GramSum.Size; k++)
                _bounds[k] = (int)((long)k * columns / GramSum.Size);
            ReadOnlySpan<byte> signs = blocks.Compute(Id("colsign\0"u8), KeyedBlocks.GroupDomain, 0, (columns + SignsPerBlock - 1) / SignsPerBlock);
            for (int k = 0; k < GramSum.Size; k++)
            {
                int sum = 0;
                for (int c = _bounds[k]; c < _bounds[k + 1]; c++)
                {
                    bool plus = (signs[c >> 3] >> (c & 7) & 1) == 1;
                    _columnMask[c] = plus ? (short)0 : (short)-1;
                    sum += plus ? 1 : -1;
                }

                _columnSignSums[k] = sum;
            }
        }

        _view = view;
        _row = _column = 0;
        _rowSum = 0;
        Array.Clear(_segments);
        if (!Tall)
            return;
        int needed = GramSum.Size * columns;
        if (_rowSums.Length < needed)
            _rowSums = new double[needed];
        else
            Array.Clear(_rowSums, 0, needed);
        Array.Clear(_active, 0, columns);
        Array.Clear(_taken);
        _rowSignsFrom = -SignRows;
        _activeSegment = 0;
        _activeRows = 0;
    }

    /// <summary>Adds the next values in flat order.</summary>
    public void Add(ReadOnlySpan<short> values)
    {
        while (!values.IsEmpty)
        {
            int count = Math.Min(values.Length, _view.Columns - _column);
            AddRun(values[..count]);
            values = values[count..];
            _column += count;
            if (_column == _view.Columns)
                EndRow();
        }
    }

    /// <summary>Ends a tensor; elements after its last whole group count as zeros.</summary>
    public void End()
    {
        if (_column > 0)
            EndRow();
        _b.EndTensor((double)_view.Rows * _view.Columns);
        if (!Tall)
            return;
        FlushActive();
        int columns = _view.Columns;
        for (int c = 0; c < columns; c++)
        {
            for (int k = 0; k < GramSum.Size; k++)
                _vector[k] = _rowSums[k * columns + c] - _taken[k];
            _c.AddOuter(_vector);
        }

        _c.EndTensor((double)_view.Rows * columns);
    }

    private void AddRun(ReadOnlySpan<short> run)
    {
        ReadOnlySpan<short> mask = _columnMask.AsSpan(_column, run.Length);
        int done = 0;
        // The segment of a column: the largest k with bounds[k] <= column.
        for (int k = (int)(((long)_column * GramSum.Size + GramSum.Size - 1) / _view.Columns); done < run.Length; k++)
        {
            while (k > 0 && _bounds[k] > _column + done)
                k--;
            int count = Math.Min(_bounds[k + 1] - _column, run.Length) - done;
            if (count > 0)
            {
                (long signed, long plain) = Sum(run.Slice(done, count), mask.Slice(done, count));
                _segments[k] += signed;
                _rowSum += plain;
                done += count;
            }
        }

        if (Tall)
            Accumulate(run, _active.AsSpan(_column, run.Length), RowSign());
    }

    private static (long Signed, long Plain) Sum(ReadOnlySpan<short> values, ReadOnlySpan<short> mask)
    {
        long signed = 0, plain = 0;
        int i = 0;
        if (values.Length >= Vector<short>.Count)
        {
            Vector<int> signedLanes = default, plainLanes = default;
            for (; i <= values.Length - Vector<short>.Count; i += Vector<short>.Count)
            {
                Vector<short> v = new(values[i..]), m = new(mask[i..]);
                Vector.Widen(v, out Vector<int> low, out Vector<int> high);
                plainLanes += low + high;
                Vector.Widen((v ^ m) - m, out low, out high);
                signedLanes += low + high;
            }

            signed = Vector.Sum(signedLanes);
            plain = Vector.Sum(plainLanes);
        }

        for (; i < values.Length; i++)
        {
            plain += values[i];
            signed += (values[i] ^ mask[i]) - mask[i];
        }

        return (signed, plain);
    }

    private static void Accumulate(ReadOnlySpan<short> values, Span<int> sums, int sign)
    {
        int i = 0;
        for (; i <= values.Length - Vector<short>.Count; i += Vector<short>.Count)
        {
            Vector.Widen(new Vector<short>(values[i..]), out Vector<int> low, out Vector<int> high);
            Span<int> first = sums[i..], second = sums[(i + Vector<int>.Count)..];
            (sign > 0 ? new Vector<int>(first) + low : new Vector<int>(first) - low).CopyTo(first);
            (sign > 0 ? new Vector<int>(second) + high : new Vector<int>(second) - high).CopyTo(second);
        }

        for (; i < values.Length; i++)
            sums[i] += sign * values[i];
    }

    private void EndRow()
    {
        double mean = (double)_rowSum / _view.Columns;
        for (int k = 0; k < GramSum.Size; k++)
            _vector[k] = _segments[k] - mean * _columnSignSums[k];
        _b.AddOuter(_vector);
        if (Tall)
        {
            _taken[_activeSegment] += RowSign() * mean;
            _activeRows++;
        }

        Array.Clear(_segments);
        _rowSum = 0;
        _column = 0;
        _row++;
        if (!Tall || _row == _view.Rows)
            return;
        while (_row >= (long)((Int128)(_activeSegment + 1) * _view.Rows / GramSum.Size))
        {
            FlushActive();
            _activeSegment++;
        }

        if (_activeRows == FlushRows)
            FlushActive();
    }

    private void FlushActive()
    {
        Span<int> active = _active.AsSpan(0, _view.Columns);
        Span<double> sums = _rowSums.AsSpan(_activeSegment * _view.Columns, _view.Columns);
        for (int c = 0; c < active.Length; c++)
            sums[c] += active[c];
        active.Clear();
        _activeRows = 0;
    }

    private int RowSign()
    {
        long at = _row - _rowSignsFrom;
        if (at >= SignRows)
        {
            _rowSignsFrom = _row / SignRows * SignRows;
            _rowSigns = blocks.Compute(Id("rowsign\0"u8), KeyedBlocks.GroupDomain, _rowSignsFrom / SignsPerBlock, SignRows / SignsPerBlock).ToArray();
            at = _row - _rowSignsFrom;
        }

        return (_rowSigns[at >> 3] >> (int)(at & 7) & 1) == 1 ? 1 : -1;
    }

    private static ulong Id(ReadOnlySpan<byte> label) => MemoryMarshal.Read<ulong>(label);
}
