namespace Bulwark.Fingerprinting;

/// <summary>Both fingerprints of one model.</summary>
/// <param name="Exact">Equal for equal tensors only.</param>
/// <param name="Robust">Close for models of a common origin.</param>
public sealed record ModelFingerprint(ExactFingerprint Exact, RobustFingerprint Robust);
