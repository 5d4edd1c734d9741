using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Bulwark.Keys;

namespace Bulwark.Aws;

/// <summary>
/// An asymmetric key in AWS KMS that signs; the private half never leaves KMS. Messages of any length are hashed here, and only the
/// digest is sent, except for Ed25519.
/// </summary>
/// <remarks>
/// <code>
/// key spec                  SignatureAlgorithm    KMS's algorithm       sent         signature
/// ECC_NIST_P256             EcdsaP256Sha256       ECDSA_SHA_256         DIGEST       DER
/// ECC_NIST_P384             EcdsaP384Sha384       ECDSA_SHA_384         DIGEST       DER
/// ECC_NIST_P521             EcdsaP521Sha512       ECDSA_SHA_512         DIGEST       DER
/// RSA_2048, _3072, _4096    RsaPssSha256          RSASSA_PSS_SHA_256    DIGEST       as long as the key
/// ML_DSA_65                 MLDsa65               ML_DSA_SHAKE_256      EXTERNAL_MU  3309 bytes
/// ECC_NIST_EDWARDS25519     Ed25519               ED25519_SHA_512       RAW          64 bytes; messages of at most 4096 bytes
/// </code>
/// Source: AWS KMS Developer Guide, "Key spec reference", and API Reference, Sign. Needs kms:GetPublicKey and kms:Sign. Each
/// signature is verified here before it is returned, so that what is no signature never gets into a bundle or the audit log.
/// Safe for concurrent use.
/// </remarks>
public sealed class KmsSigningKey : ISigningKey
{
    private readonly IAmazonKeyManagementService _kms;
    private readonly KmsKeyName _key;
    private readonly VerificationKey _public;
    private readonly KmsSigningAlgorithm _algorithm;

    private KmsSigningKey(IAmazonKeyManagementService kms, KmsKeyName key, VerificationKey publicKey, KmsSigningAlgorithm algorithm)
    {
        _kms = kms;
        _key = key;
        _public = publicKey;
        _algorithm = algorithm;
    }

    /// <inheritdoc />
    public string KeyUri => _key.Uri;

    /// <inheritdoc />
    public SignatureAlgorithm Algorithm => _public.Algorithm;

    /// <inheritdoc />
    public string PublicKeyPem => _public.Pem;

    /// <summary>Fetches the public half and checks that the key can sign.</summary>
    /// <param name="kms">The client; the caller owns it.</param>
    /// <param name="keyArn">The key's ARN, or <c>aws-kms://</c> and the ARN. An alias is refused: it can be pointed at another key.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="KeyException">BW1201: not an ARN, or a key that does not sign in a way Bulwark knows. BW1204, BW1207 to BW1210.</exception>
    public static async Task<KmsSigningKey> OpenAsync(IAmazonKeyManagementService kms, string keyArn, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(kms);
        KmsKeyName key = KmsKeyName.Parse(keyArn);
        GetPublicKeyRequest request = new() { KeyId = key.Arn };
        GetPublicKeyResponse response = await KmsCall.MakeAsync(key, "kms:GetPublicKey", token => kms.GetPublicKeyAsync(request, token), cancellationToken);
        EnsureSameKey(key, response.KeyId);
        if (response.KeyUsage != KeyUsageType.SIGN_VERIFY)
            throw KeyException.Malformed($"The key {key.Uri}", $"its usage is {response.KeyUsage}, not SIGN_VERIFY");
        VerificationKey publicKey = VerificationKey.FromSubjectPublicKeyInfo((response.PublicKey?.ToArray() ?? []).AsSpan());
        KmsSigningAlgorithm? algorithm = KmsSigningAlgorithm.Of(publicKey.Algorithm);
        if (algorithm is null || response.SigningAlgorithms?.Contains(algorithm.Name.Value) != true)
            throw KeyException.Malformed($"The key {key.Uri}", $"a key of spec {response.KeySpec} signs in no way that Bulwark knows");
        return new KmsSigningKey(kms, key, publicKey, algorithm);
    }

    /// <inheritdoc />
    /// <exception cref="KeyException">BW1210: the answer is no signature of this key over the message. BW1204, BW1207 to BW1209.</exception>
    public async Task<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using MemoryStream sent = new(_algorithm.Prepare(_public, message), writable: false);
        SignRequest request = new() { KeyId = _key.Arn, Message = sent, MessageType = _algorithm.MessageType, SigningAlgorithm = _algorithm.Name };
        SignResponse response = await KmsCall.MakeAsync(_key, "kms:Sign", token => _kms.SignAsync(request, token), cancellationToken);
        EnsureSameKey(_key, response.KeyId);
        byte[] signature = response.Signature?.ToArray() ?? [];
        return _public.Verify(message.Span, signature)
            ? signature
            : throw KeyException.UnexpectedAnswer(KeyUri, "its signature does not verify with its own public key");
    }

    private static void EnsureSameKey(KmsKeyName key, string? keyId)
    {
        if (keyId != key.Arn)
            throw KeyException.UnexpectedAnswer(key.Uri, $"it is from the key {keyId}");
    }
}
