using System.Security.Cryptography;
using Amazon.KeyManagementService;
using Bulwark.Keys;
using Org.BouncyCastle.Crypto.Digests;

namespace Bulwark.Aws;

/// <summary>How KMS is asked to sign with one kind of key: which of its algorithms, and what of the message it is sent.</summary>
/// <param name="Name">KMS's name of the algorithm.</param>
/// <param name="MessageType">What is sent.</param>
/// <param name="Prepare">Makes that of the key and the message.</param>
internal sealed record KmsSigningAlgorithm(SigningAlgorithmSpec Name, MessageType MessageType, Func<VerificationKey, ReadOnlyMemory<byte>, byte[]> Prepare)
{
    /// <summary>The longest message that KMS takes as it is, in bytes.</summary>
    public const int MaximumRawLength = 4096;

    private const int MuLength = 64;
    private const int MLDsa65PublicKeyLength = 1952;

    /// <summary>The way for a key; null for a kind that Bulwark does not sign with.</summary>
    public static KmsSigningAlgorithm? Of(SignatureAlgorithm algorithm) => algorithm switch
    {
        SignatureAlgorithm.EcdsaP256Sha256 => new(SigningAlgorithmSpec.ECDSA_SHA_256, MessageType.DIGEST, (_, message) => SHA256.HashData(message.Span)),
        SignatureAlgorithm.EcdsaP384Sha384 => new(SigningAlgorithmSpec.ECDSA_SHA_384, MessageType.DIGEST, (_, message) => SHA384.HashData(message.Span)),
        SignatureAlgorithm.EcdsaP521Sha512 => new(SigningAlgorithmSpec.ECDSA_SHA_512, MessageType.DIGEST, (_, message) => SHA512.HashData(message.Span)),
        SignatureAlgorithm.RsaPssSha256 => new(SigningAlgorithmSpec.RSASSA_PSS_SHA_256, MessageType.DIGEST, (_, message) => SHA256.HashData(message.Span)),
        SignatureAlgorithm.MLDsa65 => new(SigningAlgorithmSpec.ML_DSA_SHAKE_256, MessageType.EXTERNAL_MU, (key, message) => MuOf(key.SubjectPublicKeyInfo.Span[^MLDsa65PublicKeyLength..], message.Span)),
        SignatureAlgorithm.Ed25519 => new(SigningAlgorithmSpec.ED25519_SHA_512, MessageType.RAW, (_, message) => Raw(message)),
        _ => null,
    };

    /// <summary>The representative of a message in ML-DSA (FIPS 204, algorithms 2 and 7) in pure mode without a context.</summary>
    /// <remarks><code>mu = SHAKE256( SHAKE256(public key, 64) || 0x00 (pure) || 0x00 (length of the context) || message, 64 )</code></remarks>
    private static byte[] MuOf(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message)
    {
        byte[] mu = new byte[MuLength];
        ShakeDigest shake = new(256);
        shake.BlockUpdate(publicKey);
        shake.OutputFinal(mu, 0, MuLength);
        shake.BlockUpdate(mu);
        shake.BlockUpdate([0, 0]);
        shake.BlockUpdate(message);
        shake.OutputFinal(mu, 0, MuLength);
        return mu;
    }

    // Ed25519 hashes the message twice, so no digest can be sent in its place.
    private static byte[] Raw(ReadOnlyMemory<byte> message)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(message.Length, MaximumRawLength, nameof(message));
        return message.ToArray();
    }
}
