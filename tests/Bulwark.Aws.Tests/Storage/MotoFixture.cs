using Amazon.Runtime;
using Bulwark.Testing;

namespace Bulwark.Aws.Tests.Storage;

/// <summary>One moto for all tests of a class; started when first asked for, so that a machine without it can skip.</summary>
public sealed class MotoFixture : IDisposable
{
    private readonly Lazy<Task<MotoServer>> _server = new(() => MotoServer.StartAsync());

    public async Task<AwsClients> ClientsAsync() => new()
    {
        Region = "us-east-1",
        Endpoint = (await _server.Value).Address,
        Credentials = new BasicAWSCredentials("moto", "moto"),
    };

    public void Dispose()
    {
        if (_server.IsValueCreated)
            _server.Value.GetAwaiter().GetResult().Dispose();
    }
}
