using System.Numerics;

namespace Bulwark.Fingerprinting;

/// <summary>A sum over tensors of 64×64 Gram matrices, each divided by its mean diagonal and weighted by the root of its tensor's size.</summary>
internal sealed class GramSum
{
    /// <summary>Rows and columns.</summary>
    public const int Size = 64;

    private readonly double[] _total = new double[Size * Size];
    private readonly double[] _tensor = new double[Size * Size];

    /// <summary>True when a tensor was added.</summary>
    public bool Any { get; private set; }

    /// <summary>Adds the outer product of one vector of 64 to the present tensor's matrix.</summary>
    public void AddOuter(ReadOnlySpan<double> vector)
    {
        for (int i = 0; i < Size; i++)
        {
            double factor = vector[i];
            Span<double> row = _tensor.AsSpan(i * Size, Size);
            // From the diagonal on, rounded down to whole vectors: only the upper half is read.
            int j = i / Vector<double>.Count * Vector<double>.Count;
            for (; j < Size; j += Vector<double>.Count)
                (new Vector<double>(row[j..]) + new Vector<double>(vector[j..]) * factor).CopyTo(row[j..]);
        }
    }

    /// <summary>Ends the present tensor.</summary>
    /// <param name="elements">Its size.</param>
    public void EndTensor(double elements)
    {
        double mean = 0;
        for (int i = 0; i < Size; i++)
            mean += _tensor[i * Size + i] / Size;
        if (mean > 0)
        {
            double scale = Math.Sqrt(elements) / mean;
            for (int i = 0; i < _total.Length; i++)
                _total[i] += _tensor[i] * scale;
            Any = true;
        }

        Array.Clear(_tensor);
    }

    /// <summary>The signs above the diagonal, row by row, lowest bit first: 2,016 bits.</summary>
    public byte[] ToBits()
    {
        byte[] bits = new byte[RobustFingerprint.GramBytes];
        int at = 0;
        for (int i = 0; i < Size; i++)
        {
            for (int j = i + 1; j < Size; j++, at++)
                bits[at >> 3] |= (byte)(_total[i * Size + j] > 0 ? 1 << (at & 7) : 0);
        }

        return bits;
    }
}
