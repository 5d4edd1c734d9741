using System.Net;
using Amazon.Runtime;

namespace Bulwark.Aws.Clients;

/// <summary>HTTP clients for the SDK whose time limit follows the size of what is sent (the SDK has one limit for all requests).</summary>
/// <param name="attemptTimeout">The limit of a request without a body.</param>
internal sealed class TimeLimitedHttpClients(TimeSpan attemptTimeout) : HttpClientFactory
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // Addresses of AWS services change; a connection that lives for ever would never notice.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    /// <inheritdoc />
    public override HttpClient CreateHttpClient(IClientConfig clientConfig)
    {
#pragma warning disable CA2000 // the client disposes its handlers
        SocketsHttpHandler sockets = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            UseCookies = false,
        };
        return new HttpClient(new TimeLimit(attemptTimeout, sockets)) { Timeout = Timeout.InfiniteTimeSpan };
#pragma warning restore CA2000
    }
}
