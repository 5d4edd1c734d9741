using System.Security.Cryptography;

namespace Bulwark.Keys;

/// <summary>An ECDSA private key in memory, P-256 or P-384, read from or written to PKCS#8 PEM.</summary>
public sealed class PemSigningKey : ISigningKey, IDisposable
{
    private readonly ECDsa _ecdsa;
    private readonly Lock _lock = new();

    private PemSigningKey(ECDsa ecdsa, string? keyUri)
    {
        _ecdsa = ecdsa;
        VerificationKey verification = VerificationKey.FromSubjectPublicKeyInfo(ecdsa.ExportSubjectPublicKeyInfo());
        Algorithm = verification.Algorithm is SignatureAlgorithm.EcdsaP256Sha256 or SignatureAlgorithm.EcdsaP384Sha384
            ? verification.Algorithm
            : throw KeyException.Malformed("The private key", "Bulwark signs with P-256 or P-384 only");
        PublicKeyPem = verification.Pem;
        KeyUri = keyUri ?? $"local://signing/{verification.Hint[..16]}";
    }

    /// <inheritdoc />
    public string KeyUri { get; }

    /// <inheritdoc />
    public SignatureAlgorithm Algorithm { get; }

    /// <inheritdoc />
    public string PublicKeyPem { get; }

    /// <summary>Makes a new key.</summary>
    /// <param name="algorithm">P-256 or P-384.</param>
    /// <param name="keyUri">How it is named; null for a name made from its public half.</param>
    public static PemSigningKey Generate(SignatureAlgorithm algorithm = SignatureAlgorithm.EcdsaP256Sha256, string? keyUri = null) =>
        new(ECDsa.Create(algorithm switch
        {
            SignatureAlgorithm.EcdsaP256Sha256 => ECCurve.NamedCurves.nistP256,
            SignatureAlgorithm.EcdsaP384Sha384 => ECCurve.NamedCurves.nistP384,
            _ => throw KeyException.Malformed("The private key", "Bulwark signs with P-256 or P-384 only"),
        }), keyUri);

    /// <summary>Reads <c>PRIVATE KEY</c> (PKCS#8) or <c>EC PRIVATE KEY</c> (SEC 1) PEM.</summary>
    /// <exception cref="KeyException">BW1201: no such PEM, an encrypted one, or an unsupported curve.</exception>
    public static PemSigningKey FromPem(ReadOnlySpan<char> pem, string? keyUri = null)
    {
        ECDsa ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportFromPem(pem);
            // A public key is imported as readily; only signing tells.
            ecdsa.SignHash(new byte[SHA256.HashSizeInBytes]);
            return new PemSigningKey(ecdsa, keyUri);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            ecdsa.Dispose();
            throw KeyException.Malformed("The private key", "it is no unencrypted EC private key in PEM", error);
        }
        catch (KeyException)
        {
            ecdsa.Dispose();
            throw;
        }
    }

    /// <summary>The key as PKCS#8 PEM with a trailing newline; a secret the caller zeroes.</summary>
    public char[] ExportPkcs8Pem() => Pkcs8Pem.Write(_ecdsa.ExportPkcs8PrivateKey());

    /// <inheritdoc />
    public Task<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return Task.FromResult(
                _ecdsa.SignData(message.Span, VerificationKey.HashOf(Algorithm), DSASignatureFormat.Rfc3279DerSequence));
        }
    }

    /// <inheritdoc />
    public void Dispose() => _ecdsa.Dispose();
}
