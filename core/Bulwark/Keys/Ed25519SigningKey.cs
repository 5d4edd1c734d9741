using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace Bulwark.Keys;

/// <summary>An Ed25519 private key in memory (RFC 8032), for the audit log's signed notes; PKCS#8 as in RFC 8410.</summary>
public sealed class Ed25519SigningKey : ISigningKey
{
    private readonly Ed25519PrivateKeyParameters _key;

    private Ed25519SigningKey(Ed25519PrivateKeyParameters key, string? keyUri)
    {
        _key = key;
        VerificationKey verification = VerificationKey.FromSubjectPublicKeyInfo(
            SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(key.GeneratePublicKey()).GetDerEncoded());
        PublicKeyPem = verification.Pem;
        KeyUri = keyUri ?? $"local://log/{verification.Hint[..16]}";
    }

    /// <inheritdoc />
    public string KeyUri { get; }

    /// <inheritdoc />
    public SignatureAlgorithm Algorithm => SignatureAlgorithm.Ed25519;

    /// <inheritdoc />
    public string PublicKeyPem { get; }

    /// <summary>Makes a new key.</summary>
    public static Ed25519SigningKey Generate(string? keyUri = null) => new(new Ed25519PrivateKeyParameters(new SecureRandom()), keyUri);

    /// <summary>Reads a PKCS#8 <c>PRIVATE KEY</c> PEM.</summary>
    /// <exception cref="KeyException">BW1201: no such PEM, or another kind of key.</exception>
    public static Ed25519SigningKey FromPem(ReadOnlySpan<char> pem, string? keyUri = null) =>
        Pkcs8Pem.Read(pem) is Ed25519PrivateKeyParameters key
            ? new Ed25519SigningKey(key, keyUri)
            : throw KeyException.Malformed("The private key", "it is no Ed25519 key");

    /// <summary>The key as PKCS#8 PEM with a trailing newline; a secret the caller zeroes.</summary>
    public char[] ExportPkcs8Pem() => Pkcs8Pem.Write(PrivateKeyInfoFactory.CreatePrivateKeyInfo(_key).GetDerEncoded());

    /// <inheritdoc />
    public Task<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Ed25519Signer signer = new();
        signer.Init(forSigning: true, _key);
        signer.BlockUpdate(message.Span);
        return Task.FromResult(signer.GenerateSignature());
    }
}
