namespace Bulwark.Watermarking;

/// <summary>What one key says about a model.</summary>
/// <param name="Key">The key.</param>
/// <param name="Statistics">The model's statistics under it, in one mode.</param>
/// <param name="Issued">The payloads the owner wrote under it: the registry. Empty when it is not at hand, which costs 2⁹⁶ hypotheses.</param>
public sealed record WatermarkCandidate(WatermarkKey Key, WatermarkStatistics Statistics, IReadOnlyList<WatermarkPayload> Issued);
