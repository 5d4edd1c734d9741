using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Util;

namespace Bulwark.Aws;

/// <summary>
/// Calls an AWS service for which the project has no package: JSON over HTTPS, signed with Signature Version 4 by the SDK's own
/// signer. All that is of the SDK's internals stands in this file, so that a service's package can take its place.
/// </summary>
/// <remarks>
/// <code>
/// attempts     6: the first and five more, after 50 ms, 100 ms, 200 ms ... at most 20 s, each with jitter; Retry-After is kept to
/// retried      429, 5xx, throttling by name, timeouts, connections that fail or break
/// </code>
/// A request whose answer was lost is sent again, so what is called must bear that. Safe for concurrent use.
/// Source: AWS General Reference, "Signing AWS API requests"; botocore's service models for paths and bodies.
/// </remarks>
public sealed partial class SignedRestClient : IDisposable
{
    private const int Attempts = 6;
    private const int MaximumAnswer = 8 * 1024 * 1024;
    private const int LongestError = 4096;
    private const string Json = "application/json";
    private const string EmulatorRegion = "us-east-1";

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(20);
    private static readonly string[] Denied = ["AccessDeniedException", "AccessDenied", "NotAuthorized", "UnauthorizedOperation"];
    private static readonly string[] Throttled = ["ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"];

    private readonly Configuration _configuration;
    private readonly AWSCredentials _credentials;
    private readonly Uri _endpoint;
    private readonly string _region;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <summary>Prepares calls to one service.</summary>
    /// <param name="clients">Region, credentials, endpoint and time limits, as for all clients.</param>
    /// <param name="service">The service's name in its address and in signatures, such as <c>securityhub</c>.</param>
    /// <param name="endpoint">The service's own endpoint where it is not that of <paramref name="clients"/>.</param>
    /// <param name="time">The clock that delays run on; null for the system's.</param>
    /// <exception cref="AwsServiceException">BW2283: no region is configured, or no credentials.</exception>
    public SignedRestClient(AwsClients clients, string service, Uri? endpoint = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(clients);
        ArgumentException.ThrowIfNullOrEmpty(service);
        _time = time ?? TimeProvider.System;
        _configuration = new Configuration(service);
        clients.Configure(_configuration, endpoint);
        Uri? given = endpoint ?? clients.Endpoint;
        RegionEndpoint? region = clients.Region is { } name ? RegionEndpoint.GetBySystemName(name) : FallbackRegionFactory.GetRegionEndpoint();
        if (region is null && given is null)
            throw AwsServiceException.Rejected(service, "no region is configured");
        _region = region?.SystemName ?? EmulatorRegion;
        _endpoint = given ?? new Uri($"https://{service}.{_region}.{region!.PartitionDnsSuffix}");
        try
        {
            _credentials = clients.Credentials ?? DefaultAWSCredentialsIdentityResolver.GetCredentials();
        }
        catch (AmazonClientException error)
        {
            throw AwsServiceException.Rejected(service, Sentence(error));
        }

        _http = _configuration.HttpClientFactory.CreateHttpClient(_configuration);
    }

    /// <summary>The region that requests are signed for.</summary>
    public string Region => _region;

