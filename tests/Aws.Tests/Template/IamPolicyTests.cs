using System.Text;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>What the roles of template.yaml may do, call by call; and that moto enforces what it is given of it.</summary>
public sealed class IamPolicyTests
{
    private const string WrappingKey = "arn:aws:kms:us-east-1:123456789012:key/wrapping";
    private const string BucketKey = "arn:aws:kms:us-east-1:123456789012:key/buckets";
    private const string SigningKey = "arn:aws:kms:us-east-1:123456789012:key/signing";

    private static readonly Dictionary<string, string> Values = new()
    {
        ["UploadBucket"] = "upload",
        ["ProtectedBucket"] = "protected",
        ["QuarantineBucket"] = "quarantine",
        ["AuditBucket"] = "audit",
        ["BucketKey.Arn"] = BucketKey,
        ["WrappingKey.Arn"] = WrappingKey,
        ["SigningKey.Arn"] = SigningKey,
        ["StateTable.Arn"] = "arn:aws:dynamodb:us-east-1:123456789012:table/state",
        ["FailedEvents.Arn"] = "arn:aws:sqs:us-east-1:123456789012:failed",
        ["RetriedEvents.Arn"] = "arn:aws:sqs:us-east-1:123456789012:retried",
        ["ProtectModelLogs.Arn"] = "arn:aws:logs:us-east-1:123456789012:log-group:/bulwark/ProtectModel:*",
        ["VerifyAuditLogLogs.Arn"] = "arn:aws:logs:us-east-1:123456789012:log-group:/bulwark/VerifyAuditLog:*",
    };

    [ProgramFact("cfn-lint")]
    public void Associated_data_of_models_and_secrets_opens_the_wrapping_key_and_no_other_does()
    {
        IamPolicy protect = TranslatedTemplate.Load().PolicyOf("ProtectModelRole", Values);
        IamPolicy verifyLog = TranslatedTemplate.Load().PolicyOf("VerifyAuditLogRole", Values);

        foreach (string action in new[] { "kms:Encrypt", "kms:Decrypt" })
        {
            Assert.True(protect.Allows(action, WrappingKey, Context("bulwark/v1/mnist-mlp.safetensors")));
            Assert.True(protect.Allows(action, WrappingKey, Context("bulwark/secret/log/000001")));
            Assert.False(protect.Allows(action, WrappingKey, Context("somebody/else")));
            Assert.False(protect.Allows(action, WrappingKey));
            Assert.False(protect.Allows(action, "arn:aws:kms:us-east-1:123456789012:key/another", Context("bulwark/v1/m")));
        }

        Assert.True(verifyLog.Allows("kms:Decrypt", WrappingKey, Context("bulwark/secret/log/000001")));
        Assert.True(protect.Allows("kms:Decrypt", WrappingKey, Context("bulwark/secret/watermark/000001")));
        Assert.False(verifyLog.Allows("kms:Decrypt", WrappingKey, Context("bulwark/secret/watermark/000001")));
        Assert.False(verifyLog.Allows("kms:Decrypt", WrappingKey, Context("bulwark/v1/mnist-mlp.safetensors")));
        Assert.True(verifyLog.Allows("kms:Encrypt", WrappingKey, Context("bulwark/secret/log/000001")));
        Assert.False(verifyLog.Allows("kms:Encrypt", WrappingKey, Context("bulwark/v1/mnist-mlp.safetensors")));

        static (string, string) Context(string associatedData) =>
            ("kms:EncryptionContext:associatedData", Convert.ToHexStringLower(Encoding.UTF8.GetBytes(associatedData)));
    }

    [ProgramFact("cfn-lint")]
    public void The_signing_key_signs_digests_only_and_the_bucket_key_works_through_S3_only()
    {
        IamPolicy policy = TranslatedTemplate.Load().PolicyOf("ProtectModelRole", Values);

        Assert.True(policy.Allows("kms:Sign", SigningKey, ("kms:SigningAlgorithm", "ECDSA_SHA_256"), ("kms:MessageType", "DIGEST")));
        Assert.False(policy.Allows("kms:Sign", SigningKey, ("kms:SigningAlgorithm", "ECDSA_SHA_256"), ("kms:MessageType", "RAW")));
        Assert.True(policy.Allows("kms:GenerateDataKey", BucketKey, ("kms:ViaService", "s3.us-east-1.amazonaws.com")));
        Assert.False(policy.Allows("kms:Decrypt", BucketKey));
    }

