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

    private VerificationKey Public(string name) => VerificationKey.FromPem(File.ReadAllText(_openssl[name + ".pub"]));

    private Task<VerifiedModel> VerifyAsync(byte[] bundle, VerificationKey key) =>
        ModelVerifier.VerifyAsync(_model.Path, bundle, SigningTrust.Of(key), new(), null, CancellationToken.None);
}
