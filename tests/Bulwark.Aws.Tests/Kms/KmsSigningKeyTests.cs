using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Bulwark.Audit;
using Bulwark.CloudDoubles;
using Bulwark.CloudDoubles.Kms;
using Bulwark.Keys;

namespace Bulwark.Aws.Tests.Kms;

public sealed class KmsSigningKeyTests(KmsFixture fixture) : IClassFixture<KmsFixture>
{
    private static readonly byte[] Message = RandomNumberGenerator.GetBytes(100_000);

    public static TheoryData<string, SignatureAlgorithm> Specs => new()
    {
        { "ECC_NIST_P256", SignatureAlgorithm.EcdsaP256Sha256 },
        { "ECC_NIST_P384", SignatureAlgorithm.EcdsaP384Sha384 },
        { "ECC_NIST_P521", SignatureAlgorithm.EcdsaP521Sha512 },
        { "RSA_2048", SignatureAlgorithm.RsaPssSha256 },
        { "RSA_3072", SignatureAlgorithm.RsaPssSha256 },
        { "ML_DSA_65", SignatureAlgorithm.MLDsa65 },
        { "ECC_NIST_EDWARDS25519", SignatureAlgorithm.Ed25519 },
    };

    [Theory]
    [MemberData(nameof(Specs))]
    public async Task Every_kind_of_key_signs_and_its_public_half_verifies(string spec, SignatureAlgorithm algorithm)
    {
        string arn = await fixture.CreateAsync(spec);
        KmsSigningKey key = await KmsSigningKey.OpenAsync(fixture.Client, arn, default);
        Assert.Equal(("aws-kms://" + arn, algorithm), (key.KeyUri, key.Algorithm));
        VerificationKey verification = VerificationKey.FromPem(key.PublicKeyPem);
        foreach (byte[] message in new byte[][] { [1], RandomNumberGenerator.GetBytes(4096) })
        {
            byte[] signature = await key.SignAsync(message, default);
            Assert.True(Verifies(verification, message, signature));
            Assert.False(verification.Verify(Message, signature));
        }

        if (algorithm == SignatureAlgorithm.Ed25519)
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => key.SignAsync(Message, default));
        else
            Assert.True(Verifies(verification, Message, await key.SignAsync(Message, default)));
    }

    [Fact]
    public async Task A_key_behind_KMS_signs_the_audit_log()
    {
        KmsSigningKey key = await KmsSigningKey.OpenAsync(fixture.Client, await fixture.CreateAsync("ECC_NIST_EDWARDS25519"), default);
        LogSigner signer = new(key, "bulwark.example/log");
        SignedNote note = await signer.SignAsync("bulwark.example/log\n1\nAAAA\n", default);
        Assert.True(VerificationKey.FromPem(key.PublicKeyPem).Verify("bulwark.example/log\n1\nAAAA\n"u8, note.Signatures.Single().Signature.Span));
    }

    [Fact]
    public async Task Keys_that_do_not_sign_are_refused_when_they_are_opened()
    {
        Assert.Equal("BW1201", await CodeAsync(fixture.Client, await fixture.CreateAsync("RSA_2048", "ENCRYPT_DECRYPT")));
        Assert.Equal("BW1201", await CodeAsync(fixture.Client, "alias/signing"));
        Assert.Equal("BW1210", await CodeAsync(fixture.Client, await fixture.CreateAsync()));
        string arn = await fixture.CreateAsync("ECC_NIST_P256");
        Assert.Equal("BW1204", await CodeAsync(fixture.Client, arn[..^36] + Guid.Empty));
        await fixture.Client.DisableKeyAsync(arn);
        Assert.Equal("BW1207", await CodeAsync(fixture.Client, arn));
    }

    [Fact]
    public async Task A_key_of_a_kind_that_Bulwark_does_not_know_is_refused()
    {
        await using KmsDouble kms = await KmsDouble.StartAsync();
        using IAmazonKeyManagementService client = KmsFixture.ClientOf(kms);
        string arn = (await client.CreateKeyAsync(new CreateKeyRequest { KeySpec = "ECC_NIST_P256", KeyUsage = "SIGN_VERIFY" })).KeyMetadata.Arn;
        using ECDsa koblitz = ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"));
        kms.Corrupt = (_, answer) => answer["PublicKey"] = Convert.ToBase64String(koblitz.ExportSubjectPublicKeyInfo());
        Assert.Equal("BW1201", await CodeAsync(client, arn));
        kms.Corrupt = (_, answer) => answer["SigningAlgorithms"] = new JsonArray("SM2DSA");
        Assert.Equal("BW1201", await CodeAsync(client, arn));
        kms.Corrupt = (_, answer) => answer["PublicKey"] = "AAAA";
        Assert.Equal("BW1201", await CodeAsync(client, arn));
        kms.Corrupt = (_, answer) => answer["KeyId"] = arn + "x";
        Assert.Equal("BW1210", await CodeAsync(client, arn));
    }

    [Theory]
    [InlineData("ECC_NIST_P256")]
    [InlineData("RSA_2048")]
    [InlineData("ML_DSA_65")]
    [InlineData("ECC_NIST_EDWARDS25519")]
    public async Task An_answer_that_is_no_signature_over_the_message_is_not_used(string spec)
    {
        await using KmsDouble kms = await KmsDouble.StartAsync();
        using IAmazonKeyManagementService client = KmsFixture.ClientOf(kms);
        string arn = (await client.CreateKeyAsync(new CreateKeyRequest { KeySpec = spec, KeyUsage = "SIGN_VERIFY" })).KeyMetadata.Arn;
        KmsSigningKey key = await KmsSigningKey.OpenAsync(client, arn, default);
        byte[] message = RandomNumberGenerator.GetBytes(64);
        byte[] another = await key.SignAsync(RandomNumberGenerator.GetBytes(63), default);
        foreach (byte[]? wrong in new[] { another, [], null, new byte[another.Length] })
        {
            kms.Corrupt = (_, answer) =>
            {
                answer.Remove("Signature");
                if (wrong is not null)
                    answer["Signature"] = Convert.ToBase64String(wrong);
            };
            Assert.Equal("BW1210", (await Assert.ThrowsAsync<KeyException>(() => key.SignAsync(message, default))).Code);
        }

        kms.Corrupt = (_, answer) => answer["KeyId"] = arn + "x";
        Assert.Equal("BW1210", (await Assert.ThrowsAsync<KeyException>(() => key.SignAsync(message, default))).Code);
        kms.Corrupt = null;
        kms.Faults.Next(FaultKind.Throttled);
        Assert.Equal("BW1209", (await Assert.ThrowsAsync<KeyException>(() => key.SignAsync(message, default))).Code);
        kms.Allows = access => access.Action != "kms:Sign";
        KeyException denied = await Assert.ThrowsAsync<KeyException>(() => key.SignAsync(message, default));
        Assert.Equal("BW1208", denied.Code);
        Assert.Contains("kms:Sign", denied.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_but_a_digest_is_sent_of_a_message()
    {
        // What the service is sent fits its limit whatever the length of the message is; the double refuses digests of another length.
        KmsSigningKey key = await KmsSigningKey.OpenAsync(fixture.Client, await fixture.CreateAsync("ECC_NIST_P384"), default);
        byte[] large = new byte[20_000_000];
        Assert.True(Verifies(VerificationKey.FromPem(key.PublicKeyPem), large, await key.SignAsync(large, default)));
    }

    private static bool Verifies(VerificationKey key, byte[] message, byte[] signature) => key.Verify(message, signature);

    private static async Task<string> CodeAsync(IAmazonKeyManagementService client, string arn) =>
        (await Assert.ThrowsAsync<KeyException>(() => KmsSigningKey.OpenAsync(client, arn, default))).Code;
}
