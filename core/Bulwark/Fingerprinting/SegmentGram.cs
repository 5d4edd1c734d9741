using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>The Gram matrix of 64 segment sums: Σ over vectors p of p[s]·p[t], for s &lt;= t.</summary>
/// <remarks>
/// Each entry is a chain of fused multiply-adds in the order of the vectors, rounded once a step, on every path: so every path
/// gives the same bits. Entries below the diagonal hold nothing.
/// </remarks>
internal sealed class SegmentGram(VectorPath path)
{
    private const int Size = Segments.Count;
    private const int Batch = 64;

    private readonly double[] _sums = new double[Size * Size];
    private readonly double[] _vectors = new double[Batch * Size];
    private int _count;

    /// <summary>Room for the next vector; to be filled before the next call.</summary>
    public Span<double> Next()
    {
        if (_count == Batch)
            Flush();
        return _vectors.AsSpan(_count++ * Size, Size);
    }

    /// <summary>Room for as many vectors as fit at once, 64 at most; all of it counts.</summary>
    public Span<double> Next(int count)
    {
        if (_count + count > Batch)
            Flush();
        Span<double> room = _vectors.AsSpan(_count * Size, count * Size);
        _count += count;
        return room;
    }

    /// <summary>Adds the matrix to a total, divided by its mean diagonal and weighted by √elements; then starts at zero again.</summary>
    /// <returns>False when the matrix is zero and adds nothing.</returns>
    public bool AddTo(Span<double> total, double elements)
    {
        Flush();
        double diagonal = 0;
        for (int s = 0; s < Size; s++)
            diagonal += _sums[s * Size + s];
        if (diagonal > 0)
        {
            double weight = Math.Sqrt(elements) / (diagonal / Size);
            for (int i = 0; i < total.Length; i++)
                total[i] += _sums[i] * weight;
        }

        Array.Clear(_sums);
        return diagonal > 0;
    }

    private void Flush()
    {
        ref double vectors = ref MemoryMarshal.GetArrayDataReference(_vectors);
        ref double sums = ref MemoryMarshal.GetArrayDataReference(_sums);
        switch (path)
        {
            case VectorPath.V512: Add512(ref vectors, _count, ref sums); break;
            case VectorPath.V256: Add256(ref vectors, _count, ref sums); break;
            default: AddScalar(_vectors, _count, _sums); break;
        }

        _count = 0;
    }

    private static void AddScalar(double[] vectors, int count, double[] sums)
    {
        for (int k = 0; k < count; k++)
        {
            ReadOnlySpan<double> p = vectors.AsSpan(k * Size, Size);
            for (int s = 0; s < Size; s++)
            {
                for (int t = s; t < Size; t++)
                    sums[s * Size + t] = Math.FusedMultiplyAdd(p[s], p[t], sums[s * Size + t]);
            }
        }
    }

