using System.Security.Cryptography;
using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>A bundle whose signature verified. Only now may its payload be read.</summary>
internal sealed record BundleAuthentication(byte[] Payload, VerificationKey SignedBy, SignerIdentity? Identity, bool Version02, bool NamesKeyByBytes)
{
    private const int MaximumKeysTried = 64;

    /// <summary>Checks a bundle's signature against what is trusted.</summary>
    /// <param name="what">Names the bundle in errors.</param>
    /// <param name="bundle">Its bytes.</param>
    /// <param name="trust">Whose signatures count.</param>
    /// <param name="acceptVersion02">Whether the form of version 0.2 is accepted; the payload must then be of that version too.</param>
    /// <exception cref="SigningException">BW1801 to BW1807.</exception>
    public static BundleAuthentication Of(string what, ReadOnlyMemory<byte> bundle, SigningTrust trust, bool acceptVersion02)
    {
        SigstoreBundle parsed = SigstoreBundle.Parse(what, bundle);
        VerificationMaterial material = parsed.Material;
        if (material.Keyless)
            throw SigningException.Unsupported(what, "it is a keyless Sigstore signature, whose transparency log is not consulted here");

        if (material.Certificates.Count > 0)
        {
            (VerificationKey certified, SignerIdentity identity) = CertificateTrust.Verify(what, material.Certificates, trust);
            EnsureCertifiable(what, certified);
            return Check(what, parsed, certified, identity, acceptVersion02) ?? throw SigningException.BadSignature(what);
        }

        // Several keys are tried only where the bundle does not say whose it is.
        foreach (VerificationKey key in trust.Keys.Where(candidate => IsNamed(candidate, material.Hint!)).Take(MaximumKeysTried))
        {
            if (Check(what, parsed, key, null, acceptVersion02) is { } good)
                return good;
        }

        throw SigningException.BadSignature(what);
    }

    private static BundleAuthentication? Check(string what, SigstoreBundle bundle, VerificationKey key, SignerIdentity? identity, bool acceptVersion02)
    {
        EnsureAllowed(what, key);
        if (key.Verify(DsseEnvelope.PreAuthenticationEncoding(bundle.Payload), bundle.Signature))
            return new BundleAuthentication(bundle.Payload, key, identity, Version02: false, bundle.Material.NamesKeyByBytes);
        return acceptVersion02 && bundle.Material.MayBeVersion02 && bundle.Payload.Length <= DsseEnvelope.MaximumLegacyPayload
            && VerifyVersion02(key, bundle.Payload, bundle.Signature)
                ? new BundleAuthentication(bundle.Payload, key, identity, Version02: true, bundle.Material.NamesKeyByBytes)
                : null;
    }

    /// <summary>
    /// Refuses keys that OpenSSF Model Signing does not know; ML-DSA-65, in a bundle of its own, and RSA-PSS by a bare key are
    /// Bulwark's own additions.
    /// </summary>
    public static void EnsureAllowed(string what, VerificationKey key)
    {
        if (key.Algorithm == SignatureAlgorithm.Ed25519)
            throw SigningException.UnsupportedKey($"The key of {what}", "OpenSSF Model Signing does not know Ed25519");
    }

    /// <summary>Refuses certificates for kinds of keys that the reference does not take a certificate for.</summary>
    public static void EnsureCertifiable(string what, VerificationKey key)
    {
        if (key.Algorithm == SignatureAlgorithm.RsaPssSha256)
            throw SigningException.UnsupportedKey($"The certificate of {what}", "OpenSSF Model Signing knows certificates for elliptic-curve keys only");
    }

    // The reference's ML-DSA proposal names a key by the hash of its raw bytes, 1,952 at the end of the SubjectPublicKeyInfo.
    private static bool IsNamed(VerificationKey key, string hint) =>
        hint.Length == 0
        || hint == key.Hint
        || (key.Algorithm == SignatureAlgorithm.MLDsa65
            && hint == "ML_DSA_65:" + Convert.ToHexStringLower(SHA256.HashData(key.SubjectPublicKeyInfo.Span[^1952..])));

    // Version 0.2 hashed with SHA-256 whatever the curve; later verifiers also take the curve's own hash for it.
    private static bool VerifyVersion02(VerificationKey key, byte[] payload, byte[] signature)
    {
        if (key.Algorithm is not (SignatureAlgorithm.EcdsaP256Sha256 or SignatureAlgorithm.EcdsaP384Sha384 or SignatureAlgorithm.EcdsaP521Sha512))
            return false;
        byte[] message = DsseEnvelope.LegacyPreAuthenticationEncoding(payload);
        using ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        return ecdsa.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) || key.Verify(message, signature);
    }
}
