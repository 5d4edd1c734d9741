namespace Bulwark.Watermarking;

/// <summary>Which of the payloads that an owner issued a model carries: several, when copies were mixed.</summary>
/// <remarks>
/// Code words of payloads with equal beginnings resemble each other, so a payload that is there lifts the score of those that
/// are not. The best one is therefore taken first, and each further one must explain what the ones before it leave: with
/// y = S/√E and x(c) = c·R/√E, which is what a mark of equal strength adds, its score is that of the part of x(c) orthogonal to
/// the accepted ones. Under the accepted payloads alone that score is bounded like Z.
/// </remarks>
internal static class RegistrySearch
{
    private const int MostPayloads = 8;
    private const double Dependent = 1e-3;

    public static IEnumerable<WatermarkMatch> Run(WatermarkCandidate candidate, WatermarkPayload? decoded, double log10Hypotheses)
    {
        WatermarkStatistics statistics = candidate.Statistics;
        (double[] y, double[] weight) = Normalise(statistics);
        List<double[]> basis = [];
        HashSet<WatermarkPayload> left = [.. candidate.Issued];
        while (left.Count > 0 && basis.Count < MostPayloads)
        {
            (WatermarkPayload payload, double score) = basis.Count == 0
                ? First(statistics, left, decoded)
                : left.Select(p => (p, Orthogonal(basis, weight, p) is { } part ? Dot(part, y) : double.NegativeInfinity)).MaxBy(s => s.Item2);
            double bound = Watermarker.Bound(score, log10Hypotheses);
            bool found = payload.Equals(decoded);
            if (bound > WatermarkMatch.SignificantLog10 && !found)
                yield break;

            sbyte[] codeword = Watermarker.Encode(payload);
            yield return new WatermarkMatch(
                candidate.Key.Id, payload, statistics.Correlate(codeword), bound, Issued: true, found, Watermarker.BitErrorRate(statistics, codeword), statistics.Mode);
            left.Remove(payload);
            if (Orthogonal(basis, weight, payload) is { } direction)
                basis.Add(direction);
            else
                yield break;
        }
    }

    private static (WatermarkPayload Payload, double Score) First(WatermarkStatistics statistics, HashSet<WatermarkPayload> issued, WatermarkPayload? decoded) =>
        decoded is not null && issued.Contains(decoded)
            ? (decoded, statistics.Correlate(Watermarker.Encode(decoded)))
            : issued.Select(p => (p, statistics.Correlate(Watermarker.Encode(p)))).MaxBy(s => s.Item2);

    private static (double[] Y, double[] Weight) Normalise(WatermarkStatistics statistics)
    {
        double[] y = new double[ConvolutionalCode.Length], weight = new double[ConvolutionalCode.Length];
        for (int j = 0; j < y.Length; j++)
        {
            double noise = Math.Sqrt(Math.Max(statistics.E[j], 1));
            y[j] = statistics.S[j] / noise;
            weight[j] = statistics.R[j] / noise;
        }

        return (y, weight);
    }

    /// <summary>The unit vector of what a payload adds beyond the accepted ones; null when that is nothing.</summary>
    private static double[]? Orthogonal(List<double[]> basis, double[] weight, WatermarkPayload payload)
    {
        sbyte[] codeword = Watermarker.Encode(payload);
        double[] part = new double[weight.Length];
        for (int j = 0; j < part.Length; j++)
            part[j] = codeword[j] * weight[j];
        double whole = Math.Sqrt(Dot(part, part));
        foreach (double[] direction in basis)
        {
            double projection = Dot(part, direction);
            for (int j = 0; j < part.Length; j++)
                part[j] -= projection * direction[j];
        }

        double rest = Math.Sqrt(Dot(part, part));
        if (!(rest > Dependent * whole))
            return null;
        for (int j = 0; j < part.Length; j++)
            part[j] /= rest;
        return part;
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int j = 0; j < a.Length; j++)
            sum += a[j] * b[j];
        return sum;
    }
}
