using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.X509;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>Signs, verifies and encrypts with the double's asymmetric keys, under KMS's rules for what a message may be.</summary>
internal static class AsymmetricKeys
{
    private const int MaximumRaw = 4096;
    private const int MuLength = 64;

    public static byte[] PublicKeyOf(KmsKey key) => key.Spec switch
    {
        KeySpecs.Ed25519 => SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(Ed25519(key).GeneratePublicKey()).GetDerEncoded(),
        KeySpecs.MLDsa65 => SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(MLDsa(key).GetPublicKey()).GetDerEncoded(),
        _ when KeySpecs.IsRsa(key.Spec) => With(Rsa(key), rsa => rsa.ExportSubjectPublicKeyInfo()),
        _ => With(Ec(key), ec => ec.ExportSubjectPublicKeyInfo()),
    };

    public static byte[] Sign(KmsKey key, string algorithm, string messageType, byte[] message)
    {
        switch (algorithm)
        {
            case "ED25519_SHA_512" or "ED25519_PH_SHA_512":
                return Signature(Ed25519Signer(key, algorithm, messageType, message, forSigning: true));
            case "ML_DSA_SHAKE_256":
                return Signature(MLDsaSigner(key, messageType, message, forSigning: true));
        }

        HashAlgorithmName hash = HashOf(algorithm);
        byte[] digest = DigestOf(algorithm, hash, messageType, message);
        return KeySpecs.IsRsa(key.Spec)
            ? With(Rsa(key), rsa => rsa.SignHash(digest, hash, PaddingOf(algorithm)))
            : With(Ec(key), ec => ec.SignHash(digest, DSASignatureFormat.Rfc3279DerSequence));
    }

    public static bool Verify(KmsKey key, string algorithm, string messageType, byte[] message, byte[] signature)
    {
        switch (algorithm)
        {
            case "ED25519_SHA_512" or "ED25519_PH_SHA_512":
                return Ed25519Signer(key, algorithm, messageType, message, forSigning: false).VerifySignature(signature);
            case "ML_DSA_SHAKE_256":
                return MLDsaSigner(key, messageType, message, forSigning: false).VerifySignature(signature);
        }

        HashAlgorithmName hash = HashOf(algorithm);
        byte[] digest = DigestOf(algorithm, hash, messageType, message);
        return KeySpecs.IsRsa(key.Spec)
            ? With(Rsa(key), rsa => rsa.VerifyHash(digest, signature, hash, PaddingOf(algorithm)))
            : With(Ec(key), ec => ec.VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence));
    }

    public static byte[] Encrypt(KmsKey key, string algorithm, byte[] plaintext) => With(Rsa(key), rsa =>
    {
        RSAEncryptionPadding padding = OaepOf(algorithm);
        int longest = (rsa.KeySize / 8) - (2 * (padding == RSAEncryptionPadding.OaepSHA1 ? 20 : 32)) - 2;
        return plaintext.Length <= longest
            ? rsa.Encrypt(plaintext, padding)
            : throw KmsFault.Validation($"Algorithm {algorithm} and key spec {key.Spec} cannot encrypt data larger than {longest} bytes.");
    });

    public static byte[] Decrypt(KmsKey key, string algorithm, byte[] ciphertext) => With(Rsa(key), rsa =>
    {
        try
        {
            return rsa.Decrypt(ciphertext, OaepOf(algorithm));
        }
        catch (CryptographicException)
        {
            throw KmsFault.InvalidCiphertext();
        }
    });

    private static byte[] Signature(ISigner signer) => signer.GenerateSignature();

    private static Ed25519Signer Ed25519Signer(KmsKey key, string algorithm, string messageType, byte[] message, bool forSigning)
    {
        bool digest = algorithm == "ED25519_PH_SHA_512";
        if (messageType != (digest ? "DIGEST" : "RAW"))
            throw KmsFault.Validation($"MessageType {messageType} is not valid for algorithm {algorithm}.");
        EnsureLength(algorithm, messageType, message, digest ? SHA512.HashSizeInBytes : null);
        // RFC 8032's Ed25519ph hashes the message itself, so it can be fed no digest by BouncyCastle's signer.
        if (digest)
            throw KmsFault.Validation("This double does not sign with ED25519_PH_SHA_512.");
        Ed25519Signer signer = new();
        signer.Init(forSigning, forSigning ? Ed25519(key) : Ed25519(key).GeneratePublicKey());
        signer.BlockUpdate(message, 0, message.Length);
        return signer;
    }

    private static MLDsaSigner MLDsaSigner(KmsKey key, string messageType, byte[] message, bool forSigning)
    {
        MLDsaKeyParameters half = forSigning ? MLDsa(key) : MLDsa(key).GetPublicKey();
        if (messageType == "DIGEST")
            throw KmsFault.Validation("MessageType DIGEST is not valid for algorithm ML_DSA_SHAKE_256.");
        EnsureLength("ML_DSA_SHAKE_256", messageType, message, messageType == "EXTERNAL_MU" ? MuLength : null);
        if (messageType == "EXTERNAL_MU")
            return ExternalMu.SignerOf(message, forSigning, half);
        MLDsaSigner signer = new(MLDsaParameters.ml_dsa_65, deterministic: false);
        signer.Init(forSigning, half);
        signer.BlockUpdate(message, 0, message.Length);
        return signer;
    }

    private static byte[] DigestOf(string algorithm, HashAlgorithmName hash, string messageType, byte[] message)
    {
        if (messageType == "EXTERNAL_MU")
            throw KmsFault.Validation($"MessageType EXTERNAL_MU is not valid for algorithm {algorithm}.");
        int length = hash == HashAlgorithmName.SHA256 ? 32 : hash == HashAlgorithmName.SHA384 ? 48 : 64;
        EnsureLength(algorithm, messageType, message, messageType == "DIGEST" ? length : null);
        return messageType == "DIGEST" ? message : CryptographicOperations.HashData(hash, message);
    }

    private static void EnsureLength(string algorithm, string messageType, byte[] message, int? exactly)
    {
        if (exactly is { } length && message.Length != length)
            throw KmsFault.Validation(messageType == "DIGEST" ? $"Digest is invalid length for algorithm {algorithm}." : $"Message is invalid length for message type {messageType}.");
        if (message.Length > MaximumRaw)
            throw KmsFault.Validation("1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096");
    }

    private static HashAlgorithmName HashOf(string algorithm) => new("SHA" + algorithm[^3..]);

    // .NET's salt is as long as the digest, as KMS's is.
    private static RSASignaturePadding PaddingOf(string algorithm) =>
        algorithm.StartsWith("RSASSA_PSS", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

    private static RSAEncryptionPadding OaepOf(string algorithm) =>
        algorithm == "RSAES_OAEP_SHA_1" ? RSAEncryptionPadding.OaepSHA1 : RSAEncryptionPadding.OaepSHA256;

    private static Ed25519PrivateKeyParameters Ed25519(KmsKey key) => new(key.Material);

    private static MLDsaPrivateKeyParameters MLDsa(KmsKey key) => MLDsaPrivateKeyParameters.FromSeed(MLDsaParameters.ml_dsa_65, key.Material);

    private static RSA Rsa(KmsKey key)
    {
        RSA rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(key.Material, out _);
        return rsa;
    }

    private static ECDsa Ec(KmsKey key)
    {
        ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportPkcs8PrivateKey(key.Material, out _);
        return ecdsa;
    }

    private static TResult With<TKey, TResult>(TKey key, Func<TKey, TResult> use)
        where TKey : IDisposable
    {
        using (key)
            return use(key);
    }
}
