using System.Text;
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
        Assert.False(verifyLog.Allows("kms:Decrypt", WrappingKey, Context("bulwark/v1/mnist-mlp.safetensors")));
        Assert.False(verifyLog.Allows("kms:Encrypt", WrappingKey, Context("bulwark/secret/log/000001")));

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
        root.Run("s3api", "create-bucket", "--bucket", "upload");
        root.Run("s3api", "create-bucket", "--bucket", "protected");
        root.Run(
            "dynamodb", "create-table", "--table-name", "state", "--billing-mode", "PAY_PER_REQUEST",
            "--attribute-definitions", "AttributeName=collection,AttributeType=S", "AttributeName=id,AttributeType=S",
            "--key-schema", "AttributeName=collection,KeyType=HASH", "AttributeName=id,KeyType=RANGE");
        root.Run("s3api", "put-object", "--bucket", "upload", "--key", "model");
        root.Run("iam", "create-user", "--user-name", "function");
        root.Run(
            "iam", "put-user-policy", "--user-name", "function", "--policy-name", "role",
            "--policy-document", TranslatedTemplate.Load().PolicyOf("ProtectModelRole", Values).ForMoto().ToJson());
        string[] key = root.Run("iam", "create-access-key", "--user-name", "function", "--query", "AccessKey.[AccessKeyId,SecretAccessKey]", "--output", "text").Split('\t');
        AwsCommandLine function = new(moto.Address, key[0], key[1]);

        function.Run("s3api", "head-object", "--bucket", "upload", "--key", "model");
        function.Run("s3api", "put-object", "--bucket", "protected", "--key", "model.enc");
        function.Run("dynamodb", "get-item", "--table-name", "state", "--key", """{"collection":{"S":"c"},"id":{"S":"i"}}""");
        foreach (string[] forbidden in new string[][]
        {
            ["s3api", "put-object", "--bucket", "upload", "--key", "model"],
            ["s3api", "delete-object", "--bucket", "upload", "--key", "model"],
            ["s3api", "delete-bucket", "--bucket", "protected"],
            ["dynamodb", "scan", "--table-name", "state"],
            ["iam", "list-users"],
        })
        {
            (int exitCode, _, string errors) = function.Try(forbidden);
            Assert.True(exitCode != 0 && errors.Contains("AccessDenied", StringComparison.Ordinal), $"{string.Join(' ', forbidden)}: {errors}");
        }
    }
}
