using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using Bulwark.CloudDoubles.Kms;

namespace Bulwark.Aws.Tests.Kms;

/// <summary>A KMS for one class of tests.</summary>
public sealed class KmsFixture : IAsyncLifetime
{
    public const string Caller = "AKIAIOSFODNN7EXAMPLE";

    public KmsDouble Kms { get; private set; } = null!;

    public IAmazonKeyManagementService Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Kms = await KmsDouble.StartAsync();
        Client = ClientOf(Kms);
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await Kms.DisposeAsync();
    }

    public async Task<string> CreateAsync(string spec = "SYMMETRIC_DEFAULT", string? usage = null) =>
        (await Client.CreateKeyAsync(new CreateKeyRequest { KeySpec = spec, KeyUsage = usage ?? (spec == "SYMMETRIC_DEFAULT" ? "ENCRYPT_DECRYPT" : "SIGN_VERIFY") })).KeyMetadata.Arn;

    public static IAmazonKeyManagementService ClientOf(KmsDouble kms, string caller = Caller, int retries = 0, double timeout = 60) =>
        new AmazonKeyManagementServiceClient(new BasicAWSCredentials(caller, "secret"), new AmazonKeyManagementServiceConfig
        {
            ServiceURL = kms.Address.AbsoluteUri,
            AuthenticationRegion = "us-east-1",
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = retries,
            ThrottleRetries = false,
            Timeout = TimeSpan.FromSeconds(timeout),
        });
}
