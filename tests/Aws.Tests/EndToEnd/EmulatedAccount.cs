using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Bulwark.Aws;
using Bulwark.CloudDoubles.Kms;
using Bulwark.CloudDoubles.Lambda;
using Bulwark.Functions.Aws.Tests.Template;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests.EndToEnd;

/// <summary>
/// An account as <c>template.yaml</c> makes it, on emulators that enforce it: moto for S3, DynamoDB, SQS and IAM, with signatures
/// verified and policies enforced; the KMS double, which asks the very same policies.
/// </summary>
internal sealed class EmulatedAccount : IAsyncDisposable
{
    public const string Region = "us-east-1";
    public const string UploadBucket = "models-upload";
    public const string ProtectedBucket = "models-protected";
    public const string QuarantineBucket = "models-quarantine";
    public const string AuditBucket = "models-audit";
    public const string StateTable = "bulwark-state";

    // Everyone's word is taken until the account is set up.
    private const int Unauthenticated = 1_000_000;
    private const string AccountId = "123456789012";

    private readonly MotoServer _moto;
    private readonly Dictionary<string, IamPolicy> _policies = [];

    private EmulatedAccount(MotoServer moto, KmsDouble kms)
    {
        _moto = moto;
        Kms = kms;
        Root = new AwsCommandLine(moto.Address);
        Kms.Allows = IsAllowed;
    }

    /// <summary>KMS.</summary>
    public KmsDouble Kms { get; }

    /// <summary>The command line of whoever set the account up; worth nothing once policies are enforced.</summary>
    public AwsCommandLine Root { get; }

    /// <summary>Someone who may do everything.</summary>
    public BasicAWSCredentials Administrator { get; private set; } = null!;

    /// <summary>Address of the queue for events that failed for good.</summary>
    public string FailedEvents { get; private set; } = "";

    public string WrappingKey { get; private set; } = "";

    public string SigningKey { get; private set; } = "";

    /// <summary>S3 for the administrator.</summary>
    public IAmazonS3 S3 { get; private set; } = null!;

