using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Bulwark.Functions.Aws.Runtime;

/// <summary>
/// The Lambda Runtime API, version 2018-06-01: the program asks for an invocation, answers it, and asks again.
/// (aws/aws-lambda-dotnet, Libraries/src/Amazon.Lambda.RuntimeSupport/Client/runtime-api.yaml.)
/// </summary>
/// <remarks>
/// <code>
/// GET  /runtime/invocation/next              waits for as long as it takes; the sandbox is frozen meanwhile
/// POST /runtime/invocation/{id}/response     202; 413 when it is too large
/// POST /runtime/invocation/{id}/error        202; the invocation failed
/// POST /runtime/init/error                   202; the program cannot start, and exits
/// 403, 500                                   the sandbox is broken: exit at once
/// </code>
/// </remarks>
internal sealed class RuntimeApi : IDisposable
{
    /// <summary>Header that names the kind of an error.</summary>
    public const string ErrorTypeHeader = "Lambda-Runtime-Function-Error-Type";

    private const string ErrorMediaType = "application/vnd.aws.lambda.error+json";

    private readonly HttpClient _client;

    /// <summary>Speaks to an address such as <c>127.0.0.1:9001</c>.</summary>
    public RuntimeApi(string address)
    {
        Address = address;
        // Never a proxy: this is the sandbox's own interface.
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null })
        {
            BaseAddress = new Uri($"http://{address}/2018-06-01/runtime/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Host and port.</summary>
    public string Address { get; }

    /// <summary>Waits for an invocation.</summary>
    /// <exception cref="FunctionException">BW2212.</exception>
    public async Task<LambdaInvocation> NextAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await SendAsync(new HttpRequestMessage(HttpMethod.Get, "invocation/next"), cancellationToken);
        if (answer.StatusCode != HttpStatusCode.OK)
            throw FunctionException.PlatformFailed($"the next invocation was answered with {(int)answer.StatusCode}");
        string id = Header(answer, "Lambda-Runtime-Aws-Request-Id") ?? throw FunctionException.PlatformFailed("an invocation came without an id");
        DateTimeOffset deadline = long.TryParse(Header(answer, "Lambda-Runtime-Deadline-Ms"), NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
            && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : throw FunctionException.PlatformFailed("an invocation came without a deadline");
        return new LambdaInvocation(id, deadline, Header(answer, "Lambda-Runtime-Trace-Id"), await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    /// <summary>Answers an invocation.</summary>
    /// <exception cref="FunctionException">BW2208 when the answer is too large, BW2212.</exception>
    public async Task RespondAsync(string requestId, string function, byte[] json, CancellationToken cancellationToken)
    {
        HttpStatusCode status = await PostAsync($"invocation/{requestId}/response", json, "application/json", errorType: null, cancellationToken);
        if (status == HttpStatusCode.RequestEntityTooLarge)
            throw FunctionException.AnswerTooLarge(function, json.Length);
        Ensure(status, "the answer");
    }

    /// <summary>Reports that an invocation failed.</summary>
    /// <returns>False when Lambda does not want to know any more, because the invocation has timed out meanwhile.</returns>
    /// <exception cref="FunctionException">BW2212.</exception>
    public async Task<bool> FailAsync(string requestId, BulwarkException error, CancellationToken cancellationToken)
    {
        HttpStatusCode status = await PostAsync($"invocation/{requestId}/error", ErrorBody(error), ErrorMediaType, error.Code, cancellationToken);
        if (status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Gone)
            return false;
        Ensure(status, "an error");
        return true;
    }

    /// <summary>Reports that the program cannot start.</summary>
    /// <exception cref="FunctionException">BW2212.</exception>
    public async Task FailInitAsync(BulwarkException error, CancellationToken cancellationToken) =>
        Ensure(await PostAsync("init/error", ErrorBody(error), ErrorMediaType, error.Code, cancellationToken), "an error of the start");

    /// <summary>An error as Lambda shows it to whoever called.</summary>
    public static byte[] ErrorBody(BulwarkException error)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("errorMessage", $"{error.Message} [{error.Code}] {error.Remedy}");
            json.WriteString("errorType", error.Code);
            json.WriteStartArray("stackTrace");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    private static void Ensure(HttpStatusCode status, string what)
    {
        if ((int)status is < 200 or > 299)
            throw FunctionException.PlatformFailed($"{what} was answered with {(int)status}");
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    private async Task<HttpStatusCode> PostAsync(string path, byte[] body, string mediaType, string? errorType, CancellationToken cancellationToken)
    {
        HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new(mediaType);
        if (errorType is not null)
            request.Headers.Add(ErrorTypeHeader, errorType);
        using HttpResponseMessage answer = await SendAsync(request, cancellationToken);
        return answer.StatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            try
            {
                return await _client.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException error)
            {
                throw FunctionException.PlatformFailed(error.Message, error);
            }
        }
    }
}
