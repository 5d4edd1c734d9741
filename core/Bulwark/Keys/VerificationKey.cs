using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;

namespace Bulwark.Keys;

/// <summary>
/// A public key that verifies signatures: ECDSA on P-256, P-384 or P-521, Ed25519, ML-DSA-65, or RSA-PSS. All others are refused.
/// </summary>
public sealed class VerificationKey
{
    private const int MaximumPemLength = 64 * 1024;

    // FIPS 186-5: at least 2,048 bits, and an odd exponent above 2^16. A huge one of either would make each verification slow.
    private const int MinimumRsaBits = 2048;
    private const int MaximumRsaBits = 8192;
    private const uint MinimumRsaExponent = 65537;

    private readonly byte[] _subjectPublicKeyInfo;

    private VerificationKey(SignatureAlgorithm algorithm, byte[] subjectPublicKeyInfo)
    {
        Algorithm = algorithm;
        _subjectPublicKeyInfo = subjectPublicKeyInfo;
        Pem = PemEncoding.WriteString("PUBLIC KEY", subjectPublicKeyInfo) + "\n";
        Hint = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Pem)));
    }

    /// <summary>Curve or parameter set, and hash.</summary>
    public SignatureAlgorithm Algorithm { get; }

    /// <summary>SubjectPublicKeyInfo as PEM with 64-column lines and one trailing newline.</summary>
    public string Pem { get; }

    /// <summary>DER SubjectPublicKeyInfo.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo => _subjectPublicKeyInfo;

    /// <summary>Lower-case hex SHA-256 of <see cref="Pem"/>: how OpenSSF Model Signing bundles name a key.</summary>
    public string Hint { get; }

    /// <summary>Reads a <c>PUBLIC KEY</c> PEM.</summary>
    /// <exception cref="KeyException">BW1201: no such PEM, or an unsupported kind of key.</exception>
    public static VerificationKey FromPem(string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        if (pem.Length > MaximumPemLength || !PemEncoding.TryFind(pem, out PemFields fields) || pem[fields.Label] != "PUBLIC KEY")
            throw KeyException.Malformed("The public key", "it is no 'PUBLIC KEY' PEM");
        return FromSubjectPublicKeyInfo(Convert.FromBase64String(pem[fields.Base64Data]));
    }

    /// <summary>Takes the public key out of a certificate. The certificate itself is not judged.</summary>
    public static VerificationKey FromCertificate(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return FromSubjectPublicKeyInfo(certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    /// <summary>Reads a DER SubjectPublicKeyInfo (RFC 5280), which must be canonical and complete.</summary>
    public static VerificationKey FromSubjectPublicKeyInfo(ReadOnlySpan<byte> der)
    {
        byte[] bytes = der.ToArray();
        try
        {
            AsnReader outer = new(bytes, AsnEncodingRules.DER);
            AsnReader algorithm = outer.ReadSequence().ReadSequence();
            outer.ThrowIfNotEmpty();
            SignatureAlgorithm kind = algorithm.ReadObjectIdentifier() switch
            {
                "1.2.840.10045.2.1" => CurveOf(algorithm.ReadObjectIdentifier()),
                "1.3.101.112" => SignatureAlgorithm.Ed25519,
                "2.16.840.1.101.3.4.3.18" => SignatureAlgorithm.MLDsa65,
                "1.2.840.113549.1.1.1" => SignatureAlgorithm.RsaPssSha256,
                string other => throw KeyException.Malformed("The public key", $"algorithm {other} is not supported"),
            };
            VerificationKey key = new(kind, bytes);
            key.EnsureUsable();
            return key;
        }
        catch (Exception error) when (error is AsnContentException or CryptographicException or ArgumentException or IOException or InvalidOperationException)
        {
            throw KeyException.Malformed("The public key", "its encoding is broken", error);
        }
    }

    /// <summary>True when the signature is this key's over the message. ECDSA signatures are DER; the others are raw.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (Algorithm is SignatureAlgorithm.Ed25519 or SignatureAlgorithm.MLDsa65)
            return VerifyWithBouncyCastle(message.ToArray(), signature.ToArray());
        if (Algorithm == SignatureAlgorithm.RsaPssSha256)
        {
            using RSA rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(_subjectPublicKeyInfo, out _);
            return rsa.VerifyData(message, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        }

        using ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(_subjectPublicKeyInfo, out _);
        return ecdsa.VerifyData(message, signature, HashOf(Algorithm), DSASignatureFormat.Rfc3279DerSequence);
    }

    internal static HashAlgorithmName HashOf(SignatureAlgorithm algorithm) => algorithm switch
    {
        SignatureAlgorithm.EcdsaP256Sha256 => HashAlgorithmName.SHA256,
        SignatureAlgorithm.EcdsaP384Sha384 => HashAlgorithmName.SHA384,
        SignatureAlgorithm.EcdsaP521Sha512 => HashAlgorithmName.SHA512,
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Not an ECDSA algorithm."),
    };

    internal static SignatureAlgorithm CurveOf(string oid) => oid switch
    {
        "1.2.840.10045.3.1.7" => SignatureAlgorithm.EcdsaP256Sha256,
        "1.3.132.0.34" => SignatureAlgorithm.EcdsaP384Sha384,
        "1.3.132.0.35" => SignatureAlgorithm.EcdsaP521Sha512,
        _ => throw KeyException.Malformed("The key", $"curve {oid} is not supported; use P-256, P-384 or P-521"),
    };

    private void EnsureUsable()
    {
        if (Algorithm is SignatureAlgorithm.Ed25519 or SignatureAlgorithm.MLDsa65)
        {
            PublicKeyFactory.CreateKey(_subjectPublicKeyInfo);
            return;
        }

        if (Algorithm == SignatureAlgorithm.RsaPssSha256)
        {
            EnsureStrongRsa();
            return;
        }

        using ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(_subjectPublicKeyInfo, out int read);
        if (read != _subjectPublicKeyInfo.Length)
            throw KeyException.Malformed("The public key", "bytes follow it");
    }

    private void EnsureStrongRsa()
    {
        // Read here first, so that no library is handed a modulus of any size.
        AsnReader info = new AsnReader(_subjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence();
        AsnReader algorithm = info.ReadSequence();
        algorithm.ReadObjectIdentifier();
        algorithm.ReadNull();
        algorithm.ThrowIfNotEmpty();
        byte[] bits = info.ReadBitString(out int unused);
        info.ThrowIfNotEmpty();
        AsnReader outer = new(bits, AsnEncodingRules.DER);
        AsnReader key = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        BigInteger modulus = key.ReadInteger();
        BigInteger exponent = key.ReadInteger();
        key.ThrowIfNotEmpty();
        if (unused != 0 || modulus.Sign <= 0 || modulus.IsEven)
            throw KeyException.Malformed("The public key", "it is no RSA key");
        if (modulus.GetBitLength() is < MinimumRsaBits or > MaximumRsaBits)
            throw KeyException.Malformed("The public key", $"it is an RSA key of {modulus.GetBitLength()} bits; use {MinimumRsaBits} to {MaximumRsaBits}");
        if (exponent < MinimumRsaExponent || exponent > uint.MaxValue || exponent.IsEven)
            throw KeyException.Malformed("The public key", "its RSA exponent is not an odd number from 65537 to 2^32");
        using RSA rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(_subjectPublicKeyInfo, out _);
    }

    private bool VerifyWithBouncyCastle(byte[] message, byte[] signature)
    {
        ISigner verifier = Algorithm == SignatureAlgorithm.Ed25519 ? new Ed25519Signer() : new MLDsaSigner(MLDsaParameters.ml_dsa_65, deterministic: false);
        verifier.Init(forSigning: false, PublicKeyFactory.CreateKey(_subjectPublicKeyInfo));
        verifier.BlockUpdate(message, 0, message.Length);
        return verifier.VerifySignature(signature);
    }
}
