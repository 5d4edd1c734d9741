using Bulwark.Aws;
using Bulwark.Functions.Aws.Settings;

namespace Bulwark.Functions.Aws;

/// <summary>Connects the functions to the services of the account.</summary>
/// <param name="environment">The settings.</param>
internal sealed class AwsConnection(FunctionEnvironment environment)
{
    /// <summary>Connects, once in a sandbox's life; what it opens lives as long as the process.</summary>
    public async Task<FunctionServices> ConnectAsync(AwsSettings settings, HostSettings host, CancellationToken cancellationToken)
    {
        AwsClients clients = AwsClients.FromEnvironment();
        string actor = environment.Optional("AWS_BATCH_JOB_ID") is { } job ? $"batch:{job}" : $"lambda:{environment.Optional("AWS_LAMBDA_FUNCTION_NAME") ?? host.Function}";
        // Only who marks models may open the watermark's master; the roles of the template say the same.
        AwsServices services = await AwsServices.CreateAsync(settings, clients, actor, marks: host.Function == nameof(ProtectModel), cancellationToken);
        return new FunctionServices
        {
            Protection = services.Protection,
            ProtectedContainer = settings.ProtectedBucket,
            UploadContainer = environment.Optional("BULWARK_UPLOAD_BUCKET"),
            Logger = host.Logger,
            Settings = host.Functions,
            Jobs = host.Jobs is (string queue, string definition) ? new BatchModelJobs(new SignedRestClient(clients, "batch"), queue, definition) : null,
        };
    }
}