    /// <summary>Makes the account: buckets, table, queue, keys and an administrator. Users with policies are added before <see cref="EnforceAsync"/>.</summary>
    public static async Task<EmulatedAccount> CreateAsync()
    {
        EmulatedAccount account = new(await MotoServer.StartAsync(Unauthenticated), await KmsDouble.StartAsync(region: Region, account: AccountId));
        try
        {
            await account.SetUpAsync();
            return account;
        }
        catch
        {
            await account.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the state table as the template does.</summary>
    public static Task CreateTableAsync(IAmazonDynamoDB dynamoDb, string name) => dynamoDb.CreateTableAsync(new CreateTableRequest
    {
        TableName = name,
        BillingMode = BillingMode.PAY_PER_REQUEST,
        AttributeDefinitions = [new AttributeDefinition("pk", ScalarAttributeType.S), new AttributeDefinition("sk", ScalarAttributeType.S)],
        KeySchema = [new KeySchemaElement("pk", KeyType.HASH), new KeySchemaElement("sk", KeyType.RANGE)],
    });

    /// <summary>Adds a user whose policy is that of a role of the template, less the permissions named.</summary>
    public BasicAWSCredentials AddUser(string name, string role, params string[] without)
    {
        IamPolicy policy = TranslatedTemplate.Load().PolicyOf(role, Values());
        foreach (string action in without)
            policy = policy.Without(action);
        return AddUser(name, policy, policy.ForMoto().ToJson());
    }

    /// <summary>From now on signatures are verified and policies enforced.</summary>
    public async Task EnforceAsync()
    {
        using HttpClient http = new();
        using StringContent none = new("0", MediaTypeHeaderValue.Parse("text/plain"));
        using HttpResponseMessage answer = await http.PostAsync(new Uri(_moto.Address, "/moto-api/reset-auth"), none);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The environment that the template gives a function, and the user's credentials.</summary>
    public Dictionary<string, string> EnvironmentOf(string handler, BasicAWSCredentials user)
    {
        ImmutableCredentials keys = user.GetCredentials();
        return new Dictionary<string, string>
        {
            ["_HANDLER"] = handler,
            ["AWS_LAMBDA_FUNCTION_NAME"] = handler,
            ["AWS_REGION"] = Region,
            ["AWS_ACCESS_KEY_ID"] = keys.AccessKey,
            ["AWS_SECRET_ACCESS_KEY"] = keys.SecretKey,
            ["AWS_ENDPOINT_URL"] = _moto.Address.ToString(),
            ["AWS_ENDPOINT_URL_KMS"] = Kms.Address.ToString(),
            ["BULWARK_UPLOAD_BUCKET"] = UploadBucket,
            ["BULWARK_PROTECTED_BUCKET"] = ProtectedBucket,
            ["BULWARK_QUARANTINE_BUCKET"] = QuarantineBucket,
            ["BULWARK_AUDIT_BUCKET"] = AuditBucket,
            ["BULWARK_STATE_TABLE"] = StateTable,
            ["BULWARK_WRAPPING_KEY"] = WrappingKey,
            ["BULWARK_SIGNING_KEY"] = SigningKey,
            ["BULWARK_LOG_ORIGIN"] = "bulwark.test/log",
            ["BULWARK_OWNER"] = "7",
        };
    }

    /// <summary>Uploads a model, and returns the event that EventBridge would send.</summary>
    public async Task<string> UploadAsync(string key, byte[] content)
    {
        using MemoryStream body = new(content);
        PutObjectResponse put = await S3.PutObjectAsync(new PutObjectRequest { BucketName = UploadBucket, Key = key, InputStream = body });
        return EventOf(key, content.LongLength, put.ETag, put.VersionId);
    }

    /// <summary>The event that EventBridge sends for an upload.</summary>
    public static string EventOf(string key, long size, string etag, string? version) => JsonSerializer.Serialize(new
    {
        version = "0",
        id = Guid.NewGuid().ToString(),
        DetailType = "Object Created",
        source = "aws.s3",
        account = AccountId,
        time = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        region = Region,
        resources = new[] { $"arn:aws:s3:::{UploadBucket}" },
        detail = new
        {
            version = "0",
            bucket = new { name = UploadBucket },
            @object = new Dictionary<string, object?> { ["key"] = key, ["size"] = size, ["etag"] = etag.Trim('"'), ["version-id"] = version, ["sequencer"] = "0062E99A88DC407460" },
            reason = "PutObject",
        },
    }).Replace("\"DetailType\"", "\"detail-type\"", StringComparison.Ordinal);

    /// <summary>
    /// What Lambda does with an event that nobody waits for: three attempts, and then the queue of failed events.
    /// </summary>
    public async Task<LambdaCall> DeliverAsync(LambdaRuntimeDouble lambda, string json)
    {
        string request = Guid.NewGuid().ToString();
        for (int attempt = 1; ; attempt++)
        {
            LambdaCall call = await lambda.InvokeAsync(json, requestId: request);
            if (call.Error is null)
                return call;
            if (attempt < 3)
                continue;
            As(Administrator).Run("sqs", "send-message", "--queue-url", FailedEvents, "--message-body", JsonSerializer.Serialize(new
            {
                version = "1.0",
                requestContext = new { requestId = request, condition = "RetriesExhausted", approximateInvokeCount = attempt },
                requestPayload = JsonDocument.Parse(json).RootElement,
                responsePayload = call.Error,
            }));
            return call;
        }
    }

    /// <summary>The command line of a user.</summary>
    public AwsCommandLine As(BasicAWSCredentials user)
    {
        ImmutableCredentials keys = user.GetCredentials();
        return new AwsCommandLine(_moto.Address, keys.AccessKey, keys.SecretKey);
    }

    /// <summary>Names of the objects that are visible in a bucket.</summary>
    public async Task<string[]> NamesAsync(string bucket) =>
        [.. (await S3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket })).S3Objects?.Select(o => o.Key) ?? []];

    /// <summary>Uploads that were begun and neither finished nor aborted.</summary>
    public async Task<int> OpenUploadsAsync(string bucket) =>
        (await S3.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = bucket })).MultipartUploads?.Count ?? 0;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        S3?.Dispose();
        await Kms.DisposeAsync();
        _moto.Dispose();
    }

    private async Task SetUpAsync()
    {
        using IAmazonKeyManagementService kms = Clients(new BasicAWSCredentials("root", "root")).CreateKms();
        _policies["root"] = new IamPolicy([]);
        WrappingKey = (await kms.CreateKeyAsync(new CreateKeyRequest())).KeyMetadata.Arn;
        SigningKey = (await kms.CreateKeyAsync(new CreateKeyRequest { KeySpec = KeySpec.ECC_NIST_P256, KeyUsage = KeyUsageType.SIGN_VERIFY })).KeyMetadata.Arn;
        using IAmazonDynamoDB dynamoDb = Clients(new BasicAWSCredentials("root", "root")).CreateDynamoDb();
        await CreateTableAsync(dynamoDb, StateTable);
        Administrator = AddUser("administrator", policy: null, """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}""");
        S3 = Clients(Administrator).CreateS3();
        foreach (string bucket in new[] { UploadBucket, ProtectedBucket, QuarantineBucket, AuditBucket })
        {
            await S3.PutBucketAsync(new PutBucketRequest { BucketName = bucket, ObjectLockEnabledForBucket = bucket == AuditBucket });
            await S3.PutBucketVersioningAsync(new PutBucketVersioningRequest { BucketName = bucket, VersioningConfig = new S3BucketVersioningConfig { Status = VersionStatus.Enabled } });
        }

        FailedEvents = Root.Run("sqs", "create-queue", "--queue-name", "failed-events", "--query", "QueueUrl", "--output", "text");
    }

    private BasicAWSCredentials AddUser(string name, IamPolicy? policy, string document)
    {
        Root.Run("iam", "create-user", "--user-name", name);
        Root.Run("iam", "put-user-policy", "--user-name", name, "--policy-name", "policy", "--policy-document", document);
        string[] key = Root.Run("iam", "create-access-key", "--user-name", name, "--query", "AccessKey.[AccessKeyId,SecretAccessKey]", "--output", "text").Split('\t');
        if (policy is not null)
            _policies[key[0]] = policy;
        return new BasicAWSCredentials(key[0], key[1]);
    }

    private AwsClients Clients(AWSCredentials credentials) =>
        new() { Region = Region, Credentials = credentials, Endpoint = _moto.Address, KmsEndpoint = Kms.Address };

    /// <summary>Who has no policy here is the administrator, or sets the account up.</summary>
    private bool IsAllowed(KmsAccess access) => !_policies.TryGetValue(access.AccessKeyId, out IamPolicy? policy) || access.AccessKeyId == "root" || policy.Allows(
        access.Action,
        access.KeyArn ?? "*",
        [
            .. access.EncryptionContext.Select(c => ($"kms:EncryptionContext:{c.Key}", c.Value)),
            .. access.SigningAlgorithm is { } algorithm ? [("kms:SigningAlgorithm", algorithm)] : Array.Empty<(string, string)>(),
            .. access.MessageType is { } type ? [("kms:MessageType", type)] : Array.Empty<(string, string)>(),
        ]);

    private Dictionary<string, string> Values() => new()
    {
        ["UploadBucket"] = UploadBucket,
        ["ProtectedBucket"] = ProtectedBucket,
        ["QuarantineBucket"] = QuarantineBucket,
        ["AuditBucket"] = AuditBucket,
        ["BucketKey.Arn"] = $"arn:aws:kms:{Region}:{AccountId}:key/buckets",
        ["WrappingKey.Arn"] = WrappingKey,
        ["SigningKey.Arn"] = SigningKey,
        ["StateTable.Arn"] = $"arn:aws:dynamodb:{Region}:{AccountId}:table/{StateTable}",
        ["FailedEvents.Arn"] = $"arn:aws:sqs:{Region}:{AccountId}:failed-events",
        ["RetriedEvents.Arn"] = $"arn:aws:sqs:{Region}:{AccountId}:retried-events",
        ["ProtectModelLogs.Arn"] = $"arn:aws:logs:{Region}:{AccountId}:log-group:/bulwark/ProtectModel:*",
    };
}