    // Tiles of 4 x 16 sums stay in eight registers while the vectors pass; a tile that crosses the diagonal fills entries nobody reads.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add512(ref double vectors, int count, ref double sums)
    {
        for (int s = 0; s < Size; s += 4)
        {
            for (int t = s / 16 * 16; t < Size; t += 16)
            {
                ref double tile = ref Unsafe.Add(ref sums, s * Size + t);
                Vector512<double> a0 = Vector512.LoadUnsafe(ref tile, 0), b0 = Vector512.LoadUnsafe(ref tile, 8);
                Vector512<double> a1 = Vector512.LoadUnsafe(ref tile, Size), b1 = Vector512.LoadUnsafe(ref tile, Size + 8);
                Vector512<double> a2 = Vector512.LoadUnsafe(ref tile, 2 * Size), b2 = Vector512.LoadUnsafe(ref tile, 2 * Size + 8);
                Vector512<double> a3 = Vector512.LoadUnsafe(ref tile, 3 * Size), b3 = Vector512.LoadUnsafe(ref tile, 3 * Size + 8);
                ref double p = ref vectors;
                for (int k = 0; k < count; k++)
                {
                    Vector512<double> low = Vector512.LoadUnsafe(ref p, (nuint)t), high = Vector512.LoadUnsafe(ref p, (nuint)(t + 8));
                    Vector512<double> q = Vector512.Create(Unsafe.Add(ref p, s));
                    a0 = Vector512.FusedMultiplyAdd(q, low, a0);
                    b0 = Vector512.FusedMultiplyAdd(q, high, b0);
                    q = Vector512.Create(Unsafe.Add(ref p, s + 1));
                    a1 = Vector512.FusedMultiplyAdd(q, low, a1);
                    b1 = Vector512.FusedMultiplyAdd(q, high, b1);
                    q = Vector512.Create(Unsafe.Add(ref p, s + 2));
                    a2 = Vector512.FusedMultiplyAdd(q, low, a2);
                    b2 = Vector512.FusedMultiplyAdd(q, high, b2);
                    q = Vector512.Create(Unsafe.Add(ref p, s + 3));
                    a3 = Vector512.FusedMultiplyAdd(q, low, a3);
                    b3 = Vector512.FusedMultiplyAdd(q, high, b3);
                    p = ref Unsafe.Add(ref p, Size);
                }

                a0.StoreUnsafe(ref tile, 0);
                b0.StoreUnsafe(ref tile, 8);
                a1.StoreUnsafe(ref tile, Size);
                b1.StoreUnsafe(ref tile, Size + 8);
                a2.StoreUnsafe(ref tile, 2 * Size);
                b2.StoreUnsafe(ref tile, 2 * Size + 8);
                a3.StoreUnsafe(ref tile, 3 * Size);
                b3.StoreUnsafe(ref tile, 3 * Size + 8);
            }
        }
    }

    // The same with tiles of 4 x 8.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add256(ref double vectors, int count, ref double sums)
    {
        for (int s = 0; s < Size; s += 4)
        {
            for (int t = s / 8 * 8; t < Size; t += 8)
            {
                ref double tile = ref Unsafe.Add(ref sums, s * Size + t);
                Vector256<double> a0 = Vector256.LoadUnsafe(ref tile, 0), b0 = Vector256.LoadUnsafe(ref tile, 4);
                Vector256<double> a1 = Vector256.LoadUnsafe(ref tile, Size), b1 = Vector256.LoadUnsafe(ref tile, Size + 4);
                Vector256<double> a2 = Vector256.LoadUnsafe(ref tile, 2 * Size), b2 = Vector256.LoadUnsafe(ref tile, 2 * Size + 4);
                Vector256<double> a3 = Vector256.LoadUnsafe(ref tile, 3 * Size), b3 = Vector256.LoadUnsafe(ref tile, 3 * Size + 4);
                ref double p = ref vectors;
                for (int k = 0; k < count; k++)
                {
                    Vector256<double> low = Vector256.LoadUnsafe(ref p, (nuint)t), high = Vector256.LoadUnsafe(ref p, (nuint)(t + 4));
                    Vector256<double> q = Vector256.Create(Unsafe.Add(ref p, s));
                    a0 = Vector256.FusedMultiplyAdd(q, low, a0);
                    b0 = Vector256.FusedMultiplyAdd(q, high, b0);
                    q = Vector256.Create(Unsafe.Add(ref p, s + 1));
                    a1 = Vector256.FusedMultiplyAdd(q, low, a1);
                    b1 = Vector256.FusedMultiplyAdd(q, high, b1);
                    q = Vector256.Create(Unsafe.Add(ref p, s + 2));
                    a2 = Vector256.FusedMultiplyAdd(q, low, a2);
                    b2 = Vector256.FusedMultiplyAdd(q, high, b2);
                    q = Vector256.Create(Unsafe.Add(ref p, s + 3));
                    a3 = Vector256.FusedMultiplyAdd(q, low, a3);
                    b3 = Vector256.FusedMultiplyAdd(q, high, b3);
                    p = ref Unsafe.Add(ref p, Size);
                }

                a0.StoreUnsafe(ref tile, 0);
                b0.StoreUnsafe(ref tile, 4);
                a1.StoreUnsafe(ref tile, Size);
                b1.StoreUnsafe(ref tile, Size + 4);
                a2.StoreUnsafe(ref tile, 2 * Size);
                b2.StoreUnsafe(ref tile, 2 * Size + 4);
                a3.StoreUnsafe(ref tile, 3 * Size);
                b3.StoreUnsafe(ref tile, 3 * Size + 4);
            }
        }
    }
}