    [ProgramFact("cfn-lint")]
    public void A_source_is_deleted_only_where_that_was_asked_for()
    {
        IamPolicy keeps = TranslatedTemplate.Load().PolicyOf("ProtectModelRole", Values);
        IamPolicy deletes = TranslatedTemplate.Load().PolicyOf("ProtectModelRole", new Dictionary<string, string>(Values) { ["DeleteSource"] = "true" });

        Assert.False(keeps.Allows("s3:DeleteObjectVersion", "arn:aws:s3:::upload/m.safetensors"));
        Assert.True(deletes.Allows("s3:DeleteObjectVersion", "arn:aws:s3:::upload/m.safetensors"));
        Assert.False(deletes.Allows("s3:DeleteObjectVersion", "arn:aws:s3:::protected/m.safetensors.enc"));
        Assert.False(deletes.Allows("s3:DeleteObjectVersion", "arn:aws:s3:::audit/checkpoint"));
    }

    [ProgramFact("cfn-lint")]
    public void Whoever_takes_a_permission_away_that_is_not_there_is_told()
    {
        IamPolicy policy = TranslatedTemplate.Load().PolicyOf("ProtectModelRole", Values);

        Assert.DoesNotContain("kms:Encrypt", policy.Without("kms:Encrypt").Actions);
        Assert.Equal(policy.Actions.Count - 1, policy.Without("kms:Encrypt").Actions.Count);
        Assert.Throws<ArgumentException>(() => policy.Without("kms:CreateKey"));
        Assert.Throws<KeyNotFoundException>(() => TranslatedTemplate.Load().PolicyOf("ProtectModelRole", new Dictionary<string, string>()));
        Assert.Throws<KeyNotFoundException>(() => TranslatedTemplate.Load().PolicyOf("OperatorRole", Values));
    }

    [ProgramFact("moto_server")]
    public async Task Moto_lets_a_user_with_the_policy_do_what_it_allows_and_nothing_else()
    {
        // Seven calls prepare; from the eighth on everyone needs permission.
        using MotoServer moto = await MotoServer.StartAsync(unauthenticatedCalls: 7);
        AwsCommandLine root = new(moto.Address);
        using AmazonS3Client rootS3 = S3(moto, "anyone", "anyone");
        using AmazonDynamoDBClient rootTables = Tables(moto, "anyone", "anyone");
        await rootS3.PutBucketAsync("upload");
        await rootS3.PutBucketAsync("protected");
        await rootS3.PutObjectAsync(new PutObjectRequest { BucketName = "upload", Key = "model", ContentBody = "weights" });
        await rootTables.CreateTableAsync(
            "state",
            [new KeySchemaElement("collection", KeyType.HASH)],
            [new AttributeDefinition("collection", ScalarAttributeType.S)],
            new ProvisionedThroughput(1, 1));
        root.Run("iam", "create-user", "--user-name", "function");
        root.Run(
            "iam", "put-user-policy", "--user-name", "function", "--policy-name", "role",
            "--policy-document", TranslatedTemplate.Load().PolicyOf("ProtectModelRole", Values).ForMoto().ToJson());
        string[] key = root.Run("iam", "create-access-key", "--user-name", "function", "--query", "AccessKey.[AccessKeyId,SecretAccessKey]", "--output", "text").Split('\t');
        using AmazonS3Client s3 = S3(moto, key[0], key[1]);
        using AmazonDynamoDBClient tables = Tables(moto, key[0], key[1]);

        Assert.Equal(7, (await s3.GetObjectMetadataAsync("upload", "model")).ContentLength);
        await s3.PutObjectAsync(new PutObjectRequest { BucketName = "protected", Key = "model.enc", ContentBody = "sealed" });
        Assert.False((await tables.GetItemAsync("state", new() { ["collection"] = new AttributeValue("claims") })).IsItemSet);
        Task[] forbidden =
        [
            s3.PutObjectAsync(new PutObjectRequest { BucketName = "upload", Key = "model", ContentBody = "other weights" }),
            s3.DeleteObjectAsync("upload", "model"),
            s3.DeleteBucketAsync("protected"),
            tables.ScanAsync(new ScanRequest("state")),
            tables.DeleteTableAsync("state"),
        ];
        foreach (Task call in forbidden)
            Assert.Contains("AccessDenied", (await Assert.ThrowsAnyAsync<AmazonServiceException>(() => call)).ErrorCode, StringComparison.Ordinal);
    }

    private static AmazonS3Client S3(MotoServer moto, string accessKey, string secretKey) =>
        new(accessKey, secretKey, new AmazonS3Config { ServiceURL = moto.Address.ToString(), ForcePathStyle = true, AuthenticationRegion = "us-east-1" });

    private static AmazonDynamoDBClient Tables(MotoServer moto, string accessKey, string secretKey) =>
        new(accessKey, secretKey, new AmazonDynamoDBConfig { ServiceURL = moto.Address.ToString(), AuthenticationRegion = "us-east-1" });
}
