namespace Bulwark.Watermarking;

/// <summary>How strongly each coded bit is pushed so that a payload stands out of a model within a budget.</summary>
/// <remarks>
/// γ_j(A) = min(max((A·√E_j − c_j·S_j) / R_j, floor·budget), 0.25), and 0 where R_j = 0. A is the largest margin whose change,
/// rms = √(Σγ²N / ΣN), stays within the budget: 64 steps of bisection over −8 to 64. q_j = round(γ_j·2^20), half to even.
/// </remarks>
public sealed class WatermarkPlan
{
    /// <summary>The smallest budget accepted.</summary>
    public const double MinimumBudget = 0.0001;

    /// <summary>The largest budget accepted: an eighth changes a model beyond use, the largest sensible one is 0.04.</summary>
    public const double MaximumBudget = 0.125;

    /// <summary>Every bit is pushed by at least this part of the budget.</summary>
    public const double Floor = 0.5;

    /// <summary>No bit is pushed by more than this, so that no sign can change.</summary>
    public const double MaximumGamma = 0.25;

    internal const int QBits = 20;

    private const int BisectionSteps = 64;

    private WatermarkPlan(WatermarkMode mode, WatermarkPayload payload, sbyte[] codeword, double budget, double margin, double rms, int[] q)
    {
        Mode = mode;
        Payload = payload;
        Codeword = codeword;
        Budget = budget;
        Margin = margin;
        RelativeChange = rms;
        Q = q;
    }

    /// <summary>What it is written into.</summary>
    public WatermarkMode Mode { get; }

    /// <summary>What is written.</summary>
    public WatermarkPayload Payload { get; }

    /// <summary>The relative change of the weights asked for, root mean square.</summary>
    public double Budget { get; }

    /// <summary>A: every coded bit ends A standard deviations on its right side, as far as clipping allows.</summary>
    public double Margin { get; }

    /// <summary>The relative change of the weights that the plan makes, root mean square, before rounding to the dtype.</summary>
    public double RelativeChange { get; }

    internal sbyte[] Codeword { get; }

    internal int[] Q { get; }

    /// <summary>Solves the plan.</summary>
    /// <param name="statistics">Of the unmarked model under the key.</param>
    /// <param name="payload">What to write.</param>
    /// <param name="budget">Relative change, 0.0001 to 0.125.</param>
    /// <exception cref="WatermarkException">The budget is out of range (BW1602), or nothing can be marked (BW1603).</exception>
    public static WatermarkPlan Solve(WatermarkStatistics statistics, WatermarkPayload payload, double budget)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        ArgumentNullException.ThrowIfNull(payload);
        if (!(budget >= MinimumBudget && budget <= MaximumBudget))
            throw WatermarkException.BadBudget(budget);
        if (statistics.Elements == 0)
            throw WatermarkException.TooFewWeights(0);

        sbyte[] codeword = new sbyte[ConvolutionalCode.Length];
        ConvolutionalCode.Encode(payload.Bytes, codeword);
        double[] gamma = new double[ConvolutionalCode.Length];
        double low = -8, high = 64;
        for (int step = 0; step < BisectionSteps; step++)
        {
            double middle = (low + high) / 2;
            FillGamma(statistics, codeword, middle, budget, gamma);
            if (Rms(statistics, gamma) > budget)
                high = middle;
            else
                low = middle;
        }

        FillGamma(statistics, codeword, low, budget, gamma);
        int[] q = Array.ConvertAll(gamma, g => (int)Math.Round(g * (1 << QBits), MidpointRounding.ToEven));
        return new WatermarkPlan(statistics.Mode, payload, codeword, budget, low, Rms(statistics, gamma), q);
    }

    private static void FillGamma(WatermarkStatistics statistics, sbyte[] codeword, double margin, double budget, double[] gamma)
    {
        double floor = Floor * budget;
        for (int j = 0; j < gamma.Length; j++)
        {
            double needed = (margin * Math.Sqrt(statistics.E[j]) - codeword[j] * (double)statistics.S[j]) / statistics.R[j];
            gamma[j] = statistics.R[j] == 0 ? 0 : Math.Min(Math.Max(needed, floor), MaximumGamma);
        }
    }

    private static double Rms(WatermarkStatistics statistics, double[] gamma)
    {
        double change = 0;
        long elements = 0;
        for (int j = 0; j < gamma.Length; j++)
        {
            change += gamma[j] * gamma[j] * statistics.N[j];
            elements += statistics.N[j];
        }

        return Math.Sqrt(change / elements);
    }
}
