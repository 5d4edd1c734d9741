namespace Bulwark.Fingerprinting;

/// <summary>Both fingerprints of one model.</summary>
/// <param name="Exact">Equal only for equal tensors.</param>
/// <param name="Robust">Close for models derived from each other; null when no tensor is large enough for it.</param>
public sealed record Fingerprint(ExactFingerprint Exact, RobustFingerprint? Robust);
