using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>
/// Computes the <see cref="RobustFingerprint"/> of a model from its quantised groups, tensor after tensor. Holds 64 sums for each
/// column of the running tensor, 32 MiB at most. Not safe for concurrent use.
/// </summary>
internal sealed class RobustFingerprintBuilder : IDisposable
{
    private readonly VectorPath _path;
    private readonly PublicSigns _signs = new();
    private readonly SignedMagnitudes _v = new();
    private readonly BucketSums _buckets;
    private readonly ColumnSegments _columns;
    private readonly RowSegments _rows;
    private readonly double[] _columnTotal = new double[Segments.Count * Segments.Count];
    private readonly double[] _rowTotal = new double[Segments.Count * Segments.Count];
    private readonly long _elements;
    private readonly int _bits;
    private RobustParts _parts;
    private TensorInfo? _tensor;
    private TensorView? _view;
    private ulong _tensorId;
    private long _position;
    private int _column;
    private long _rowSum;

    public RobustFingerprintBuilder(IReadOnlyList<TensorInfo> tensors)
        : this(tensors, VectorPaths.Best)
    {
    }

    public RobustFingerprintBuilder(IReadOnlyList<TensorInfo> tensors, VectorPath path)
    {
        _path = path;
        _elements = Watermarker.CountElements(tensors);
        _bits = BitCount(_elements);
        _buckets = new BucketSums(_bits);
        _columns = new ColumnSegments(path, _signs);
        _rows = new RowSegments(path, _signs);
    }

    /// <summary>Bits of part A for that many weights: 2^⌊log2(N/128)⌋, held between 256 and 8,192.</summary>
    public static int BitCount(long elements) => elements / 128 < RobustFingerprint.MinimumBitsA
        ? RobustFingerprint.MinimumBitsA
        : (int)Math.Min(1L << BitOperations.Log2((ulong)elements / 128), RobustFingerprint.MaximumBitsA);

    /// <summary>Adds the next groups of a tensor; tensors that carry no mark carry no robust fingerprint either, and are passed over.</summary>
    /// <param name="tensor">The tensor; its groups come in order, and one tensor after the other.</param>
    /// <param name="batch">Its next groups.</param>
    public void Add(TensorInfo tensor, GroupBatch batch)
    {
        if (!Watermarker.IsEligible(tensor))
            return;
        if (!ReferenceEquals(tensor, _tensor))
        {
            EndTensor();
            BeginTensor(tensor);
        }

        if (batch.FirstGroup * GroupQuantizer.GroupSize != _position)
            throw new ArgumentException($"The groups of {tensor.Name} do not come in order.", nameof(batch));
        _v.Load(batch);
        _buckets.Add(_path, _v.WithSlack[.._v.Count], _signs.Groups(_tensorId, batch.FirstGroup, batch.Count));
        _parts |= RobustParts.A;
        if (_view is not null)
            AddRows(_v.Count, _v.WithSlack);
        _position += _v.Count;
    }

    /// <summary>The fingerprint.</summary>
    /// <param name="exact">The exact roots of the same bytes, which it carries the halves of.</param>
    public RobustFingerprint Finish(ExactFingerprint exact)
    {
        EndTensor();
        byte[] a = new byte[_bits / 8];
        _buckets.WriteBits(a);
        // Weights that are all zero, or all the same, cast no votes: any two such models would agree in every bit.
        RobustParts parts = _buckets.IsSilent ? _parts & ~RobustParts.A : _parts;
        return RobustFingerprint.Create(exact, _elements, parts, a, Signs(_columnTotal), Signs(_rowTotal));
    }

    public void Dispose() => _signs.Dispose();

    /// <summary>The signs of the entries above the diagonal, row by row, lowest bit first.</summary>
    private static byte[] Signs(double[] gram)
    {
        byte[] bits = new byte[RobustFingerprint.GramBits / 8];
        int i = 0;
        for (int s = 0; s < Segments.Count; s++)
        {
            for (int t = s + 1; t < Segments.Count; t++, i++)
                bits[i / 8] |= (byte)(gram[s * Segments.Count + t] > 0 ? 1 << (i % 8) : 0);
        }

        return bits;
    }

    private void BeginTensor(TensorInfo tensor)
    {
        (_tensor, _tensorId, _view) = (tensor, PublicSigns.TensorId(tensor.Name), TensorView.Of(tensor));
        (_position, _column, _rowSum) = (0, 0, 0);
        if (_view is not { } view)
            return;
        _columns.Begin(view.Columns);
        if (view.HasRowSegments)
            _rows.Begin(view.Rows, view.Columns);
    }

    private void EndTensor()
    {
        if (_tensor is null)
            return;
        long left = _tensor.ElementCount - _position;
        if (left is < 0 or >= GroupQuantizer.GroupSize)
            throw new InvalidOperationException($"The groups of {_tensor.Name} did not all come.");
        if (_view is { } view)
        {
            // What is left behind the last whole group counts as zero.
            AddRows((int)left, new short[(int)left + SignedMagnitudes.Slack]);
            if (_columns.AddTo(_columnTotal, (double)view.Rows * view.Columns))
                _parts |= RobustParts.B;
            if (view.HasRowSegments && _rows.AddTo(_rowTotal, (double)view.Rows * view.Columns))
                _parts |= RobustParts.C;
        }

        _tensor = null;
    }

    private void AddRows(int count, ReadOnlySpan<short> withSlack)
    {
        TensorView view = _view!.Value;
        for (int at = 0; at < count;)
        {
            int taken = Math.Min(count - at, view.Columns - _column);
            ReadOnlySpan<short> piece = withSlack.Slice(at, taken);
            _rowSum += Sum(piece);
            _columns.Add(_column, taken, withSlack[at..]);
            if (view.HasRowSegments)
                _rows.Add(_column, piece);
            _column += taken;
            at += taken;
            if (_column == view.Columns)
            {
                _columns.EndRow(_rowSum);
                if (view.HasRowSegments)
                    _rows.EndRow(_rowSum);
                (_column, _rowSum) = (0, 0);
            }
        }
    }

    private int Sum(ReadOnlySpan<short> values)
    {
        int sum = 0, i = 0;
        if (_path != VectorPath.Scalar)
        {
            Vector256<int> lanes = default;
            ref short first = ref MemoryMarshal.GetReference(values);
            for (; i <= values.Length - 16; i += 16)
                lanes += Avx2.MultiplyAddAdjacent(Vector256.LoadUnsafe(ref first, (nuint)i), Vector256<short>.One);
            sum = Vector256.Sum(lanes);
        }

        for (; i < values.Length; i++)
            sum += values[i];
        return sum;
    }
}
