using System.Security.Cryptography;
using System.Text;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Bulwark.CloudDoubles;
using Bulwark.CloudDoubles.Kms;
using Bulwark.Keys;
using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Kms;

public sealed class KmsWrappingKeyTests(KmsFixture fixture) : IClassFixture<KmsFixture>
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(129);
    private static readonly byte[] Data = Encoding.UTF8.GetBytes("bucket/model.safetensors#3");

    [Fact]
    public async Task What_was_wrapped_is_unwrapped_with_the_same_key_and_data_only()
    {
        KmsWrappingKey key = new(fixture.Client, await fixture.CreateAsync());
        KmsWrappingKey other = new(fixture.Client, await fixture.CreateAsync());
        byte[] wrapped = await key.WrapAsync(Secret, Data, default);
        Assert.Equal(Secret, await key.UnwrapAsync(wrapped, Data, default));
        Assert.NotEqual(wrapped, await key.WrapAsync(Secret, Data, default));
        Assert.Equal("BW1203", await CodeAsync(() => key.UnwrapAsync(wrapped, "bucket/other"u8.ToArray(), default)));
        Assert.Equal("BW1203", await CodeAsync(() => key.UnwrapAsync(wrapped, default, default)));
        Assert.Equal("BW1203", await CodeAsync(() => other.UnwrapAsync(wrapped, Data, default)));
        for (int i = 0; i < wrapped.Length; i += 7)
        {
            byte[] altered = [.. wrapped];
            altered[i] ^= 1;
            Assert.Equal("BW1203", await CodeAsync(() => key.UnwrapAsync(altered, Data, default)));
        }

        foreach (byte[] bad in new byte[][] { [], [1], wrapped[..^1], [.. wrapped, 0], new byte[6144], new byte[6145] })
            Assert.Equal("BW1203", await CodeAsync(() => key.UnwrapAsync(bad, Data, default)));
    }

    [Fact]
    public async Task Secrets_of_one_byte_and_of_four_KiB_go_through_and_larger_ones_do_not()
    {
        KmsWrappingKey key = new(fixture.Client, await fixture.CreateAsync());
        foreach (int length in new[] { 1, 4096 })
        {
            byte[] secret = RandomNumberGenerator.GetBytes(length);
            Assert.Equal(secret, await key.UnwrapAsync(await key.WrapAsync(secret, default, default), default, default));
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => key.WrapAsync(new byte[4097], Data, default));
    }

    [Fact]
    public async Task The_encryption_context_is_that_of_Tink()
    {
        string arn = await fixture.CreateAsync();
        KmsWrappingKey key = new(fixture.Client, arn);

        // As AwsKmsAead does it, both ways: a context of one lower-case hex value, and none for empty associated data.
        DecryptResponse opened = await fixture.Client.DecryptAsync(new DecryptRequest
        {
            CiphertextBlob = new MemoryStream(await key.WrapAsync(Secret, new byte[] { 0xAB, 0x01 }, default)),
            EncryptionContext = new() { ["associatedData"] = "ab01" },
        });
        Assert.Equal(Secret, opened.Plaintext.ToArray());
        EncryptResponse made = await fixture.Client.EncryptAsync(new EncryptRequest { KeyId = arn, Plaintext = new MemoryStream(Secret) });
        Assert.Equal(Secret, await key.UnwrapAsync(made.CiphertextBlob.ToArray(), default, default));
    }

    [Fact]
    public void Only_the_ARN_of_a_key_names_it()
    {
        const string Arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        IWrappingKey key = new KmsWrappingKey(fixture.Client, Arn);
        Assert.Equal("aws-kms://" + Arn, key.KeyUri);
        Assert.True(key.Opens("aws-kms://" + Arn));
        Assert.False(key.Opens(Arn));
        Assert.False(key.Opens("aws-kms://" + Arn + "x"));
        Assert.Equal("aws-kms://" + Arn, new KmsWrappingKey(fixture.Client, "aws-kms://" + Arn).KeyUri);
        Assert.Equal("aws-kms://arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234abcd", new KmsWrappingKey(fixture.Client, "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234abcd").KeyUri);
        foreach (string bad in new[] { "", "alias/bulwark", Arn.Replace("key/", "alias/", StringComparison.Ordinal), Arn[^36..], Arn + "\n", "gcp-kms://" + Arn, "arn:aws:s3:::bucket" })
            Assert.Equal("BW1201", Assert.Throws<KeyException>(() => new KmsWrappingKey(fixture.Client, bad)).Code);
    }

    [Fact]
    public async Task A_key_that_is_disabled_deleted_missing_or_for_signing_says_so()
    {
        string arn = await fixture.CreateAsync();
        KmsWrappingKey key = new(fixture.Client, arn);
        byte[] wrapped = await key.WrapAsync(Secret, Data, default);
        await fixture.Client.DisableKeyAsync(arn);
        Assert.Equal("BW1207", await CodeAsync(() => key.UnwrapAsync(wrapped, Data, default)));
        Assert.Equal("BW1207", await CodeAsync(() => key.WrapAsync(Secret, Data, default)));
        await fixture.Client.ScheduleKeyDeletionAsync(arn, 7);
        KeyException pending = await Assert.ThrowsAsync<KeyException>(() => key.UnwrapAsync(wrapped, Data, default));
        Assert.Equal("BW1207", pending.Code);
        Assert.Contains("pending deletion", pending.Message, StringComparison.Ordinal);
        await fixture.Client.CancelKeyDeletionAsync(arn);
        await fixture.Client.EnableKeyAsync(arn);
        Assert.Equal(Secret, await key.UnwrapAsync(wrapped, Data, default));

        Assert.Equal("BW1204", await CodeAsync(() => new KmsWrappingKey(fixture.Client, arn[..^36] + Guid.Empty).UnwrapAsync(wrapped, Data, default)));
        KmsWrappingKey signing = new(fixture.Client, await fixture.CreateAsync("ECC_NIST_P256"));
        Assert.Equal("BW1201", await CodeAsync(() => signing.WrapAsync(Secret, Data, default)));
    }

    [Fact]
    public async Task A_missing_permission_is_named_with_the_key()
    {
        await using KmsDouble kms = await KmsDouble.StartAsync();
        using IAmazonKeyManagementService owner = KmsFixture.ClientOf(kms);
        using IAmazonKeyManagementService client = KmsFixture.ClientOf(kms, "AKIAPROTECTOR");
        KmsWrappingKey key = new(client, (await owner.CreateKeyAsync(new CreateKeyRequest())).KeyMetadata.Arn);
        string context = Convert.ToHexStringLower(Data);
        kms.Allows = access => access.AccessKeyId == "AKIAPROTECTOR" && access.Action == "kms:Encrypt" && "aws-kms://" + access.KeyArn == key.KeyUri
            && access.EncryptionContext.TryGetValue("associatedData", out string? value) && value == context;
        byte[] wrapped = await key.WrapAsync(Secret, Data, default);
        KeyException denied = await Assert.ThrowsAsync<KeyException>(() => key.UnwrapAsync(wrapped, Data, default));
        Assert.Equal(("BW1208", ErrorKind.Fault), (denied.Code, denied.Kind));
        Assert.Contains("kms:Decrypt", denied.Message, StringComparison.Ordinal);
        Assert.Contains(key.KeyUri, denied.Message, StringComparison.Ordinal);
        Assert.Equal("BW1208", await CodeAsync(() => key.WrapAsync(Secret, "other"u8.ToArray(), default)));
    }

    [Theory]
    [InlineData(FaultKind.InternalError)]
    [InlineData(FaultKind.Unavailable)]
    [InlineData(FaultKind.Throttled)]
    [InlineData(FaultKind.Dropped)]
    [InlineData(FaultKind.AnswerLost)]
    [InlineData(FaultKind.Stalled)]
    public async Task A_fault_that_passes_is_waited_out_and_one_that_stays_is_an_error_to_retry(FaultKind fault)
    {
        await using KmsDouble kms = await KmsDouble.StartAsync();
        using IAmazonKeyManagementService patient = KmsFixture.ClientOf(kms, retries: 2, timeout: 0.5);
        using IAmazonKeyManagementService hasty = KmsFixture.ClientOf(kms, retries: 0, timeout: 0.5);
        string arn = (await patient.CreateKeyAsync(new CreateKeyRequest())).KeyMetadata.Arn;
        KmsWrappingKey key = new(patient, arn);
        kms.Faults.Next(fault, null, fault, null);
        Assert.Equal(Secret, await key.UnwrapAsync(await key.WrapAsync(Secret, Data, default), Data, default));
        Assert.Equal(2, kms.Faults.Injected);

        // .NET itself sends a request again when a connection that was kept open breaks.
        kms.Faults.Set(1, fault);
        KeyException error = await Assert.ThrowsAsync<KeyException>(() => new KmsWrappingKey(hasty, arn).WrapAsync(Secret, Data, default));
        Assert.Equal(("BW1209", ErrorKind.Fault), (error.Code, error.Kind));
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_unavailable_and_one_stopped_by_the_caller_is_not()
    {
        KmsDouble kms = await KmsDouble.StartAsync();
        using IAmazonKeyManagementService client = KmsFixture.ClientOf(kms);
        KmsWrappingKey key = new(client, (await client.CreateKeyAsync(new CreateKeyRequest())).KeyMetadata.Arn);
        kms.Faults.Next(FaultKind.Stalled);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => key.WrapAsync(Secret, Data, stop.Token));
        await kms.DisposeAsync();
        Assert.Equal("BW1209", await CodeAsync(() => key.WrapAsync(Secret, Data, default)));
    }

    [Fact]
    public async Task An_answer_that_names_another_key_or_no_plaintext_is_not_used()
    {
        await using KmsDouble kms = await KmsDouble.StartAsync();
        using IAmazonKeyManagementService client = KmsFixture.ClientOf(kms);
        KmsWrappingKey key = new(client, (await client.CreateKeyAsync(new CreateKeyRequest())).KeyMetadata.Arn);
        byte[] wrapped = await key.WrapAsync(Secret, Data, default);
        kms.Corrupt = (_, answer) => answer["KeyId"] = "arn:aws:kms:us-east-1:123456789012:key/other";
        Assert.Equal("BW1210", await CodeAsync(() => key.UnwrapAsync(wrapped, Data, default)));
        Assert.Equal("BW1210", await CodeAsync(() => key.WrapAsync(Secret, Data, default)));
        kms.Corrupt = (_, answer) => answer.Remove("Plaintext");
        Assert.Equal("BW1210", await CodeAsync(() => key.UnwrapAsync(wrapped, Data, default)));
        kms.Corrupt = (_, answer) => answer.Remove("CiphertextBlob");
        Assert.Equal("BW1210", await CodeAsync(() => key.WrapAsync(Secret, Data, default)));
    }

    [ProgramFact("aws")]
    public async Task The_AWS_command_line_opens_what_we_wrapped_and_we_open_what_it_wrapped()
    {
        AwsCli cli = new(fixture.Kms.Address);
        string arn = await fixture.CreateAsync();
        KmsWrappingKey key = new(fixture.Client, arn);
        string folder = Directory.CreateTempSubdirectory("bulwark-kms-").FullName;
        string secret = Path.Combine(folder, "secret");
        string context = "associatedData=" + Convert.ToHexStringLower(Data);
        try
        {
            File.WriteAllBytes(secret, await key.WrapAsync(Secret, Data, default));
            Assert.Equal(Convert.ToBase64String(Secret), cli.Query("Plaintext", "kms", "decrypt", "--key-id", arn, "--ciphertext-blob", "fileb://" + secret, "--encryption-context", context));
            File.WriteAllBytes(secret, Secret);
            string made = cli.Query("CiphertextBlob", "kms", "encrypt", "--key-id", arn, "--plaintext", "fileb://" + secret, "--encryption-context", context);
            Assert.Equal(Secret, await key.UnwrapAsync(Convert.FromBase64String(made), Data, default));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> CodeAsync(Func<Task> action) => (await Assert.ThrowsAsync<KeyException>(action)).Code;
}
