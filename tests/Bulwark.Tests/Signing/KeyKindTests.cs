using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Bulwark.Keys;
using Bulwark.Signing;
using Bulwark.Testing;

namespace Bulwark.Tests.Signing;

/// <summary>Which keys sign and verify models, with signatures that openssl made.</summary>
public sealed class KeyKindTests : IDisposable
{
    private readonly OpenSslAuthority _openssl = new();

    private readonly ModelFolder _model = new(("w", "weights"), ("sub/v", "v"));

    public void Dispose()
    {
        _openssl.Dispose();
        _model.Dispose();
    }

    [ProgramFact("openssl")]
    public async Task Signatures_by_openssl_verify_on_the_three_curves_with_their_own_hash_only()
    {
        byte[] statement = (await _model.ManifestAsync()).ToStatement();
        byte[] message = DsseEnvelope.PreAuthenticationEncoding(statement);
        string[] hashes = ["sha256", "sha384", "sha512"];
        foreach ((string curve, string hash) in new[] { ("P-256", "sha256"), ("P-384", "sha384"), ("P-521", "sha512") })
        {
            _openssl.Key(curve, curve);
            VerificationKey key = Public(curve);
            foreach (string other in hashes)
            {
                byte[] bundle = SigstoreBundle.Write(statement, _openssl.Sign(curve, message, other), key);
                if (other == hash)
                    Assert.Equal(2, (await VerifyAsync(bundle, key)).Manifest.Resources.Count);
                else
                    Assert.Equal("BW1802", await ModelFolder.CodeAsync(() => VerifyAsync(bundle, key)));
            }

            byte[] good = _openssl.Sign(curve, message, hash);
            foreach (byte[] bad in new byte[][] { [], [0], [.. good, 0], good[..^1], new byte[64], [0x30, 0x06, 2, 1, 0, 2, 1, 0], [0x30, 0x80, .. good[2..], 0, 0] })
                Assert.Equal("BW1802", await ModelFolder.CodeAsync(() => VerifyAsync(SigstoreBundle.Write(statement, bad, key), key)));

            // Nothing but the bytes of the envelope's encoding is signed.
            Assert.Equal("BW1802", await ModelFolder.CodeAsync(() => VerifyAsync(SigstoreBundle.Write(statement, _openssl.Sign(curve, statement, hash), key), key)));
        }
    }

    [ProgramFact("openssl")]
    public async Task Openssl_verifies_what_we_sign()
    {
        foreach ((string curve, string hash) in new[] { ("P-256", "sha256"), ("P-384", "sha384") })
        {
            using PemSigningKey key = PemSigningKey.FromPem(File.ReadAllText(_openssl.Key(curve, curve)));
            SigstoreBundle bundle = SigstoreBundle.Parse("it", await new ModelSigner(key).SignAsync(await _model.ManifestAsync(), CancellationToken.None));
            // Written out here, so that the encoding is checked too.
            File.WriteAllBytes(_openssl["pae"], [.. "DSSEv1 28 application/vnd.in-toto+json "u8, .. System.Text.Encoding.ASCII.GetBytes($"{bundle.Payload.Length} "), .. bundle.Payload]);
            File.WriteAllBytes(_openssl["sig"], bundle.Signature);
            Assert.Contains("Verified OK", Shell.Run("openssl", "dgst", "-" + hash, "-verify", _openssl[curve + ".pub"], "-signature", _openssl["sig"], _openssl["pae"]), StringComparison.Ordinal);

            // And the hint is what sha256sum says of the file that openssl wrote.
            Assert.Equal(Shell.Run("sha256sum", _openssl[curve + ".pub"]).Split(' ')[0], bundle.Material.Hint);
        }
    }

    [ProgramFact("openssl")]
    public async Task Other_kinds_of_keys_neither_sign_nor_verify()
    {
        foreach (string kind in new[] { "secp256k1", "secp224r1", "brainpoolP256r1", "RSA" })
        {
            string pem = File.ReadAllText(_openssl.Key(kind, kind));
            Assert.Equal("BW1201", Assert.Throws<KeyException>(() => PemSigningKey.FromPem(pem)).Code);
            if (kind != "RSA")
                Assert.Equal("BW1201", Assert.Throws<KeyException>(() => Public(kind)).Code);
        }

        Assert.Equal("BW1201", Assert.Throws<KeyException>(() => PemSigningKey.FromPem(File.ReadAllText(_openssl.Key("big", "P-521")))).Code);
        Assert.Equal("BW1201", Assert.Throws<KeyException>(() => PemSigningKey.FromPem(ModelFolder.Key.PublicKeyPem)).Code);
        _openssl.Key("ed", "ED25519");
        VerificationKey ed = Public("ed");
        byte[] statement = (await _model.ManifestAsync()).ToStatement();
        Assert.Equal("BW1804", await ModelFolder.CodeAsync(() => VerifyAsync(SigstoreBundle.Write(statement, new byte[64], ed), ed)));
        Assert.Equal("BW1804", Assert.Throws<SigningException>(() => new ModelSigner(Ed25519SigningKey.Generate())).Code);

        // A curve that is spelled out may be any curve.
        Shell.Run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit", "-out", _openssl["explicit.key"]);
        Shell.Run("openssl", "ec", "-in", _openssl["explicit.key"], "-pubout", "-param_enc", "explicit", "-out", _openssl["explicit.pub"]);
        Assert.Equal("BW1201", Assert.Throws<KeyException>(() => Public("explicit")).Code);
    }

