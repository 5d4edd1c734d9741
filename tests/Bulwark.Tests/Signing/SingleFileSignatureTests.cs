using System.Security.Cryptography;
using System.Text;
using Bulwark.Keys;
using Bulwark.Signing;
using Bulwark.Testing;

namespace Bulwark.Tests.Signing;

public sealed class SingleFileSignatureTests
{
    private static readonly byte[] Digest = SHA256.HashData("model"u8);

    [Theory]
    [InlineData(SignatureAlgorithm.EcdsaP256Sha256)]
    [InlineData(SignatureAlgorithm.EcdsaP384Sha384)]
    [InlineData(SignatureAlgorithm.MLDsa65)]
    public async Task A_signed_file_verifies_by_name_digest_and_key(SignatureAlgorithm algorithm)
    {
        ISigningKey key = algorithm == SignatureAlgorithm.MLDsa65 ? MLDsaSigningKey.Generate() : PemSigningKey.Generate(algorithm);
        VerificationKey verification = VerificationKey.FromPem(key.PublicKeyPem);
        byte[] bundle = await new ModelSigner(key).SignAsync(ModelManifest.ForFile("m.safetensors", Digest), CancellationToken.None);

        VerifiedFile file = ModelVerifier.VerifyFile(bundle, "m.safetensors", Digest, [verification]);
        Assert.Equal(verification.Hint, file.SignedBy.Hint);
        Assert.Equal(SHA256.HashData(Digest), file.Root.ToArray());
        Assert.Equal("BW1803", Refused(() => ModelVerifier.VerifyFile(bundle, "other", Digest, [verification])));
        Assert.Equal("BW1803", Refused(() => ModelVerifier.VerifyFile(bundle, null, SHA256.HashData("x"u8), [verification])));
        Assert.Equal("BW1802", Refused(() => ModelVerifier.VerifyFile(bundle, null, Digest, [VerificationKey.FromPem(PemSigningKey.Generate().PublicKeyPem)])));
        Assert.Equal("BW1802", Refused(() => ModelVerifier.VerifyFile(bundle, null, Digest, [])));
    }

    [Fact]
    public async Task Every_changed_byte_of_a_bundle_is_refused()
    {
        PemSigningKey key = PemSigningKey.Generate();
        VerificationKey verification = VerificationKey.FromPem(key.PublicKeyPem);
        byte[] bundle = await new ModelSigner(key).SignAsync(ModelManifest.ForFile("m", Digest), CancellationToken.None);
        for (int i = 0; i < bundle.Length; i++)
        {
            byte[] changed = [.. bundle];
            changed[i] ^= 0x01;
            // The key id is the one member nobody signs and nobody reads.
            if (Encoding.UTF8.GetString(bundle).IndexOf("\"keyid\":\"", StringComparison.Ordinal) + 9 is int keyId && i == keyId)
                continue;
            Refused(() => ModelVerifier.VerifyFile(changed, "m", Digest, [verification]));
            Refused(() => ModelVerifier.VerifyFile(bundle.AsMemory(0, i), "m", Digest, [verification]));
        }
    }

    [Fact]
    public async Task Claims_verify_only_for_their_model_in_whole_and_once_each()
    {
        PemSigningKey key = PemSigningKey.Generate();
        VerificationKey[] trusted = [VerificationKey.FromPem(key.PublicKeyPem)];
        ModelManifest manifest = ModelManifest.ForFile("m", Digest);
        byte[] file = await ClaimsFile.SignAsync(
            key, manifest, [new(ClaimTypes.Scan, "{\"verdict\":\"benign\"}"u8.ToArray()), new(ClaimTypes.Envelope, "{}"u8.ToArray())], CancellationToken.None);

        IReadOnlyDictionary<string, byte[]> claims = ClaimsFile.Verify(file, "m", manifest.Root.Span, trusted);
        Assert.Equal("{\"verdict\":\"benign\"}", Encoding.UTF8.GetString(claims[ClaimTypes.Scan]));
        Assert.Equal(2, claims.Count);

        string[] lines = Encoding.UTF8.GetString(file).TrimEnd('\n').Split('\n');
        Refused(() => ClaimsFile.Verify(Encoding.UTF8.GetBytes(lines[0] + "\n" + lines[0] + "\n"), "m", SHA256.HashData(Digest), trusted));
        Refused(() => ClaimsFile.Verify(file.AsMemory(0, file.Length - 1), "m", SHA256.HashData(Digest), trusted));
        Refused(() => ClaimsFile.Verify(file, "m", Digest, trusted));
        Refused(() => ClaimsFile.Verify(file, "n", SHA256.HashData(Digest), trusted));
        byte[] model = await new ModelSigner(key).SignAsync(manifest, CancellationToken.None);
        Refused(() => ClaimsFile.Verify(new byte[][] { model, "\n"u8.ToArray() }.SelectMany(b => b).ToArray(), "m", SHA256.HashData(Digest), trusted));
    }

    [DataFact]
    public void The_reference_implementation_s_one_file_bundles_verify()
    {
        VerificationKey crafted = VerificationKey.FromPem(File.ReadAllText(SharedData.PathOf("oms", "crafted", "keys", "p256.pub.pem")));
        byte[] model = File.ReadAllBytes(SharedData.PathOf("oms", "crafted", "models", "single", "model.onnx"));
        byte[] bundle = File.ReadAllBytes(SharedData.PathOf("oms", "crafted", "bundles", "ok-single-dot.sig"));
        Assert.Equal("model.onnx", ModelVerifier.VerifyFile(bundle, "model.onnx", SHA256.HashData(model), [crafted]).Subject);

        VerificationKey reference = VerificationKey.FromPem(File.ReadAllText(SharedData.PathOf("oms", "model-transparency", "keys", "signing-key-pub.pem")));
        string old = SharedData.PathOf("oms", "model-transparency", "v0.3.1-elliptic-key");
        byte[] digest = SHA256.HashData(File.ReadAllBytes(Path.Combine(old, "signme-1")));
        byte[] oldBundle = File.ReadAllBytes(Path.Combine(old, "model.sig"));
        Assert.Equal("signme-1", ModelVerifier.VerifyFile(oldBundle, null, digest, [reference]).Subject);
    }

    private static string Refused(Action action)
    {
        BulwarkException error = Assert.ThrowsAny<BulwarkException>(action);
        Assert.Equal(ErrorKind.Refused, error.Kind);
        return error.Code;
    }
}
