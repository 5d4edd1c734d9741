using System.Collections.Concurrent;
using System.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bulwark.CloudDoubles.S3;

/// <summary>
/// S3 in memory, over HTTP: objects, versions, delete markers, object lock, multipart uploads, conditional writes and deletes, listings,
/// checksums (CRC-32, SHA-1, SHA-256, MD5), aws-chunked bodies. Buckets by path. It believes any signature, and things go wrong as
/// <see cref="Faults"/> says. Entity tags are opaque, as those of objects encrypted with KMS are. Unlike S3 it forgets an upload once
/// it is completed, so that a repeated completion is told NoSuchUpload at once.
/// </summary>
public sealed class S3Double : IAsyncDisposable
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(5);

    private readonly S3State _state = new();
    private readonly S3Objects _objects;
    private readonly S3Uploads _uploads;
    private readonly S3BucketCalls _buckets;
    private readonly ConcurrentDictionary<string, int> _calls = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly WebApplication _application;
    private long _received;

    private S3Double(int port)
    {
        _objects = new S3Objects(_state);
        _uploads = new S3Uploads(_state);
        _buckets = new S3BucketCalls(_state);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MaxRequestLineSize = 16 << 10;
            kestrel.Limits.MaxRequestBufferSize = 4 << 20;
        });
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Logging.ClearProviders();
        builder.Services.AddRoutingCore();
        _application = builder.Build();
        _application.Run(HandleAsync);
    }

    /// <summary>Where it answers.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What goes wrong; nothing at first.</summary>
    public FaultPlan Faults { get; } = new();

    /// <summary>Whether content is kept; without it only lengths and checksums are, and reads fail.</summary>
    public bool KeepsContent { get; set; } = true;

    /// <summary>Objects in one page of a listing, at most 1,000.</summary>
    public int PageSize { get => _state.PageSize; set => _state.PageSize = value; }

    /// <summary>How far its clock is ahead.</summary>
    public TimeSpan ClockOffset { get => _state.ClockOffset; set => _state.ClockOffset = value; }

    /// <summary>Multipart uploads that were begun and neither completed nor aborted.</summary>
    public int OpenUploads
    {
        get
        {
            lock (_state.Gate)
                return _state.Buckets.Values.Sum(b => b.Uploads.Count);
        }
    }

    /// <summary>Bytes of content received.</summary>
    public long ReceivedBytes => Interlocked.Read(ref _received);

    /// <summary>Starts one.</summary>
    /// <param name="port">The port; 0 for a free one.</param>
    public static async Task<S3Double> StartAsync(int port = 0)
    {
        S3Double made = new(port);
        await made._application.StartAsync();
        made.Address = new Uri(made._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return made;
    }

    /// <summary>How many calls of an operation came, such as <c>UploadPart</c>.</summary>
    public int Calls(string operation) => _calls.GetValueOrDefault(operation);

    /// <summary>Makes a bucket.</summary>
    public void CreateBucket(string name, bool versioned)
    {
        lock (_state.Gate)
            _state.Buckets.Add(name, new S3Bucket { Versioned = versioned });
    }

    /// <summary>The ids of an object's versions, the oldest first, with <c>(marker)</c> after those of delete markers.</summary>
    public IReadOnlyList<string> Versions(string bucket, string key)
    {
        lock (_state.Gate)
        {
            return _state.Buckets[bucket].Objects.TryGetValue(key, out List<S3Version>? versions)
                ? [.. versions.Select(v => v.Content is null ? $"{v.Id}(marker)" : v.Id)]
                : [];
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _application.StopAsync(new CancellationToken(true));
        await _application.DisposeAsync();
        _stop.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        S3Request request = new(context);
        int number = _calls.AddOrUpdate(request.Operation, 1, (_, count) => count + 1);
        S3Fault? fault = Faults.Judge(new S3Call(request.Operation, request.Bucket, request.Key, number));
        S3Answer answer;
        try
        {
            if (fault is { AfterEffect: false })
            {
                await FailAsync(context, request, fault);
                return;
            }

            answer = await DoAsync(request, context.RequestAborted);
        }
        catch (S3Error error)
        {
            answer = Refusal(error);
        }

        if (fault is not null && fault.Kind != S3FaultKind.BrokenAnswer)
        {
            await FailAsync(context, request, fault);
            return;
        }

        await SendAsync(context, request, answer, breakOff: fault is not null);
    }

    private async Task<S3Answer> DoAsync(S3Request request, CancellationToken cancellationToken)
    {
        switch (request.Operation)
        {
            case "PutObject":
                return _objects.Put(request, await ReceiveAsync(request, cancellationToken));
            case "UploadPart":
                _uploads.RequireUpload(request);
                return _uploads.Part(request, await ReceiveAsync(request, cancellationToken));
            case "CompleteMultipartUpload":
                return _uploads.Complete(request, await ReadSmallAsync(request, cancellationToken));
            case "PutBucketVersioning":
                return _buckets.SetVersioning(request, await ReadSmallAsync(request, cancellationToken));
            case "CreateBucket":
                await ReadSmallAsync(request, cancellationToken);
                return _buckets.Create(request);
        }

        return request.Operation switch
        {
            "GetObject" => _objects.Get(request, body: true),
            "HeadObject" => _objects.Get(request, body: false),
            "DeleteObject" => _objects.Delete(request),
            "GetObjectTagging" => _objects.Tagging(request),
            "ListObjectsV2" => _objects.List(request),
            "CreateMultipartUpload" => _uploads.Create(request),
            "AbortMultipartUpload" => _uploads.Abort(request),
            "ListParts" => _uploads.ListParts(request),
            "ListMultipartUploads" => _uploads.List(request),
            "HeadBucket" => _buckets.Head(request),
            "GetBucketVersioning" => _buckets.Versioning(request),
            "GetBucketLocation" => S3Answer.Xml("<LocationConstraint/>"),
            "ListBuckets" => _buckets.List(),
            "ListObjectVersions" => _buckets.ListVersions(request),
            _ => throw S3Error.NotImplemented($"{request.Http.Method} {request.Http.Path}{request.Http.QueryString}"),
        };
    }

    private async Task<S3Content> ReceiveAsync(S3Request request, CancellationToken cancellationToken)
    {
        S3Content content = await S3Body.ReadAsync(request.Http, KeepsContent, cancellationToken);
        Interlocked.Add(ref _received, content.Length);
        return content;
    }

    private static async Task<byte[]> ReadSmallAsync(S3Request request, CancellationToken cancellationToken)
    {
        using MemoryStream body = new();
        await request.Http.Body.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }

    private static S3Answer Refusal(S3Error error)
    {
        S3Answer answer = S3Answer.Xml(
            $"<Error><Code>{error.Code}</Code><Message>{SecurityElement.Escape(error.Message)}</Message><RequestId>double</RequestId></Error>", error.Status);
        foreach ((string name, string value) in error.Headers)
            answer.Headers[name] = value;
        return answer;
    }

    private async Task FailAsync(HttpContext context, S3Request request, S3Fault fault)
    {
        switch (fault.Kind)
        {
            case S3FaultKind.Error:
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                await SendAsync(context, request, Refusal(new S3Error(fault.Status, fault.Code, "Injected.")), breakOff: false);
                break;
            case S3FaultKind.Silence:
                using (CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token))
                    await Task.Delay(LongestSilence, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                context.Abort();
                break;
            default:
                context.Abort();
                break;
        }
    }

    private static async Task SendAsync(HttpContext context, S3Request request, S3Answer answer, bool breakOff)
    {
        HttpResponse response = context.Response;
        response.StatusCode = answer.Status;
        response.Headers["x-amz-request-id"] = context.TraceIdentifier;
        foreach ((string name, string value) in answer.Headers)
            response.Headers[name] = value;
        bool withBody = request.Http.Method != "HEAD" && answer.Status != 204;
        if (answer.Status != 204)
            response.ContentLength = answer.Length;
        if (!withBody)
            return;
        long left = breakOff ? answer.Length / 2 : answer.Length;
        foreach (ReadOnlyMemory<byte> piece in answer.Body)
        {
            ReadOnlyMemory<byte> sent = piece[..(int)Math.Min(left, piece.Length)];
            await response.BodyWriter.WriteAsync(sent, context.RequestAborted);
            left -= sent.Length;
        }

        if (breakOff)
        {
            await response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        }
    }
}
