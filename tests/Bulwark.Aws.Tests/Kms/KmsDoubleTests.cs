using System.Security.Cryptography;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Bulwark.CloudDoubles.Kms;
using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Kms;

/// <summary>Holds the double to the rules of the real service, by clients that are not ours.</summary>
public sealed class KmsDoubleTests(KmsFixture fixture) : IClassFixture<KmsFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bulwark-kms-").FullName;

    private IAmazonKeyManagementService Client => fixture.Client;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ProgramFact("aws")]
    public void The_AWS_command_line_signs_and_verifies_and_openssl_agrees()
    {
        AwsCli cli = new(fixture.Kms.Address);
        File.WriteAllText(this["message"], "a message");
        File.WriteAllBytes(this["digest"], SHA384.HashData(File.ReadAllBytes(this["message"])));
        string id = cli.Query("KeyMetadata.KeyId", "kms", "create-key", "--key-spec", "ECC_NIST_P384", "--key-usage", "SIGN_VERIFY");
        File.WriteAllBytes(this["public"], Convert.FromBase64String(cli.Query("PublicKey", "kms", "get-public-key", "--key-id", id)));
        File.WriteAllBytes(this["signature"], Convert.FromBase64String(cli.Query(
            "Signature", "kms", "sign", "--key-id", id, "--message-type", "DIGEST", "--message", "fileb://" + this["digest"], "--signing-algorithm", "ECDSA_SHA_384")));
        Assert.Contains("Verified OK", Shell.Run("openssl", "dgst", "-sha384", "-keyform", "DER", "-verify", this["public"], "-signature", this["signature"], this["message"]), StringComparison.Ordinal);
        Assert.Equal("True", cli.Query(
            "SignatureValid", "kms", "verify", "--key-id", id, "--message-type", "RAW", "--message", "fileb://" + this["message"], "--signature", "fileb://" + this["signature"], "--signing-algorithm", "ECDSA_SHA_384"));
    }

    [ProgramFact("openssl")]
    public async Task Openssl_verifies_the_RSA_signatures_with_a_salt_as_long_as_the_digest()
    {
        string arn = await fixture.CreateAsync("RSA_2048");
        byte[] message = [1, 2, 3];
        File.WriteAllBytes(this["message"], message);
        File.WriteAllBytes(this["public"], (await Client.GetPublicKeyAsync(new GetPublicKeyRequest { KeyId = arn })).PublicKey.ToArray());
        foreach ((string hash, int bits) in new[] { ("sha256", 256), ("sha384", 384), ("sha512", 512) })
        {
            foreach ((string scheme, string[] padding) in new[] { ("PSS", new[] { "-sigopt", "rsa_padding_mode:pss", "-sigopt", $"rsa_pss_saltlen:{bits / 8}" }), ("PKCS1_V1_5", []) })
            {
                SignRequest request = new() { KeyId = arn, Message = new MemoryStream(message), MessageType = MessageType.RAW, SigningAlgorithm = $"RSASSA_{scheme}_SHA_{bits}" };
                File.WriteAllBytes(this["signature"], (await Client.SignAsync(request)).Signature.ToArray());
                Assert.Contains("Verified OK", Shell.Run(
                    "openssl", ["dgst", "-" + hash, .. padding, "-keyform", "DER", "-verify", this["public"], "-signature", this["signature"], this["message"]]), StringComparison.Ordinal);
            }
        }
    }

    [ProgramFact("aws")]
    public void The_AWS_command_line_makes_keys_and_is_refused_in_the_service_s_words()
    {
        AwsCli cli = new(fixture.Kms.Address);
        string arn = cli.Query("KeyMetadata.Arn", "kms", "create-key");
        cli.Run("kms", "create-alias", "--alias-name", "alias/bulwark", "--target-key-id", arn);
        Assert.Equal("Enabled\tSYMMETRIC_DEFAULT", cli.Query("KeyMetadata.[KeyState,KeySpec]", "kms", "describe-key", "--key-id", "alias/bulwark"));
        File.WriteAllBytes(this["secret"], [1, 2, 3]);
        File.WriteAllBytes(this["blob"], Convert.FromBase64String(cli.Query(
            "CiphertextBlob", "kms", "encrypt", "--key-id", "alias/bulwark", "--plaintext", "fileb://" + this["secret"], "--encryption-context", "b=2,a=1")));
        Assert.Equal("AQID", cli.Query("Plaintext", "kms", "decrypt", "--ciphertext-blob", "fileb://" + this["blob"], "--encryption-context", "a=1,b=2"));
        Assert.Contains("InvalidCiphertextException", Refused("kms", "decrypt", "--ciphertext-blob", "fileb://" + this["blob"], "--encryption-context", "a=1"), StringComparison.Ordinal);
        cli.Run("kms", "disable-key", "--key-id", arn);
        Assert.Contains("DisabledException", Refused("kms", "decrypt", "--ciphertext-blob", "fileb://" + this["blob"], "--encryption-context", "a=1,b=2"), StringComparison.Ordinal);

        string Refused(params string[] arguments) => Assert.Throws<InvalidOperationException>(() => cli.Run(arguments)).Message;
    }

    [Fact]
    public async Task Data_keys_are_generated_opened_and_encrypted_again_under_another_key()
    {
        string from = await fixture.CreateAsync();
        string to = await fixture.CreateAsync();
        Dictionary<string, string> context = new() { ["model"] = "a" };
        GenerateDataKeyResponse made = await Client.GenerateDataKeyAsync(new GenerateDataKeyRequest { KeyId = from, KeySpec = DataKeySpec.AES_256, EncryptionContext = context });
        Assert.Equal(32, made.Plaintext.Length);
        ReEncryptResponse again = await Client.ReEncryptAsync(new ReEncryptRequest
        {
            CiphertextBlob = made.CiphertextBlob,
            SourceEncryptionContext = context,
            DestinationKeyId = to,
            DestinationEncryptionContext = new() { ["model"] = "b" },
        });
        Assert.Equal((from, to), (again.SourceKeyId, again.KeyId));
        DecryptResponse opened = await Client.DecryptAsync(new DecryptRequest { CiphertextBlob = again.CiphertextBlob, KeyId = to, EncryptionContext = new() { ["model"] = "b" } });
        Assert.Equal(made.Plaintext.ToArray(), opened.Plaintext.ToArray());
        await Assert.ThrowsAsync<IncorrectKeyException>(() => Client.DecryptAsync(new DecryptRequest { CiphertextBlob = again.CiphertextBlob, KeyId = from, EncryptionContext = context }));
        GenerateDataKeyWithoutPlaintextResponse sealedKey = await Client.GenerateDataKeyWithoutPlaintextAsync(new() { KeyId = from, NumberOfBytes = 48 });
        Assert.Equal(48, (await Client.DecryptAsync(new DecryptRequest { CiphertextBlob = sealedKey.CiphertextBlob })).Plaintext.Length);
    }

    [Theory]
    [InlineData("ECC_NIST_P256", "ECDSA_SHA_256", 31)]
    [InlineData("ECC_NIST_P384", "ECDSA_SHA_384", 32)]
    [InlineData("RSA_2048", "RSASSA_PSS_SHA_256", 64)]
    public async Task Digests_of_another_length_and_algorithms_of_other_keys_are_refused(string spec, string algorithm, int length)
    {
        string arn = await fixture.CreateAsync(spec);
        SignRequest request = new() { KeyId = arn, Message = new MemoryStream(new byte[length]), MessageType = MessageType.DIGEST, SigningAlgorithm = algorithm };
        Assert.Equal("ValidationException", await CodeAsync(() => Client.SignAsync(request)));
        request.Message = new MemoryStream(new byte[64]);
        request.MessageType = MessageType.EXTERNAL_MU;
        Assert.Equal("ValidationException", await CodeAsync(() => Client.SignAsync(request)));
        request.SigningAlgorithm = SigningAlgorithmSpec.ML_DSA_SHAKE_256;
        Assert.Equal("InvalidKeyUsageException", await CodeAsync(() => Client.SignAsync(request)));
        request.MessageType = MessageType.RAW;
        request.Message = new MemoryStream(new byte[4097]);
        Assert.Equal("ValidationException", await CodeAsync(() => Client.SignAsync(request)));
    }

    [Fact]
    public async Task Signatures_over_an_external_mu_are_those_over_the_message()
    {
        string arn = await fixture.CreateAsync("ML_DSA_65");
        byte[] message = RandomNumberGenerator.GetBytes(1000);
        GetPublicKeyResponse answer = await Client.GetPublicKeyAsync(new GetPublicKeyRequest { KeyId = arn });
        File.WriteAllBytes(this["in"], [.. Shake(answer.PublicKey.ToArray()[^1952..]), 0, 0, .. message]);
        byte[] mu = Shake(File.ReadAllBytes(this["in"]));
        SignResponse external = await Client.SignAsync(new SignRequest { KeyId = arn, Message = new MemoryStream(mu), MessageType = MessageType.EXTERNAL_MU, SigningAlgorithm = SigningAlgorithmSpec.ML_DSA_SHAKE_256 });
        SignResponse raw = await Client.SignAsync(new SignRequest { KeyId = arn, Message = new MemoryStream(message), MessageType = MessageType.RAW, SigningAlgorithm = SigningAlgorithmSpec.ML_DSA_SHAKE_256 });
        Assert.True(await VerifyAsync(message, MessageType.RAW, external.Signature.ToArray()));
        Assert.True(await VerifyAsync(mu, MessageType.EXTERNAL_MU, raw.Signature.ToArray()));
        mu[0] ^= 1;
        Assert.False(await VerifyAsync(mu, MessageType.EXTERNAL_MU, raw.Signature.ToArray()));

        async Task<bool> VerifyAsync(byte[] of, MessageType type, byte[] signature)
        {
            try
            {
                return (await Client.VerifyAsync(new VerifyRequest
                {
                    KeyId = arn,
                    Message = new MemoryStream(of),
                    MessageType = type,
                    SigningAlgorithm = SigningAlgorithmSpec.ML_DSA_SHAKE_256,
                    Signature = new MemoryStream(signature),
                })).SignatureValid == true;
            }
            catch (KMSInvalidSignatureException)
            {
                return false;
            }
        }

        // .NET's own, which stands on OpenSSL; Bulwark computes mu with BouncyCastle.
        static byte[] Shake(byte[] data) => Shake256.HashData(data, 64);
    }

    [Fact]
    public async Task Requests_against_the_rules_are_refused_with_the_service_s_errors()
    {
        string arn = await fixture.CreateAsync();
        int tooMany = 1025;
        Assert.Equal("ValidationException", await CodeAsync(() => Client.EncryptAsync(new EncryptRequest { KeyId = arn, Plaintext = new MemoryStream(new byte[4097]) })));
        Assert.Equal("ValidationException", await CodeAsync(() => Client.GenerateDataKeyAsync(new GenerateDataKeyRequest { KeyId = arn })));
        Assert.Equal("ValidationException", await CodeAsync(() => Client.GenerateDataKeyAsync(new GenerateDataKeyRequest { KeyId = arn, NumberOfBytes = tooMany })));
        Assert.Equal("NotFoundException", await CodeAsync(() => Client.DescribeKeyAsync("alias/none")));
        Assert.Equal("NotFoundException", await CodeAsync(() => Client.DescribeKeyAsync("none")));
        Assert.Equal("NotFoundException", await CodeAsync(() => Client.DescribeKeyAsync(arn.Replace("us-east-1", "eu-west-1", StringComparison.Ordinal))));
        Assert.Equal("ValidationException", await CodeAsync(() => Client.ScheduleKeyDeletionAsync(arn, 3)));
        Assert.Equal("ValidationException", await CodeAsync(() => Client.CreateKeyAsync(new CreateKeyRequest { KeySpec = "RSA_2048" })));
        Assert.Equal("ValidationException", await CodeAsync(() => Client.CreateKeyAsync(new CreateKeyRequest { KeySpec = "ECC_NIST_P256", KeyUsage = "ENCRYPT_DECRYPT" })));
        Assert.Equal("InvalidCiphertextException", await CodeAsync(() => Client.DecryptAsync(new DecryptRequest { CiphertextBlob = new MemoryStream(new byte[100]) })));
        Assert.Equal("UnsupportedOperationException", await CodeAsync(() => Client.GetPublicKeyAsync(new GetPublicKeyRequest { KeyId = arn })));
        Assert.Equal("DryRunOperationException", await CodeAsync(() => Client.EncryptAsync(new EncryptRequest { KeyId = arn, Plaintext = new MemoryStream([1]), DryRun = true })));
        await Client.DisableKeyAsync(arn);
        Assert.Equal("DisabledException", await CodeAsync(() => Client.EncryptAsync(new EncryptRequest { KeyId = arn, Plaintext = new MemoryStream([1]) })));
        await Client.ScheduleKeyDeletionAsync(arn, 7);
        Assert.Equal("KMSInvalidStateException", await CodeAsync(() => Client.EnableKeyAsync(arn)));
        using HttpClient anonymous = new();
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, (await anonymous.PostAsync(fixture.Kms.Address, null)).StatusCode);
    }

    [ProgramFact("openssl")]
    public async Task A_recipient_gets_a_CMS_envelope_that_openssl_opens_and_no_plaintext()
    {
        string arn = await fixture.CreateAsync();
        Shell.Run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", this["key"]);
        Shell.Run("openssl", "pkey", "-in", this["key"], "-pubout", "-outform", "DER", "-out", this["public"]);
        byte[] document = Document(File.ReadAllBytes(this["public"]));
        RecipientInfo recipient = new() { KeyEncryptionAlgorithm = KeyEncryptionMechanism.RSAES_OAEP_SHA_256, AttestationDocument = new MemoryStream(document) };
        GenerateDataKeyResponse made = await Client.GenerateDataKeyAsync(new GenerateDataKeyRequest { KeyId = arn, KeySpec = DataKeySpec.AES_256, Recipient = recipient });
        Assert.Null(made.Plaintext);
        byte[] dataKey = Open(made.CiphertextForRecipient);
        Assert.Equal(dataKey, (await Client.DecryptAsync(new DecryptRequest { CiphertextBlob = made.CiphertextBlob })).Plaintext.ToArray());
        recipient.AttestationDocument = new MemoryStream(document);
        DecryptResponse opened = await Client.DecryptAsync(new DecryptRequest { CiphertextBlob = made.CiphertextBlob, Recipient = recipient });
        Assert.Null(opened.Plaintext);
        Assert.Equal(dataKey, Open(opened.CiphertextForRecipient));
        foreach (byte[] bad in new byte[][] { [0x84], document[..^80], Document([1, 2, 3]), [0xFF, .. document] })
        {
            recipient.AttestationDocument = new MemoryStream(bad);
            Assert.Equal("ValidationException", await CodeAsync(() => Client.DecryptAsync(new DecryptRequest { CiphertextBlob = made.CiphertextBlob, Recipient = recipient })));
        }

        byte[] Open(MemoryStream envelope)
        {
            File.WriteAllBytes(this["cms"], envelope.ToArray());
            Shell.Run("openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", this["cms"], "-inkey", this["key"], "-out", this["plain"]);
            return File.ReadAllBytes(this["plain"]);
        }

        // COSE_Sign1 with a payload of two members, by hand: RFC 8949 and RFC 9052.
        static byte[] Document(byte[] publicKey)
        {
            byte[] payload = [0xA2, 0x64, .. "pcrs"u8, 0xA1, 0x00, 0x41, 0x00, 0x6A, .. "public_key"u8, .. Bytes(publicKey)];
            return [0xD2, 0x84, 0x44, 0xA1, 0x01, 0x38, 0x22, 0xA0, .. Bytes(payload), .. Bytes(new byte[96])];
        }

        static byte[] Bytes(byte[] value) => [0x59, (byte)(value.Length >> 8), (byte)value.Length, .. value];
    }

    [Fact]
    public async Task Two_doubles_share_their_keys_through_a_file()
    {
        await using KmsDouble first = await KmsDouble.StartAsync(this["keys.json"]);
        await using KmsDouble second = await KmsDouble.StartAsync(this["keys.json"]);
        using IAmazonKeyManagementService here = KmsFixture.ClientOf(first);
        using IAmazonKeyManagementService there = KmsFixture.ClientOf(second);
        string arn = (await here.CreateKeyAsync(new CreateKeyRequest())).KeyMetadata.Arn;
        await there.CreateAliasAsync("alias/shared", arn);
        EncryptResponse made = await here.EncryptAsync(new EncryptRequest { KeyId = "alias/shared", Plaintext = new MemoryStream([7]) });
        Assert.Equal([7], (await there.DecryptAsync(new DecryptRequest { CiphertextBlob = made.CiphertextBlob })).Plaintext.ToArray());
        await there.DisableKeyAsync(arn);
        Assert.Equal("DisabledException", await CodeAsync(() => here.DecryptAsync(new DecryptRequest { CiphertextBlob = made.CiphertextBlob })));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? here : there).CreateKeyAsync(new CreateKeyRequest())));
        Assert.Equal(21, (await here.ListKeysAsync(new ListKeysRequest())).Keys.Count);
    }

    private string this[string name] => Path.Combine(_folder, name);

    private static async Task<string> CodeAsync(Func<Task> action) =>
        (await Assert.ThrowsAnyAsync<AmazonKeyManagementServiceException>(action)).ErrorCode;
}
