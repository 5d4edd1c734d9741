using Bulwark.Models;

namespace Bulwark.Watermarking;

/// <summary>
/// KMM64 v1: a keyed mark in the weights themselves, read with the key alone, that survives casts, quantisation, pruning and
/// fine-tuning. Two passes write it (<see cref="WatermarkMeter"/>, <see cref="WatermarkPlan.Solve"/>, <see cref="WatermarkMarker"/>),
/// one reads it (<see cref="WatermarkMeter"/>, <see cref="Detect"/>).
/// </summary>
/// <remarks>
/// Each weight of a group of 64 is multiplied by 1 ± γ: the sign is a secret of the key and the position, γ is solved for each of
/// 268 coded bits. A model made without the key gives every code word a Z whose tail is at most exp(-Z²/2), whatever its weights
/// (Hoeffding): that is the bound reported, times the number of hypotheses tried.
/// </remarks>
public static class Watermarker
{
    /// <summary>The name of the scheme.</summary>
    public const string Scheme = "kmm64/v1";

    /// <summary>Fewer eligible weights than this cannot carry a mark that would prove anything.</summary>
    public const long MinimumElements = 50_000;

    /// <summary>From this many eligible weights on, the default budget is at most 1 %.</summary>
    public const long OrdinaryElements = 500_000;

    /// <summary>Margins from here on decode to the whole payload; below, only the presence of a known one can be shown.</summary>
    public const double PayloadMargin = 0.7;

    private const int MinimumTensorElements = 1024;

    /// <summary>True for a tensor of floating-point weights that carries part of the mark: F16, BF16, F32 or F64, two dimensions or more, 1,024 elements or more.</summary>
    public static bool IsEligible(TensorInfo tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor.DType.IsMarkable() && tensor.Shape.Length >= 2 && tensor.Length >= (long)MinimumTensorElements * tensor.DType.BitWidth() / 8;
    }

    /// <summary>Number of elements in eligible tensors.</summary>
    public static long CountElements(IEnumerable<TensorInfo> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return tensors.Where(IsEligible).Sum(t => t.Length / (t.DType.BitWidth() / 8));
    }

    /// <summary>Number of weights that a mark is written into: those of <see cref="IsEligible"/> and 8-bit codes, or those under block scales.</summary>
    public static long CountElements(IEnumerable<TensorInfo> tensors, WatermarkMode mode)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return MarkableTensors.CountMarked(tensors, mode);
    }

    /// <summary>The mode that most of a model's weights can be marked in.</summary>
    public static WatermarkMode ChooseMode(IReadOnlyList<TensorInfo> tensors) =>
        WatermarkModes.All.MaxBy(mode => CountElements(tensors, mode));

    /// <summary>The relative change of weights that is spent unless told otherwise, root mean square.</summary>
    /// <param name="elements">Eligible weights N.</param>
    /// <returns>2.8 % · √(10⁶/N), held between 0.2 % and 1 %; for models below 500,000 weights between 2 % and 4 %.</returns>
    public static double DefaultBudget(long elements)
    {
        double wanted = 0.028 * Math.Sqrt(1e6 / Math.Max(elements, 1));
        return elements < OrdinaryElements ? Math.Clamp(wanted, 0.02, 0.04) : Math.Clamp(wanted, 0.002, 0.01);
    }

    /// <summary>Decides from a model's statistics whether it carries one of the owner's marks.</summary>
    /// <param name="candidates">
    /// The statistics of the model under each of the owner's keys and in each mode tried, with the payloads issued under that key.
    /// Each of them counts as one more set of hypotheses.
    /// </param>
    /// <returns>Every mark that was read, surest first; empty when there is none. Two averaged copies show both of their payloads.</returns>
    public static IReadOnlyList<WatermarkMatch> Detect(IReadOnlyList<WatermarkCandidate> candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        double registered = Math.Log10(Math.Max(candidates.Sum(c => (double)c.Issued.Count), 1));
        double blind = Math.Log10(Math.Max(candidates.Count, 1)) + BlindPayloadBits * Math.Log10(2);
        List<WatermarkMatch> matches = [];
        foreach (WatermarkCandidate candidate in candidates)
        {
            WatermarkPayload? decoded = Decode(candidate);
            matches.AddRange(RegistrySearch.Run(candidate, decoded, registered));
            if (decoded is not null && !candidate.Issued.Contains(decoded))
            {
                sbyte[] codeword = Encode(decoded);
                double z = candidate.Statistics.Correlate(codeword);
                matches.Add(new WatermarkMatch(
                    candidate.Key.Id, decoded, z, Bound(z, blind), Issued: false, Decoded: true, BitErrorRate(candidate.Statistics, codeword), candidate.Statistics.Mode));
            }
        }

        return [.. matches.OrderBy(m => m.Log10FalsePositive).ThenByDescending(m => m.Z)];
    }

    /// <summary>How strongly a model correlates with one payload under one key.</summary>
    public static double Correlate(WatermarkStatistics statistics, WatermarkPayload payload)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        ArgumentNullException.ThrowIfNull(payload);
        return statistics.Correlate(Encode(payload));
    }

    // 128 bits less the 32 of the MAC are free for a payload to be found blind.
    private const int BlindPayloadBits = 96;

    private static WatermarkPayload? Decode(WatermarkCandidate candidate)
    {
        Span<double> soft = stackalloc double[ConvolutionalCode.Length];
        Span<byte> bytes = stackalloc byte[WatermarkPayload.Length];
        candidate.Statistics.SoftBits(soft);
        ConvolutionalCode.Decode(soft, bytes);
        return WatermarkPayload.Authenticate(candidate.Key, bytes);
    }

    /// <summary>log10 of M·exp(-Z²/2), at most 0.</summary>
    internal static double Bound(double z, double log10Hypotheses) =>
        z > 0 ? Math.Min(log10Hypotheses - z * z / 2 * Math.Log10(Math.E), 0) : 0;

    internal static double BitErrorRate(WatermarkStatistics statistics, ReadOnlySpan<sbyte> codeword)
    {
        int wrong = 0;
        for (int j = 0; j < codeword.Length; j++)
            wrong += statistics.S[j] > 0 == codeword[j] > 0 ? 0 : 1;
        return (double)wrong / codeword.Length;
    }

    internal static sbyte[] Encode(WatermarkPayload payload)
    {
        sbyte[] codeword = new sbyte[ConvolutionalCode.Length];
        ConvolutionalCode.Encode(payload.Bytes, codeword);
        return codeword;
    }
}
