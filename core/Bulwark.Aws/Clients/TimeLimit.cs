namespace Bulwark.Aws.Clients;

/// <summary>
/// Gives each request a time until the answer's headers are there. A request that is late fails as a broken connection does,
/// which the SDK tries again.
/// </summary>
/// <param name="attempt">The limit of a request without a body.</param>
/// <param name="inner">The next handler.</param>
internal sealed class TimeLimit(TimeSpan attempt, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    // A line so slow that it cannot keep up with this would need longer than a function lives.
    private const long SlowestBytesPerSecond = 256 * 1024;

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        TimeSpan limit = attempt + TimeSpan.FromSeconds((double)(request.Content?.Headers.ContentLength ?? 0) / SlowestBytesPerSecond);
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(limit);
        try
        {
            return await base.SendAsync(request, source.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            TimeoutException timeout = new($"{request.RequestUri?.Host} did not answer within {limit.TotalSeconds:0} seconds.");
            throw new HttpRequestException(timeout.Message, new IOException(timeout.Message, timeout));
        }
    }
}
