using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Bulwark.Keys;

namespace Bulwark.Tests.Keys;

public sealed class SigningKeyTests
{
    private static readonly byte[] Message = Encoding.UTF8.GetBytes("a model's statement");

    public static TheoryData<SignatureAlgorithm> Algorithms =>
        [SignatureAlgorithm.EcdsaP256Sha256, SignatureAlgorithm.EcdsaP384Sha384, SignatureAlgorithm.Ed25519, SignatureAlgorithm.MLDsa65];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task A_signature_verifies_with_the_public_half_and_nothing_else_does(SignatureAlgorithm algorithm)
    {
        ISigningKey key = Generate(algorithm);
        VerificationKey verification = VerificationKey.FromPem(key.PublicKeyPem);
        byte[] signature = await key.SignAsync(Message, CancellationToken.None);

        Assert.Equal(algorithm, verification.Algorithm);
        Assert.True(verification.Verify(Message, signature));
        byte[] altered = [.. Message];
        altered[3] ^= 1;
        Assert.False(verification.Verify(altered, signature));
        signature[^1] ^= 1;
        Assert.False(verification.Verify(Message, signature));
        Assert.False(verification.Verify(Message, signature.AsSpan(..^1)));
        Assert.False(verification.Verify(Message, []));
        byte[] fresh = await key.SignAsync(Message, CancellationToken.None);
        Assert.False(VerificationKey.FromPem(Generate(algorithm).PublicKeyPem).Verify(Message, fresh));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task A_key_survives_its_PKCS8_form(SignatureAlgorithm algorithm)
    {
        ISigningKey key = Generate(algorithm);
        (char[] pem, ISigningKey again) = key switch
        {
            PemSigningKey ec => (ec.ExportPkcs8Pem(), PemSigningKey.FromPem(ec.ExportPkcs8Pem())),
            Ed25519SigningKey ed => (ed.ExportPkcs8Pem(), Ed25519SigningKey.FromPem(ed.ExportPkcs8Pem())),
            MLDsaSigningKey ml => (ml.ExportPkcs8Pem(), (ISigningKey)MLDsaSigningKey.FromPem(ml.ExportPkcs8Pem())),
            _ => throw new InvalidOperationException(),
        };

        Assert.StartsWith("-----BEGIN PRIVATE KEY-----\n", new string(pem), StringComparison.Ordinal);
        Assert.Equal('\n', pem[^1]);
        Assert.Equal(key.PublicKeyPem, again.PublicKeyPem);
        byte[] signature = await again.SignAsync(Message, CancellationToken.None);
        Assert.True(VerificationKey.FromPem(key.PublicKeyPem).Verify(Message, signature));
    }

    [Fact]
    public void The_hint_is_the_hash_of_the_PEM_with_its_trailing_newline()
    {
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        string pem = ecdsa.ExportSubjectPublicKeyInfoPem() + "\n";
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(pem))), VerificationKey.FromPem(pem).Hint);
    }

    [Fact]
    public void Keys_of_other_kinds_are_refused()
    {
        using RSA small = RSA.Create(1024);
        Assert.Equal("BW1201", Assert.Throws<KeyException>(() => VerificationKey.FromPem(small.ExportSubjectPublicKeyInfoPem())).Code);
        using ECDsa k256 = ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"));
        Assert.Equal("BW1201", Assert.Throws<KeyException>(() => VerificationKey.FromPem(k256.ExportSubjectPublicKeyInfoPem())).Code);
        using ECDsa p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        Assert.Equal("BW1201", Assert.Throws<KeyException>(() => PemSigningKey.FromPem(p521.ExportPkcs8PrivateKeyPem())).Code);
        Assert.Equal(SignatureAlgorithm.EcdsaP521Sha512, VerificationKey.FromPem(p521.ExportSubjectPublicKeyInfoPem()).Algorithm);
        Assert.Equal("BW1201", Assert.Throws<KeyException>(() => Ed25519SigningKey.FromPem(p521.ExportPkcs8PrivateKeyPem())).Code);
        Assert.Equal("BW1201", Assert.Throws<KeyException>(() => VerificationKey.FromPem("no key")).Code);
    }

    [Fact]
    public void RSA_keys_of_2048_bits_or_more_verify_PSS_and_unreasonable_ones_are_refused()
    {
        using RSA rsa = RSA.Create(2048);
        VerificationKey key = VerificationKey.FromPem(rsa.ExportSubjectPublicKeyInfoPem());
        Assert.Equal(SignatureAlgorithm.RsaPssSha256, key.Algorithm);
        byte[] signature = rsa.SignData(Message, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        Assert.True(key.Verify(Message, signature));
        Assert.False(key.Verify("another"u8, signature));
        foreach (byte[] bad in new byte[][] { [], signature[..^1], [.. signature, 0], new byte[signature.Length], rsa.SignData(Message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) })
            Assert.False(key.Verify(Message, bad));

        RSAParameters parameters = rsa.ExportParameters(includePrivateParameters: false);
        byte[] good = parameters.Modulus!;
        foreach ((byte[] modulus, byte[] exponent) in new (byte[], byte[])[]
        {
            (good, [3]), (good, [1, 0, 0]), (good, [1, 0, 0, 0, 1]), (good, [.. good[..^1], 1]), (good[..128], [1, 0, 1]),
            ([.. good[..^1], 0], [1, 0, 1]), ([.. good, .. good, .. good, .. good, 1], [1, 0, 1]),
        })
        {
            Assert.Equal("BW1201", Assert.Throws<KeyException>(() => VerificationKey.FromSubjectPublicKeyInfo(Rsa(modulus, exponent))).Code);
        }

        Assert.Equal(key.Pem, VerificationKey.FromSubjectPublicKeyInfo(Rsa(good, parameters.Exponent!)).Pem);
    }

    [Fact]
    public void Every_damaged_public_key_is_a_key_error()
    {
        using RSA rsa = RSA.Create(2048);
        foreach (byte[] der in new[]
        {
            VerificationKey.FromPem(Generate(SignatureAlgorithm.EcdsaP256Sha256).PublicKeyPem).SubjectPublicKeyInfo.ToArray(),
            VerificationKey.FromPem(Generate(SignatureAlgorithm.Ed25519).PublicKeyPem).SubjectPublicKeyInfo.ToArray(),
            rsa.ExportSubjectPublicKeyInfo(),
        })
        {
            for (int i = 0; i < der.Length; i++)
            {
                byte[] damaged = [.. der];
                damaged[i] ^= 0x55;
                try
                {
                    VerificationKey.FromSubjectPublicKeyInfo(damaged);
                }
                catch (KeyException error)
                {
                    Assert.Equal("BW1201", error.Code);
                }

                Assert.Equal("BW1201", Assert.Throws<KeyException>(() => VerificationKey.FromSubjectPublicKeyInfo(der.AsSpan(..i))).Code);
            }
        }
    }

    private static byte[] Rsa(byte[] modulus, byte[] exponent)
    {
        AsnWriter key = new(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteInteger(new BigInteger(modulus, isUnsigned: true, isBigEndian: true));
            key.WriteInteger(new BigInteger(exponent, isUnsigned: true, isBigEndian: true));
        }

        return new PublicKey(new Oid("1.2.840.113549.1.1.1"), new AsnEncodedData([5, 0]), new AsnEncodedData(key.Encode())).ExportSubjectPublicKeyInfo();
    }

    private static ISigningKey Generate(SignatureAlgorithm algorithm) => algorithm switch
    {
        SignatureAlgorithm.Ed25519 => Ed25519SigningKey.Generate(),
        SignatureAlgorithm.MLDsa65 => MLDsaSigningKey.Generate(),
        _ => PemSigningKey.Generate(algorithm),
    };
}
