using Bulwark.Fingerprinting;

namespace Bulwark.Protection;

/// <summary>What pass 2 found out about the bytes it wrote.</summary>
/// <param name="Sha256">Their SHA-256, 32 bytes.</param>
/// <param name="Fingerprint">Their fingerprints; null when there are no tensors.</param>
internal sealed record TransformOutcome(byte[] Sha256, ModelFingerprint? Fingerprint);