    [ProgramFact("openssl")]
    public async Task RSA_signatures_by_openssl_verify_with_PSS_and_a_salt_as_long_as_the_digest_only()
    {
        byte[] statement = (await _model.ManifestAsync()).ToStatement();
        File.WriteAllBytes(_openssl["pae"], DsseEnvelope.PreAuthenticationEncoding(statement));
        _openssl.Key("RSA", "RSA");
        VerificationKey key = Public("RSA");
        Assert.Equal(SignatureAlgorithm.RsaPssSha256, key.Algorithm);
        Assert.Equal(2, (await VerifyAsync(Bundle("sha256", "rsa_padding_mode:pss", "rsa_pss_saltlen:32", "rsa_mgf1_md:sha256"), key)).Manifest.Resources.Count);
        foreach (byte[] bundle in new[]
        {
            Bundle("sha256", "rsa_padding_mode:pkcs1"),
            Bundle("sha384", "rsa_padding_mode:pss", "rsa_pss_saltlen:48"),
            Bundle("sha256", "rsa_padding_mode:pss", "rsa_pss_saltlen:0"),
            Bundle("sha256", "rsa_padding_mode:pss", "rsa_pss_saltlen:222"),
            Bundle("sha256", "rsa_padding_mode:pss", "rsa_pss_saltlen:32", "rsa_mgf1_md:sha1"),
        })
        {
            Assert.Equal("BW1802", await ModelFolder.CodeAsync(() => VerifyAsync(bundle, key)));
        }

        byte[] Bundle(string hash, params string[] options)
        {
            Shell.Run("openssl", ["dgst", "-" + hash, .. options.SelectMany(o => new[] { "-sigopt", o }), "-sign", _openssl["RSA.key"], "-out", _openssl["sig"], _openssl["pae"]]);
            return SigstoreBundle.Write(statement, File.ReadAllBytes(_openssl["sig"]), key);
        }
    }

    [ProgramFact("openssl")]
    public async Task An_RSA_key_behind_a_KMS_signs_models_which_openssl_verifies_and_takes_no_certificate()
    {
        using RSA rsa = RSA.Create(3072);
        RsaKey key = new(rsa);
        SigstoreBundle bundle = SigstoreBundle.Parse("it", await new ModelSigner(key).SignAsync(await _model.ManifestAsync(), CancellationToken.None));
        File.WriteAllText(_openssl["pub"], key.PublicKeyPem);
        File.WriteAllBytes(_openssl["pae"], DsseEnvelope.PreAuthenticationEncoding(bundle.Payload));
        File.WriteAllBytes(_openssl["sig"], bundle.Signature);
        Assert.Contains("Verified OK", Shell.Run(
            "openssl", "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-verify", _openssl["pub"], "-signature", _openssl["sig"], _openssl["pae"]), StringComparison.Ordinal);

        CertificateRequest request = new("CN=rsa", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(99));
        Assert.Equal("BW1805", Assert.Throws<SigningException>(() => new ModelSigner(key, [certificate])).Code);
        using ECDsa authority = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = request.Create(
            new X500DistinguishedName("CN=root"), X509SignatureGenerator.CreateForECDsa(authority), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(99), [1]);
        Assert.Equal("BW1804", Assert.Throws<SigningException>(() => new ModelSigner(key, [issued])).Code);
    }

    private VerificationKey Public(string name) => VerificationKey.FromPem(File.ReadAllText(_openssl[name + ".pub"]));

    private Task<VerifiedModel> VerifyAsync(byte[] bundle, VerificationKey key) =>
        ModelVerifier.VerifyAsync(_model.Path, bundle, SigningTrust.Of(key), new(), null, CancellationToken.None);

    private sealed class RsaKey(RSA rsa) : ISigningKey
    {
        public string KeyUri => "aws-kms://rsa";

        public SignatureAlgorithm Algorithm => SignatureAlgorithm.RsaPssSha256;

        public string PublicKeyPem => VerificationKey.FromSubjectPublicKeyInfo(rsa.ExportSubjectPublicKeyInfo()).Pem;

        public Task<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
            Task.FromResult(rsa.SignData(message.Span, HashAlgorithmName.SHA256, RSASignaturePadding.Pss));
    }
}
