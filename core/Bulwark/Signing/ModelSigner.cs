using System.Security.Cryptography.X509Certificates;
using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>Signs models as OpenSSF Model Signing v1.0: <c>model_signing verify key</c>, or <c>verify certificate</c>, accepts the result.</summary>
public sealed class ModelSigner
{
    private const int MaximumCertificates = 16;

    private readonly ISigningKey _key;
    private readonly VerificationKey _public;
    private readonly IReadOnlyList<X509Certificate2> _chain;

    /// <summary>Signs with a key that verifiers already have.</summary>
    /// <param name="key">
    /// ECDSA P-256 or P-384, which every tool verifies; ML-DSA-65 for a second bundle beside that one; RSA-PSS where a KMS has
    /// nothing else, which the reference does not verify.
    /// </param>
    /// <exception cref="SigningException">BW1804: another kind of key.</exception>
    public ModelSigner(ISigningKey key)
        : this(key, [])
    {
    }

    /// <summary>Signs with a key that a certificate vouches for.</summary>
    /// <param name="key">ECDSA P-256 or P-384.</param>
    /// <param name="chain">The key's certificate, then the intermediates up to, but without, the root; empty to sign with the bare key.</param>
    /// <exception cref="SigningException">BW1804: another kind of key. BW1805: the chain is not this key's, may not sign, or holds its root.</exception>
    public ModelSigner(ISigningKey key, IReadOnlyList<X509Certificate2> chain)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(chain);
        _key = key;
        _chain = chain;
        _public = VerificationKey.FromPem(key.PublicKeyPem);
        if (_public.Algorithm is not (SignatureAlgorithm.EcdsaP256Sha256 or SignatureAlgorithm.EcdsaP384Sha384 or SignatureAlgorithm.MLDsa65
            or SignatureAlgorithm.RsaPssSha256))
            throw SigningException.UnsupportedKey(key.KeyUri, $"its algorithm is {_public.Algorithm}");
        if (chain.Count > 0)
            CheckChain();
    }

    /// <summary>Signs a manifest.</summary>
    /// <returns>The bundle's bytes (JSON), to be written as <c>NAME.sig</c> or <c>model.sig</c>.</returns>
    /// <exception cref="SigningException">BW1813: the list of files is too long for the format's readers.</exception>
    public async Task<byte[]> SignAsync(ModelManifest manifest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return await SignStatementAsync(manifest.ToStatement(), cancellationToken);
    }

    /// <summary>Signs any statement in the same envelope.</summary>
    internal async Task<byte[]> SignStatementAsync(byte[] statement, CancellationToken cancellationToken)
    {
        byte[] message = DsseEnvelope.PreAuthenticationEncoding(statement);
        byte[] signature = await _key.SignAsync(message, cancellationToken);
        // A key behind a network answers with whatever it likes.
        if (!_public.Verify(message, signature))
            throw SigningException.UnsupportedKey(_key.KeyUri, "its signature does not verify with its own public key");
        byte[] bundle = _chain.Count > 0 ? SigstoreBundle.Write(statement, signature, _chain) : SigstoreBundle.Write(statement, signature, _public);
        return bundle.Length <= SigstoreBundle.MaximumLength
            ? bundle
            : throw SigningException.TooLarge("The signature", $"it would have {bundle.Length} bytes, more than the {SigstoreBundle.MaximumLength} that are read");
    }

    private void CheckChain()
    {
        const string What = "the signature to be made";
        if (_chain.Count > MaximumCertificates)
            throw SigningException.UntrustedCertificate(What, $"there are more than {MaximumCertificates} certificates");
        if (!_chain[0].PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(_public.SubjectPublicKeyInfo.Span))
            throw SigningException.UntrustedCertificate(What, "it is for another key than the one that signs");
        if (_chain.Any(CertificateTrust.IsRoot))
            throw SigningException.UntrustedCertificate(What, "the chain must end before its root, which the verifier has to know already");
        BundleAuthentication.EnsureCertifiable(_key.KeyUri, _public);
        CertificateTrust.CheckUsage(What, _chain[0]);
    }
}
