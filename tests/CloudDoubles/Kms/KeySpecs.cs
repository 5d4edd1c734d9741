using System.Security.Cryptography;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>The kinds of keys the double has, and what each can do. Source: AWS KMS Developer Guide, "Key spec reference".</summary>
internal static class KeySpecs
{
    public const string Symmetric = "SYMMETRIC_DEFAULT";
    public const string Ed25519 = "ECC_NIST_EDWARDS25519";
    public const string MLDsa65 = "ML_DSA_65";

    public const string Encrypt = "ENCRYPT_DECRYPT";
    public const string Sign = "SIGN_VERIFY";
    public const string Mac = "GENERATE_VERIFY_MAC";

    private const int KeyLength = 32;

    private static readonly string[] RsaSigning =
        ["RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512", "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512"];

    public static readonly string[] All =
    [
        "RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", Ed25519, MLDsa65, Symmetric, "HMAC_256", "HMAC_384", "HMAC_512",
    ];

    /// <summary>The usages a spec allows; the first is the one meant when none is named, where it is the only one.</summary>
    public static string[] UsagesOf(string spec) => spec switch
    {
        Symmetric => [Encrypt],
        _ when spec.StartsWith("HMAC", StringComparison.Ordinal) => [Mac],
        _ when IsRsa(spec) => [Encrypt, Sign],
        _ => [Sign],
    };

    public static string[] SigningAlgorithmsOf(KmsKey key) => key.Usage != Sign ? [] : key.Spec switch
    {
        "ECC_NIST_P256" => ["ECDSA_SHA_256"],
        "ECC_NIST_P384" => ["ECDSA_SHA_384"],
        "ECC_NIST_P521" => ["ECDSA_SHA_512"],
        Ed25519 => ["ED25519_SHA_512", "ED25519_PH_SHA_512"],
        MLDsa65 => ["ML_DSA_SHAKE_256"],
        _ => RsaSigning,
    };

    public static string[] EncryptionAlgorithmsOf(KmsKey key) =>
        key.Usage != Encrypt ? [] : key.Spec == Symmetric ? [Symmetric] : ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"];

    public static string[] MacAlgorithmsOf(KmsKey key) => key.Usage != Mac ? [] : ["HMAC_SHA_" + key.Spec[5..]];

    public static bool IsRsa(string spec) => spec.StartsWith("RSA_", StringComparison.Ordinal);

    public static byte[] Generate(string spec)
    {
        if (IsRsa(spec))
        {
            using RSA rsa = RSA.Create(int.Parse(spec.AsSpan(4), System.Globalization.CultureInfo.InvariantCulture));
            return rsa.ExportPkcs8PrivateKey();
        }

        if (spec.StartsWith("ECC_NIST_P", StringComparison.Ordinal))
        {
            using ECDsa ecdsa = ECDsa.Create(ECCurve.CreateFromFriendlyName("nistP" + spec[10..]));
            return ecdsa.ExportPkcs8PrivateKey();
        }

        return RandomNumberGenerator.GetBytes(spec.StartsWith("HMAC", StringComparison.Ordinal)
            ? int.Parse(spec.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture) / 8
            : KeyLength);
    }
}
