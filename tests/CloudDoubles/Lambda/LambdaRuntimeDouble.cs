using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bulwark.CloudDoubles.Lambda;

/// <summary>
/// Lambda's side of the Runtime API: hands out invocations and takes their answers, errors and streams, with trailers. It refuses what
/// Lambda refuses: answers to invocations that it did not hand out, second answers, answers of more than 6 MB that are not streamed.
/// </summary>
public sealed class LambdaRuntimeDouble : IAsyncDisposable
{
    /// <summary>Largest answer that is not streamed.</summary>
    public const int LargestAnswer = 6 * 1024 * 1024;

    private const string ErrorType = "Lambda-Runtime-Function-Error-Type";
    private const string ErrorBody = "Lambda-Runtime-Function-Error-Body";

    private readonly WebApplication _app;
    private readonly Channel<Pending> _queue = Channel.CreateUnbounded<Pending>();
    private readonly ConcurrentDictionary<string, Pending> _handedOut = new();
    private readonly TaskCompletionSource<LambdaCall> _initError = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _nexts;

    private LambdaRuntimeDouble(WebApplication app) => _app = app;

    /// <summary>Host and port, for <c>AWS_LAMBDA_RUNTIME_API</c>.</summary>
    public string Address { get; private set; } = "";

    /// <summary>How often an invocation was asked for.</summary>
    public int Nexts => Volatile.Read(ref _nexts);

    /// <summary>Completes when the start is reported to have failed.</summary>
    public Task<LambdaCall> InitError => _initError.Task;

    /// <summary>Answers whatever is sent to the two paths of results with this status instead; null for as it should be.</summary>
    public int? BrokenWith { get; set; }

    /// <summary>Told when an invocation is asked for.</summary>
    public Action? Asked { get; set; }

    /// <summary>Starts it on a free port.</summary>
    public static async Task<LambdaRuntimeDouble> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.Listen(System.Net.IPAddress.Loopback, 0);
            o.Limits.MaxRequestBodySize = null;
            o.Limits.MinRequestBodyDataRate = null;
        });
        WebApplication app = builder.Build();
        LambdaRuntimeDouble lambda = new(app);
        app.MapGet("/2018-06-01/runtime/invocation/next", lambda.NextAsync);
        app.MapPost("/2018-06-01/runtime/invocation/{id}/response", lambda.RespondedAsync);
        app.MapPost("/2018-06-01/runtime/invocation/{id}/error", lambda.FailedAsync);
        app.MapPost("/2018-06-01/runtime/init/error", lambda.InitFailedAsync);
        await app.StartAsync();
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        lambda.Address = new Uri(address).Authority;
        return lambda;
    }

    /// <summary>Queues an invocation, and waits for what becomes of it.</summary>
    /// <param name="json">The event.</param>
    /// <param name="timeout">Lambda's time-out of the function, counted from when it is handed out.</param>
    /// <param name="trace">X-Ray's header.</param>
    /// <param name="requestId">Its id; a new one when null.</param>
    public Task<LambdaCall> InvokeAsync(string json, TimeSpan? timeout = null, string? trace = null, string? requestId = null)
    {
        Pending pending = new(
            requestId ?? Guid.NewGuid().ToString(), Encoding.UTF8.GetBytes(json), timeout ?? TimeSpan.FromMinutes(15), trace,
            new TaskCompletionSource<LambdaCall>(TaskCreationOptions.RunContinuationsAsynchronously));
        _queue.Writer.TryWrite(pending);
        return pending.Outcome.Task;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        using CancellationTokenSource now = new(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static bool IsStreaming(HttpRequest request) => request.Headers["Lambda-Runtime-Function-Response-Mode"] == "streaming";

    private async Task NextAsync(HttpContext context)
    {
        Interlocked.Increment(ref _nexts);
        Asked?.Invoke();
        Pending pending;
        try
        {
            pending = await _queue.Reader.ReadAsync(context.RequestAborted);
        }
        catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
        {
            return;
        }

        _handedOut[pending.RequestId] = pending;
        IHeaderDictionary headers = context.Response.Headers;
        headers["Lambda-Runtime-Aws-Request-Id"] = pending.RequestId;
        headers["Lambda-Runtime-Deadline-Ms"] = (DateTimeOffset.UtcNow + pending.Timeout).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        headers["Lambda-Runtime-Invoked-Function-Arn"] = "arn:aws:lambda:us-east-1:123456789012:function:f";
        if (pending.Trace is not null)
            headers["Lambda-Runtime-Trace-Id"] = pending.Trace;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(pending.Json);
    }

    private async Task RespondedAsync(HttpContext context, string id)
    {
        bool streaming = IsStreaming(context.Request);
        if (Refuses(context, id))
            return;
        using MemoryStream body = new();
        int chunks = 0;
        byte[] buffer = new byte[1 << 20];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0; chunks++)
        {
            body.Write(buffer, 0, read);
            if (!streaming && body.Length > LargestAnswer)
            {
                // The invocation stays open; the program is expected to report an error.
                context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                return;
            }
        }

        JsonElement? error = null;
        string? type = null;
        if (context.Request.CheckTrailersAvailable() && context.Request.GetTrailer(ErrorType) is { Count: > 0 } trailer)
        {
            type = trailer;
            error = JsonDocument.Parse(Convert.FromBase64String(context.Request.GetTrailer(ErrorBody)!)).RootElement;
        }

        End(context, id, new LambdaCall(id, body.ToArray(), error, type, streaming, context.Request.ContentType, chunks));
    }

    private async Task FailedAsync(HttpContext context, string id)
    {
        if (!Refuses(context, id))
            End(context, id, await ErrorOf(context, id));
    }

    private async Task InitFailedAsync(HttpContext context)
    {
        _initError.TrySetResult(await ErrorOf(context, "init"));
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private bool Refuses(HttpContext context, string id)
    {
        int? status = BrokenWith ?? (_handedOut.ContainsKey(id) ? null : StatusCodes.Status400BadRequest);
        context.Response.StatusCode = status ?? StatusCodes.Status202Accepted;
        return status is not null;
    }

    private static async Task<LambdaCall> ErrorOf(HttpContext context, string id)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        return new LambdaCall(
            id, [], JsonDocument.Parse(body.ToArray()).RootElement, context.Request.Headers[ErrorType], Streamed: false, context.Request.ContentType, Chunks: 1);
    }

    private void End(HttpContext context, string id, LambdaCall call)
    {
        context.Response.StatusCode = _handedOut.TryRemove(id, out Pending? pending) ? StatusCodes.Status202Accepted : StatusCodes.Status400BadRequest;
        pending?.Outcome.TrySetResult(call);
    }

    private sealed record Pending(string RequestId, byte[] Json, TimeSpan Timeout, string? Trace, TaskCompletionSource<LambdaCall> Outcome);
}
