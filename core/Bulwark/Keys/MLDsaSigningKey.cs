using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace Bulwark.Keys;

/// <summary>
/// An ML-DSA-65 private key in memory (FIPS 204), for the optional second signature. Written as a seed-only PKCS#8, the form
/// that OpenSSL 3.5 and later read.
/// </summary>
public sealed class MLDsaSigningKey : ISigningKey
{
    private readonly MLDsaPrivateKeyParameters _key;

    private MLDsaSigningKey(MLDsaPrivateKeyParameters key, string? keyUri)
    {
        _key = key;
        VerificationKey verification = VerificationKey.FromSubjectPublicKeyInfo(
            SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(key.GetPublicKey()).GetDerEncoded());
        PublicKeyPem = verification.Pem;
        KeyUri = keyUri ?? $"local://mldsa/{verification.Hint[..16]}";
    }

    /// <inheritdoc />
    public string KeyUri { get; }

    /// <inheritdoc />
    public SignatureAlgorithm Algorithm => SignatureAlgorithm.MLDsa65;

    /// <inheritdoc />
    public string PublicKeyPem { get; }

    /// <summary>Makes a new key.</summary>
    public static MLDsaSigningKey Generate(string? keyUri = null)
    {
        MLDsaKeyPairGenerator generator = new();
        generator.Init(new MLDsaKeyGenerationParameters(new SecureRandom(), MLDsaParameters.ml_dsa_65));
        return new MLDsaSigningKey((MLDsaPrivateKeyParameters)generator.GenerateKeyPair().Private, keyUri);
    }

    /// <summary>Reads a PKCS#8 <c>PRIVATE KEY</c> PEM.</summary>
    /// <exception cref="KeyException">BW1201: no such PEM, or another kind of key.</exception>
    public static MLDsaSigningKey FromPem(ReadOnlySpan<char> pem, string? keyUri = null) =>
        Pkcs8Pem.Read(pem) is MLDsaPrivateKeyParameters key && key.Parameters == MLDsaParameters.ml_dsa_65
            ? new MLDsaSigningKey(key, keyUri)
            : throw KeyException.Malformed("The private key", "it is no ML-DSA-65 key");

    /// <summary>The key as seed-only PKCS#8 PEM with a trailing newline; a secret the caller zeroes.</summary>
    public char[] ExportPkcs8Pem() => Pkcs8Pem.Write(
        PrivateKeyInfoFactory.CreatePrivateKeyInfo(_key.WithPreferredFormat(MLDsaPrivateKeyParameters.Format.SeedOnly)).GetDerEncoded());

    /// <inheritdoc />
    public Task<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        MLDsaSigner signer = new(MLDsaParameters.ml_dsa_65, deterministic: false);
        signer.Init(forSigning: true, _key);
        signer.BlockUpdate(message.Span);
        return Task.FromResult(signer.GenerateSignature());
    }
}
