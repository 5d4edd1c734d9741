using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>A model that is one file, whose signature verified.</summary>
/// <param name="Subject">The name it was signed under.</param>
/// <param name="Root">The root digest, 32 bytes: what claims about it must name as their subject.</param>
/// <param name="Sha256">SHA-256 of the file, 32 bytes.</param>
/// <param name="SignedBy">The key that signed.</param>
/// <param name="Identity">Who signed, where a certificate says so.</param>
public sealed record VerifiedFile(
    string Subject, ReadOnlyMemory<byte> Root, ReadOnlyMemory<byte> Sha256, VerificationKey SignedBy, SignerIdentity? Identity = null);
