using Amazon;
using Amazon.DynamoDBv2;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Amazon.S3;
using Bulwark.Aws.Clients;

namespace Bulwark.Aws;

/// <summary>
/// Makes the clients of the AWS services, all with the same region, credentials, endpoints, retries and time limits.
/// A client is meant to live as long as the process; whoever asked for it disposes it.
/// </summary>
/// <remarks>
/// <code>
/// attempts     6, standard mode: exponential back-off with jitter, at most 20 s apart
/// retried      5xx, throttling, timeouts, connections that fail or break
/// time limit   per attempt: 20 s until the answer's headers are there, and 1 s more for each 256 KiB that is sent
/// connecting   5 s
/// </code>
/// </remarks>
public sealed record AwsClients
{
    private const string EmulatorRegion = "us-east-1";

    // The SDK's own 8 KiB make sixteen times as many system calls.
    private const int SendBufferBytes = 128 << 10;

    /// <summary>The region, such as <c>eu-central-1</c>; null for the one that the SDK finds (environment, profile, instance).</summary>
    public string? Region { get; init; }

    /// <summary>The credentials; null for the SDK's default chain (environment, web identity, profile, container, instance).</summary>
    public AWSCredentials? Credentials { get; init; }

    /// <summary>One endpoint for every service, such as an emulator's; null for AWS.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The endpoint of S3 when it is not <see cref="Endpoint"/>. With any endpoint buckets are addressed by path.</summary>
    public Uri? S3Endpoint { get; init; }

    /// <summary>The endpoint of DynamoDB when it is not <see cref="Endpoint"/>.</summary>
    public Uri? DynamoDbEndpoint { get; init; }

    /// <summary>The endpoint of KMS when it is not <see cref="Endpoint"/>.</summary>
    public Uri? KmsEndpoint { get; init; }

    /// <summary>How often a call is tried, the first time included.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>How long an attempt may take until the answer's headers are there, besides the time for what is sent.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Reads <c>AWS_REGION</c> or <c>AWS_DEFAULT_REGION</c>, <c>AWS_ENDPOINT_URL</c>, and <c>AWS_ENDPOINT_URL_S3</c>,
    /// <c>_DYNAMODB</c> and <c>_KMS</c>; the rest is left to the SDK's default chains.
    /// </summary>
    public static AwsClients FromEnvironment() => new()
    {
        Region = Variable("AWS_REGION") ?? Variable("AWS_DEFAULT_REGION"),
        Endpoint = Address("AWS_ENDPOINT_URL"),
        S3Endpoint = Address("AWS_ENDPOINT_URL_S3"),
        DynamoDbEndpoint = Address("AWS_ENDPOINT_URL_DYNAMODB"),
        KmsEndpoint = Address("AWS_ENDPOINT_URL_KMS"),
    };

    /// <summary>A client of S3.</summary>
    public IAmazonS3 CreateS3()
    {
        // What is sent is always checked. What is received is not, because the SDK only could check whole objects, and we read ranges.
        AmazonS3Config config = new() { ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED };
        Configure(config, S3Endpoint);
        config.ForcePathStyle = config.ServiceURL is not null;
        return Credentials is null ? new AmazonS3Client(config) : new AmazonS3Client(Credentials, config);
    }

    /// <summary>A client of DynamoDB.</summary>
    public IAmazonDynamoDB CreateDynamoDb()
    {
        AmazonDynamoDBConfig config = new();
        Configure(config, DynamoDbEndpoint);
        return Credentials is null ? new AmazonDynamoDBClient(config) : new AmazonDynamoDBClient(Credentials, config);
    }

    /// <summary>A client of KMS.</summary>
    public IAmazonKeyManagementService CreateKms()
    {
        AmazonKeyManagementServiceConfig config = new();
        Configure(config, KmsEndpoint);
        return Credentials is null ? new AmazonKeyManagementServiceClient(config) : new AmazonKeyManagementServiceClient(Credentials, config);
    }

    /// <summary>Gives any service's configuration this region, endpoint, retries and time limits.</summary>
    internal void Configure(ClientConfig config, Uri? serviceEndpoint)
    {
        config.BufferSize = SendBufferBytes;
        config.RetryMode = RequestRetryMode.Standard;
        config.MaxErrorRetry = MaxAttempts - 1;
        config.HttpClientFactory = new TimeLimitedHttpClients(AttemptTimeout);
        if ((serviceEndpoint ?? Endpoint) is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.AuthenticationRegion = Region ?? EmulatorRegion;
        }
        else if (Region is not null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(Region);
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static Uri? Address(string name) => Variable(name) is { } value ? new Uri(value, UriKind.Absolute) : null;
}
