using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests.Template;

/// <summary>How template.yaml sets up what it creates.</summary>
public sealed partial class TemplateResourceTests
{
    [ProgramFact("cfn-lint")]
    public void Every_bucket_is_private_versioned_encrypted_and_for_TLS_only()
    {
        Dictionary<string, JsonObject> buckets = Properties("AWS::S3::Bucket");
        Dictionary<string, JsonObject> policies = Properties("AWS::S3::BucketPolicy").Values.ToDictionary(p => Permission.NameOf(p["Bucket"]));

        Assert.Equal(["AccessLogBucket", "AuditBucket", "ProtectedBucket", "QuarantineBucket", "UploadBucket"], buckets.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, JsonObject bucket) in buckets)
        {
            Assert.Equal("Enabled", bucket["VersioningConfiguration"]!["Status"]!.GetValue<string>());
            Assert.Equal("BucketOwnerEnforced", bucket["OwnershipControls"]!["Rules"]![0]!["ObjectOwnership"]!.GetValue<string>());
            Assert.Equal(4, bucket["PublicAccessBlockConfiguration"]!.AsObject().Count(p => p.Value!.GetValue<bool>()));
            Assert.Contains(bucket["LifecycleConfiguration"]!["Rules"]!.AsArray(), r => r!["AbortIncompleteMultipartUpload"] is not null);
            JsonNode encryption = bucket["BucketEncryption"]!["ServerSideEncryptionConfiguration"]!.AsArray().Single()!;
            if (name == "AccessLogBucket")
            {
                // S3 delivers access logs to no bucket with a KMS key.
                Assert.Equal("AES256", encryption["ServerSideEncryptionByDefault"]!["SSEAlgorithm"]!.GetValue<string>());
            }
            else
            {
                Assert.Equal("aws:kms", encryption["ServerSideEncryptionByDefault"]!["SSEAlgorithm"]!.GetValue<string>());
                Assert.Equal("BucketKey", Permission.NameOf(encryption["ServerSideEncryptionByDefault"]!["KMSMasterKeyID"]));
                Assert.True(encryption["BucketKeyEnabled"]!.GetValue<bool>());
                Assert.Equal("AccessLogBucket", Permission.NameOf(bucket["LoggingConfiguration"]!["DestinationBucketName"]));
            }

            JsonNode tls = policies[name]["PolicyDocument"]!["Statement"]!.AsArray().Single(s => s!["Sid"]!.GetValue<string>() == "TlsOnly")!;
            Assert.Equal(
                """{"Effect":"Deny","Principal":"*","Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}""",
                new JsonObject(tls.AsObject().Where(f => f.Key is not ("Sid" or "Resource")).Select(f => KeyValuePair.Create(f.Key, f.Value?.DeepClone()))).ToJsonString());
            Assert.Equal([name, $"{name}/*"], tls["Resource"]!.AsArray().Select(Permission.NameOf));
        }
    }

    [ProgramFact("cfn-lint")]
    public void Plaintext_does_not_outlive_its_retention_as_an_old_version()
    {
        JsonObject upload = Properties("AWS::S3::Bucket")["UploadBucket"];

        Assert.Equal("UploadHistoryDays", Permission.NameOf(upload["LifecycleConfiguration"]!["Rules"]!.AsArray().Single(r => r!["Id"]!.GetValue<string>() == "History")!["NoncurrentVersionExpiration"]!["NoncurrentDays"]));
        Assert.True(upload["NotificationConfiguration"]!["EventBridgeConfiguration"]!["EventBridgeEnabled"]!.GetValue<bool>());
    }

    [ProgramFact("cfn-lint")]
    public void The_audit_log_is_locked_and_nobody_may_delete_its_versions()
    {
        JsonObject audit = Properties("AWS::S3::Bucket")["AuditBucket"];
        JsonNode retention = audit["ObjectLockConfiguration"]!["Rule"]!["DefaultRetention"]!;
        JsonNode denial = Properties("AWS::S3::BucketPolicy")["AuditBucketPolicy"]["PolicyDocument"]!["Statement"]!.AsArray()
            .Single(s => s!["Sid"]!.GetValue<string>() == "NobodyDeletesVersions")!;

        Assert.True(audit["ObjectLockEnabled"]!.GetValue<bool>());
        Assert.Equal(["AuditRetentionMode", "AuditRetentionDays"], [Permission.NameOf(retention["Mode"]), Permission.NameOf(retention["Days"])]);
        Assert.Equal("Deny", denial["Effect"]!.GetValue<string>());
        Assert.Equal("*", denial["Principal"]!.GetValue<string>());
        Assert.Contains("s3:DeleteObjectVersion", IamPolicy.TextsOf(denial["Action"]));
        Assert.Contains("s3:BypassGovernanceRetention", IamPolicy.TextsOf(denial["Action"]));
        Assert.DoesNotContain(Permission.Granted(TranslatedTemplate.Load().Document), p => p is { May: "s3:DeleteObjectVersion", On: not "UploadBucket/*" });
    }

    [ProgramFact("cfn-lint")]
    public void Every_function_logs_into_an_encrypted_group_with_a_retention_and_is_traced()
    {
        Dictionary<string, JsonObject> groups = Properties("AWS::Logs::LogGroup");

        Assert.All(groups.Values, group => Assert.Equal(["LogRetentionDays", "OperationsKey"], [Permission.NameOf(group["RetentionInDays"]), Permission.NameOf(group["KmsKeyId"])]));
        Assert.All(Properties("AWS::Lambda::Function"), function =>
        {
            Assert.Equal($"{function.Key}Logs", Permission.NameOf(function.Value["LoggingConfig"]!["LogGroup"]));
            Assert.Contains($"{function.Key}Logs", groups.Keys);
            Assert.Equal("Active", function.Value["TracingConfig"]!["Mode"]!.GetValue<string>());
        });
        Assert.Equal("ProtectJobLogs", Permission.NameOf(Properties("AWS::Batch::JobDefinition").Values.Single()["ContainerProperties"]!["LogConfiguration"]!["Options"]!["awslogs-group"]));
    }

    [ProgramFact("cfn-lint")]
    public void Every_key_rotates_that_can_and_no_key_of_models_goes_with_the_stack()
    {
        JsonObject resources = TranslatedTemplate.Load().Decide(TranslatedTemplate.Everything)["Resources"]!.AsObject();

        Assert.Equal(5, Properties("AWS::KMS::Key").Count);
        foreach ((string name, JsonObject key) in Properties("AWS::KMS::Key"))
        {
            bool asymmetric = key["KeyUsage"]?.GetValue<string>() == "SIGN_VERIFY";
            Assert.Equal(!asymmetric, key["EnableKeyRotation"]?.GetValue<bool>() ?? false);
            Assert.Equal(name == "OperationsKey" ? "Delete" : "Retain", resources[name]!["DeletionPolicy"]!.GetValue<string>());
            Assert.Contains(Properties("AWS::KMS::Alias").Values, a => Permission.NameOf(a["TargetKeyId"]) == name);
        }

        Assert.Equal("ECC_NIST_P256", Properties("AWS::KMS::Key")["SigningKey"]["KeySpec"]!.GetValue<string>());
        Assert.Equal("ML_DSA_65", Properties("AWS::KMS::Key")["PostQuantumKey"]["KeySpec"]!.GetValue<string>());
    }

    [ProgramFact("cfn-lint")]
    public void An_event_that_fails_is_tried_again_and_then_kept()
    {
        JsonObject rule = Properties("AWS::Events::Rule")["ProtectModelUploaded"];
        JsonObject invocation = Properties("AWS::Lambda::EventInvokeConfig")["ProtectModelEventInvokeConfig"];
        JsonObject retried = Properties("AWS::SQS::Queue")["RetriedEvents"];
        JsonObject source = Properties("AWS::Lambda::EventSourceMapping").Values.Single();

        Assert.Equal("FailedEvents", Permission.NameOf(rule["Targets"]![0]!["DeadLetterConfig"]!["Arn"]));
        Assert.Equal("FailedEvents", Permission.NameOf(invocation["DestinationConfig"]!["OnFailure"]!["Destination"]));
        Assert.Equal(2, invocation["MaximumRetryAttempts"]!.GetValue<int>());
        Assert.Equal("FailedEvents", Permission.NameOf(retried["RedrivePolicy"]!["deadLetterTargetArn"]));
        Assert.Equal("RetriedEvents", Permission.NameOf(source["EventSourceArn"]));
        Assert.Equal(["ReportBatchItemFailures"], IamPolicy.TextsOf(source["FunctionResponseTypes"]));
        Assert.True(retried["VisibilityTimeout"]!.GetValue<int>() >= 6 * 900);
    }

    [ProgramFact("cfn-lint")]
    public void Functions_and_job_get_every_setting_that_AwsSettings_requires()
    {
        string contract = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "core", "Bulwark.Aws", "AwsSettings.cs"));
        string[] required = [.. Setting().Matches(contract).Where(m => m.Groups[2].Value == "required").Select(m => m.Groups[1].Value)];
        IEnumerable<string> job = Properties("AWS::Batch::JobDefinition").Values.Single()["ContainerProperties"]!["Environment"]!.AsArray().Select(v => v!["Name"]!.GetValue<string>());

        Assert.True(required.Length >= 7, contract);
        Assert.Empty(required.Except(job));
        Assert.All(Properties("AWS::Lambda::Function").Values, f => Assert.Empty(required.Except(f["Environment"]!["Variables"]!.AsObject().Select(v => v.Key))));
    }

    [ProgramFact("cfn-lint")]
    public void The_state_table_has_the_keys_that_the_state_store_writes()
    {
        JsonObject table = Properties("AWS::DynamoDB::Table")["StateTable"];

        Assert.Equal(["pk HASH", "sk RANGE"], table["KeySchema"]!.AsArray().Select(k => $"{k!["AttributeName"]} {k["KeyType"]}"));
        Assert.Equal(["pk S", "sk S"], table["AttributeDefinitions"]!.AsArray().Select(k => $"{k!["AttributeName"]} {k["AttributeType"]}"));
        Assert.True(table["PointInTimeRecoverySpecification"]!["PointInTimeRecoveryEnabled"]!.GetValue<bool>());
    }

    [ProgramFact("cfn-lint")]
    public void Without_the_options_nothing_of_them_is_left()
    {
        JsonObject decided = TranslatedTemplate.Load().Decide();
        string text = decided["Resources"]!.ToJsonString();

        Assert.DoesNotContain("Fn::If", text, StringComparison.Ordinal);
        Assert.DoesNotContain("AWS::NoValue", text, StringComparison.Ordinal);
        foreach (string action in new[] { "s3:DeleteObjectVersion", "securityhub:BatchImportFindings", "batch:SubmitJob" })
            Assert.DoesNotContain(action, TranslatedTemplate.Load().UnresolvedStatementsOf("ProtectModelRole").SelectMany(s => IamPolicy.TextsOf(s["Action"])));
        foreach (string resource in new[] { "PostQuantumKey", "OperatorRole", "ProtectJobs", "ProtectJobRole", "AlarmsByMail" })
            Assert.DoesNotContain(resource, decided["Resources"]!.AsObject().Select(r => r.Key));
    }

    private static Dictionary<string, JsonObject> Properties(string type) =>
        TranslatedTemplate.Load().Decide(TranslatedTemplate.Everything)["Resources"]!.AsObject()
            .Where(r => r.Value!["Type"]!.GetValue<string>() == type).ToDictionary(r => r.Key, r => r.Value!["Properties"]!.AsObject());

    [GeneratedRegex(@"/// (BULWARK_[A-Z_]+) .*?(required|optional)")]
    private static partial Regex Setting();
}
