using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>
/// Part B of one tensor: each row gives 64 sums over segments of its columns, under public signs, with the row's mean taken off;
/// their Gram matrix does not know the order of the rows.
/// </summary>
internal sealed class ColumnSegments(VectorPath path, PublicSigns signs)
{
    /// <summary>Segments up to this length are summed one by one: a vector would be mostly empty.</summary>
    private const int ShortSegment = 4;

    private const int Lanes = 16;

    private readonly SegmentGram _gram = new(path);
    private readonly int[] _starts = new int[Segments.Count + 1];
    private readonly int[] _balances = new int[Segments.Count];
    private readonly int[] _sums = new int[Segments.Count];
    private short[] _signs = [];
    private int _stride;
    private int _columns;
    private int _segment;

    /// <summary>Starts a tensor.</summary>
    public void Begin(int columns)
    {
        if (_columns != columns)
            Prepare(columns);
        _segment = 0;
        Array.Clear(_sums);
    }

    /// <summary>Adds the next piece of a row.</summary>
    /// <param name="column">Column of the first element.</param>
    /// <param name="count">Elements.</param>
    /// <param name="v">They, and 16 more of no meaning.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(int column, int count, ReadOnlySpan<short> v)
    {
        ref short values = ref MemoryMarshal.GetReference(v);
        ref short table = ref MemoryMarshal.GetArrayDataReference(_signs);
        for (int at = 0; at < count;)
        {
            int within = column + at - _starts[_segment];
            int length = _starts[_segment + 1] - _starts[_segment];
            int taken = Math.Min(length - within, count - at);
            nuint first = (nuint)(_segment * _stride);
            if (taken == length && length > ShortSegment && path != VectorPath.Scalar)
            {
                // What is read behind the segment meets signs of zero.
                Vector256<int> sum = default;
                for (int i = 0; i < length; i += Lanes)
                    sum += Avx2.MultiplyAddAdjacent(Vector256.LoadUnsafe(ref values, (nuint)(at + i)), Vector256.LoadUnsafe(ref table, first + (nuint)i));
                _sums[_segment] += Vector256.Sum(sum);
            }
            else
            {
                int sum = 0;
                for (int i = 0; i < taken; i++)
                    sum += v[at + i] * _signs[(int)first + within + i];
                _sums[_segment] += sum;
            }

            at += taken;
            _segment += within + taken == length ? 1 : 0;
        }
    }

    /// <summary>Ends a row.</summary>
    /// <param name="rowSum">The sum of all its elements.</param>
    public void EndRow(long rowSum)
    {
        Span<double> vector = _gram.Next();
        double mean = (double)rowSum / _columns;
        for (int s = 0; s < Segments.Count; s++)
            vector[s] = _sums[s] - mean * _balances[s];
        Array.Clear(_sums);
        _segment = 0;
    }

    /// <summary>Ends the tensor.</summary>
    /// <returns>False when it adds nothing.</returns>
    public bool AddTo(Span<double> total, double elements) => _gram.AddTo(total, elements);

    private void Prepare(int columns)
    {
        _columns = columns;
        int longest = (columns + Segments.Count - 1) / Segments.Count;
        _stride = (longest + Lanes - 1) / Lanes * Lanes;
        if (_signs.Length < Segments.Count * _stride)
            _signs = new short[Segments.Count * _stride];
        Array.Clear(_signs);
        for (int s = 0; s < Segments.Count; s++)
        {
            _starts[s] = (int)Segments.Start(columns, s);
            _balances[s] = 0;
            int end = (int)Segments.Start(columns, s + 1);
            for (int c = _starts[s]; c < end; c++)
            {
                short sign = signs.Column(c);
                _signs[s * _stride + c - _starts[s]] = sign;
                _balances[s] += sign;
            }
        }

        _starts[Segments.Count] = columns;
    }
}