    /// <summary>Sends a document and returns the answer.</summary>
    /// <param name="action">The IAM action that this needs, such as <c>batch:SubmitJob</c>; it names the call in errors.</param>
    /// <param name="path">Where to, such as <c>/v1/submitjob</c>.</param>
    /// <param name="body">JSON.</param>
    /// <param name="cancellationToken">Stops the call and the waiting between attempts.</param>
    /// <returns>The answer's body, at most 8 MiB.</returns>
    /// <exception cref="AwsServiceException">BW2281: not permitted. BW2282: no answer, six times. BW2283: another refusal.</exception>
    public async Task<byte[]> PostAsync(string action, string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            AwsServiceException error;
            TimeSpan? wait = null;
            try
            {
                using HttpRequestMessage request = await SignAsync(path, body.ToArray());
                using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                byte[] answer = await ReadAsync(response, cancellationToken);
                if (response.IsSuccessStatusCode)
                    return answer;
                (string code, string why) = ErrorOf(response, answer);
                if (!IsPassing(response.StatusCode, code))
                    throw Denied.Contains(code, StringComparer.Ordinal) ? AwsServiceException.NotPermitted(action, why) : AwsServiceException.Rejected(action, $"{code}: {why}");
                error = AwsServiceException.Unavailable(action, $"{code}: {why}");
                wait = response.Headers.RetryAfter?.Delta;
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or TimeoutException or AmazonClientException
                || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                error = AwsServiceException.Unavailable(action, Sentence(failure), failure);
            }

            if (attempt == Attempts)
                throw error;
            await Task.Delay(DelayOf(attempt, wait), _time, cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<HttpRequestMessage> SignAsync(string path, byte[] body)
    {
        ImmutableCredentials credentials = await _credentials.GetCredentialsAsync();
        DefaultRequest request = new(new NoRequest(), _configuration.RegionEndpointServiceName)
        {
            HttpMethod = "POST",
            Endpoint = _endpoint,
            ResourcePath = path,
            Content = body,
            AuthenticationRegion = _region,
            OverrideSigningServiceName = _configuration.RegionEndpointServiceName,
        };
        request.Headers["Content-Type"] = Json;
        if (credentials.UseToken)
            request.Headers["X-Amz-Security-Token"] = credentials.Token;
        AWS4SigningResult signature = new AWS4Signer().SignRequest(request, _configuration, new RequestMetrics(), credentials.AccessKey, credentials.SecretKey);
        HttpRequestMessage message = new(HttpMethod.Post, new Uri(_endpoint, path)) { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(Json);
        foreach ((string name, string value) in request.Headers.Where(h => !h.Key.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)))
            message.Headers.TryAddWithoutValidation(name, value);
        message.Headers.TryAddWithoutValidation("Authorization", signature.ForAuthorizationHeader);
        return message;
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using MemoryStream answer = new();
        byte[] buffer = new byte[16 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (answer.Length + read > MaximumAnswer)
                throw new IOException("The answer is longer than any the service gives.");
            answer.Write(buffer, 0, read);
        }

        return answer.ToArray();
    }

    // rest-json: the code stands in a header or in the body, sometimes with a name space before it and an address after it.
    private static (string Code, string Why) ErrorOf(HttpResponseMessage response, byte[] answer)
    {
        string? code = response.Headers.TryGetValues("x-amzn-ErrorType", out IEnumerable<string>? types) ? types.FirstOrDefault() : null;
        string? why = null;
        try
        {
            using JsonDocument body = JsonDocument.Parse(answer);
            code ??= Text(body.RootElement, "__type") ?? Text(body.RootElement, "code") ?? Text(body.RootElement, "Code");
            why = Text(body.RootElement, "message") ?? Text(body.RootElement, "Message");
        }
        catch (JsonException)
        {
            // XML from what stands before the service, a gateway's page, or nothing at all.
            string text = Encoding.UTF8.GetString(answer.AsSpan(0, Math.Min(answer.Length, LongestError)));
            code ??= XmlCode().Match(text) is { Success: true } named ? named.Groups[1].Value : null;
            why = XmlMessage().Match(text) is { Success: true } said ? said.Groups[1].Value : null;
        }

        code = code?.Split('#')[^1].Split(':')[0];
        string status = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        return (string.IsNullOrWhiteSpace(code) ? $"status {status}" : code, string.IsNullOrWhiteSpace(why) ? $"the service answered with status {status}" : why.Trim().TrimEnd('.'));
    }

    private static string? Text(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool IsPassing(HttpStatusCode status, string code) =>
        (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || Throttled.Contains(code, StringComparer.Ordinal);

    private static TimeSpan DelayOf(int attempt, TimeSpan? wanted)
    {
        TimeSpan longest = FirstDelay * Math.Pow(2, attempt - 1);
        TimeSpan delay = wanted ?? (longest * (0.5 + (Random.Shared.NextDouble() / 2)));
        return delay < LongestDelay ? delay : LongestDelay;
    }

    private static string Sentence(Exception error) => error.Message.Trim().TrimEnd('.');

    [GeneratedRegex("<Code>([A-Za-z0-9._-]{1,100})</Code>")]
    private static partial Regex XmlCode();

    [GeneratedRegex("<Message>([^<]{1,1000})</Message>")]
    private static partial Regex XmlMessage();

    private sealed class NoRequest : AmazonWebServiceRequest;

    // Whatever mode the environment asks for: retries and time limits are set by AwsClients.
    private sealed class Defaults : IDefaultConfigurationProvider
    {
        public IDefaultConfiguration GetDefaultConfiguration(RegionEndpoint clientRegion, DefaultConfigurationMode? requestedConfigurationMode) => new DefaultConfiguration();
    }

    private sealed class Configuration(string service) : ClientConfig(new Defaults())
    {
        public override string RegionEndpointServiceName => service;

        public override string ServiceVersion => "";

        public override string UserAgent => "Bulwark";

        public override Amazon.Runtime.Endpoints.Endpoint DetermineServiceOperationEndpoint(Amazon.Runtime.Endpoints.ServiceOperationEndpointParameters parameters) => new(ServiceURL);
    }
}
