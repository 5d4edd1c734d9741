namespace Bulwark.Watermarking;

/// <summary>
/// What pass 1 gathers for one key: four exact integers per coded bit. They tell whether a mark is there and how strong one
/// must be made. Sums of parts of a model, in any order, are the sums of the model.
/// </summary>
/// <remarks>
/// For every group that is not skipped, with a = u - 4096 and ε the key's signs, added to the group's coded bit j:
/// <code>
/// S[j] += Σ ε·a      E[j] += Σ a²      R[j] += Σ u over u &lt; 16384      N[j] += 64
/// </code>
/// For blocks of 32 (<see cref="WatermarkMode.BlockScales"/>) the magnitudes and the response R are those of
/// <see cref="BlockMagnitudes"/>, and N[j] += 32.
/// </remarks>
/// <param name="mode">What the sums are of.</param>
public sealed class WatermarkStatistics(WatermarkMode mode)
{
    /// <summary>Starts at zero, for single weights.</summary>
    public WatermarkStatistics()
        : this(WatermarkMode.Elements)
    {
    }

    /// <summary>What the sums are of.</summary>
    public WatermarkMode Mode { get; } = mode;

    internal long[] S { get; } = new long[ConvolutionalCode.Length];

    internal long[] E { get; } = new long[ConvolutionalCode.Length];

    internal long[] R { get; } = new long[ConvolutionalCode.Length];

    internal long[] N { get; } = new long[ConvolutionalCode.Length];

    /// <summary>Weights in groups or blocks that were not skipped and are counted as carrying a mark.</summary>
    public long Elements => N.Sum();

    /// <summary>Adds what another part of the same model gave under the same key.</summary>
    /// <exception cref="ArgumentException">The other sums are of the other mode.</exception>
    public void Add(WatermarkStatistics other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Mode != Mode)
            throw new ArgumentException("The sums are of another mode.", nameof(other));
        for (int j = 0; j < ConvolutionalCode.Length; j++)
        {
            S[j] += other.S[j];
            E[j] += other.E[j];
            R[j] += other.R[j];
            N[j] += other.N[j];
        }
    }

    /// <summary>Z of a known code word: Σ c·S / √ΣE, standard normal or narrower for a model made without the key. 0 without data.</summary>
    internal double Correlate(ReadOnlySpan<sbyte> codeword)
    {
        long signal = 0, energy = 0;
        for (int j = 0; j < ConvolutionalCode.Length; j++)
        {
            signal += codeword[j] * S[j];
            energy += E[j];
        }

        return energy == 0 ? 0 : signal / Math.Sqrt(energy);
    }

    /// <summary>The soft values of the coded bits: S / √max(E, 1).</summary>
    internal void SoftBits(Span<double> soft)
    {
        for (int j = 0; j < ConvolutionalCode.Length; j++)
            soft[j] = S[j] / Math.Sqrt(Math.Max(E[j], 1));
    }
}
