namespace Bulwark.Keys;

/// <summary>A private key that signs, on disk or behind a KMS.</summary>
public interface ISigningKey
{
    /// <summary>Names the key: <c>aws-kms://…</c>, <c>gcp-kms://…</c>, an Azure vault URL, or <c>local://…</c>.</summary>
    string KeyUri { get; }

    /// <summary>Curve or parameter set, and hash.</summary>
    SignatureAlgorithm Algorithm { get; }

    /// <summary>SubjectPublicKeyInfo as PEM with 64-column lines and one trailing newline.</summary>
    string PublicKeyPem { get; }

    /// <summary>Signs a message (not a digest). ECDSA signatures are DER; the others are raw.</summary>
    Task<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);
}
