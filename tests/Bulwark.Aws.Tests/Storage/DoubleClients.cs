using Amazon.Runtime;
using Bulwark.CloudDoubles.S3;

namespace Bulwark.Aws.Tests.Storage;

/// <summary>Clients of a double, impatient ones.</summary>
internal static class DoubleClients
{
    public static AwsClients Of(S3Double s3) => new()
    {
        Region = "eu-central-1",
        Endpoint = s3.Address,
        Credentials = new BasicAWSCredentials("double", "double"),
        AttemptTimeout = TimeSpan.FromSeconds(3),
    };
}
