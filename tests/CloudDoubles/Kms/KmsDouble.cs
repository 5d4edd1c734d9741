using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>
/// AWS KMS on a free port of this machine: the JSON 1.1 protocol, with real keys and the rules of the real service. Signatures of
/// requests are not verified; who calls is taken from their access key id. Checked by the AWS CLI and the AWS SDK.
/// </summary>
public sealed partial class KmsDouble : IAsyncDisposable
{
    private const string Target = "TrentService.";
    private const string ContentType = "application/x-amz-json-1.1";
    private const int MaximumBody = 1024 * 1024;

    private readonly WebApplication _server;
    private readonly KmsOperations _operations;
    private readonly string _account;
    private readonly AsyncLocal<string> _caller = new();
    private int _requests;

    private KmsDouble(KmsKeyStore store, string region, string account)
    {
        _account = account;
        _operations = new KmsOperations(new KmsDirectory(store, region, account, EnsureAllowed));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = MaximumBody;
        });
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    /// <summary>Where it answers.</summary>
    public Uri Address => new(_server.Urls.Single());

    /// <summary>Which requests fail, and how.</summary>
    public FaultPlan Faults { get; } = new();

    /// <summary>Who may do what; everybody may do everything when there is no rule.</summary>
    public Func<KmsAccess, bool>? Allows { get; set; }

    /// <summary>Changes what is answered, by operation; null for an honest service. For clients that must not trust the answer.</summary>
    public Action<string, JsonObject>? Corrupt { get; set; }

    /// <summary>How many requests came in.</summary>
    public int Requests => _requests;

    /// <summary>Starts a double.</summary>
    /// <param name="keyFile">A JSON file for keys and aliases, so that several processes or runs share them; null to keep them in memory.</param>
    /// <param name="region">Its region.</param>
    /// <param name="account">Its account.</param>
    public static async Task<KmsDouble> StartAsync(string? keyFile = null, string region = "us-east-1", string account = "123456789012")
    {
        KmsDouble kms = new(new KmsKeyStore(keyFile), region, account);
        await kms._server.StartAsync();
        return kms;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref _requests);
        FaultKind? fault = Faults.Decide();
        try
        {
            if (await FailsAsync(http, fault))
                return;
            JsonObject? answer = await PerformAsync(http);
            if (fault == FaultKind.AnswerLost)
                http.Abort();
            else
                await WriteAsync(http, 200, answer?.ToJsonString() ?? "");
        }
        catch (KmsFault error)
        {
            await WriteAsync(http, error.Status, new JsonObject { ["__type"] = error.Type, ["message"] = error.Message }.ToJsonString());
        }
    }

    private async Task<JsonObject?> PerformAsync(HttpContext http)
    {
        if (http.Request.Method != "POST" || http.Request.Headers["X-Amz-Target"].ToString() is not { } target || !target.StartsWith(Target, StringComparison.Ordinal))
            throw new KmsFault("UnknownOperationException", "");
        _caller.Value = Credential().Match(http.Request.Headers.Authorization.ToString()) is { Success: true } caller
            ? caller.Groups["id"].Value
            : throw new KmsFault("MissingAuthenticationTokenException", "Missing Authentication Token");
        using MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        KmsRequest request = KmsRequest.Parse(target[Target.Length..], body.GetBuffer().AsSpan(0, (int)body.Length));
        JsonObject? answer = _operations.Invoke(request);
        if (request.Flag("DryRun"))
            throw new KmsFault("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", 412);
        if (answer is not null)
            Corrupt?.Invoke(request.Operation, answer);
        return answer;
    }

    private void EnsureAllowed(string action, KmsKey? key, KmsRequest request, SortedDictionary<string, string> context)
    {
        string caller = _caller.Value!;
        if (Allows is not { } rule || rule(new KmsAccess(caller, action, key?.Arn, context, request.Object("Recipient") is not null, request.Text("SigningAlgorithm"), request.Text("MessageType"))))
            return;
        string resource = key is null ? "" : $" on resource: {key.Arn}";
        throw new KmsFault(
            "AccessDeniedException", $"User: arn:aws:iam::{_account}:user/{caller} is not authorized to perform: {action}{resource} because no identity-based policy allows the {action} action");
    }

    private static async Task<bool> FailsAsync(HttpContext http, FaultKind? fault)
    {
        switch (fault)
        {
            case FaultKind.InternalError:
                throw new KmsFault("KMSInternalException", "An internal error occurred.", 500);
            case FaultKind.Throttled:
                throw new KmsFault("ThrottlingException", "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.");
            case FaultKind.Unavailable:
                http.Response.StatusCode = 503;
                return true;
            case FaultKind.Dropped:
                http.Abort();
                return true;
            case FaultKind.Stalled:
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return true;
            default:
                return false;
        }
    }

    private static Task WriteAsync(HttpContext http, int status, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = ContentType;
        http.Response.Headers["x-amzn-RequestId"] = Guid.NewGuid().ToString();
        return http.Response.WriteAsync(body);
    }

    [GeneratedRegex(@"\AAWS4-HMAC-SHA256 Credential=(?<id>[^/,\s]+)/")]
    private static partial Regex Credential();
}
