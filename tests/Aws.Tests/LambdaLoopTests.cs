using System.Globalization;
using System.Text;
using System.Text.Json;
using Bulwark.Audit;
using Bulwark.Aws;
using Bulwark.CloudDoubles.Lambda;
using Bulwark.Findings;
using Bulwark.Functions.Answers;
using Bulwark.Functions.Aws.Runtime;
using Bulwark.Functions.Hosting;
using Bulwark.Functions.Logging;
using Bulwark.Keys;
using Bulwark.Protection;
using Bulwark.Storage;
using Bulwark.Testing;

namespace Bulwark.Functions.Aws.Tests;

public sealed class LambdaLoopTests : IAsyncLifetime, IDisposable
{
    private const string Trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    private readonly MemoryObjectStore _store = new();
    private readonly MemoryStream _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly JsonLineLogger _logger;
    private readonly FunctionServices _services;
    private LambdaRuntimeDouble _lambda = null!;
    private Task _loop = Task.CompletedTask;
    private RuntimeApi? _api;

    public LambdaLoopTests()
    {
        _logger = new JsonLineLogger(_log, TimeProvider.System, extend: new EmbeddedMetrics("Bulwark", TimeProvider.System).Write);
        PemSigningKey signing = PemSigningKey.Generate();
        MemoryStateStore state = new();
        _services = new FunctionServices
        {
            Protection = new ProtectionServices
            {
                Store = _store,
                State = state,
                Audit = new AuditLog(new MemoryObjectStore(), "audit", Ed25519SigningKey.Generate(), "bulwark.test/log", TimeProvider.System, state),
                Findings = new StateFindingSink(state),
                QuarantineContainer = "quarantine",
                SigningKey = signing,
                TrustedKeys = [VerificationKey.FromPem(signing.PublicKeyPem)],
                WrappingKeys = [KeysetWrappingKey.Parse(KeysetWrappingKey.GenerateJson())],
                Clock = TimeProvider.System,
                Actor = "test",
            },
            ProtectedContainer = "protected",
            Logger = _logger,
            IsVersion = S3ObjectStore.IsSameVersion,
        };
    }

    public async Task InitializeAsync() => _lambda = await LambdaRuntimeDouble.StartAsync();

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _loop;
        }
        catch (FunctionException)
        {
        }

        await _lambda.DisposeAsync();
    }

    public void Dispose()
    {
        _api?.Dispose();
        _log.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task An_event_goes_in_and_its_answer_comes_out()
    {
        Serve(nameof(ProtectModel));
        ObjectRef source = Put("m.bin", 1000);
        LambdaCall call = await _lambda.InvokeAsync(Uploaded(source), trace: Trace);
        Assert.Null(call.Error);
        Assert.Equal(("protected", "m.bin.enc"), (call.Json.GetProperty("outcome").GetString(), call.Json.GetProperty("model").GetProperty("body").GetString()));
        Assert.Equal("already-protected", (await _lambda.InvokeAsync(Uploaded(source))).Json.GetProperty("outcome").GetString());
        Assert.Equal("ignored", (await _lambda.InvokeAsync(Bodies.S3Test)).Json.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task The_trace_of_each_invocation_is_in_the_environment_and_the_log()
    {
        Serve(nameof(ProtectModel));
        await _lambda.InvokeAsync(Uploaded(Put("m.bin", 10)), trace: Trace);
        Assert.Equal(Trace, Environment.GetEnvironmentVariable("_X_AMZN_TRACE_ID"));
        await _lambda.InvokeAsync(Bodies.S3Test);
        Assert.Null(Environment.GetEnvironmentVariable("_X_AMZN_TRACE_ID"));
        Assert.Equal("5759e988bd862e3fe1be46a994272793", (await SummariesAsync(2))[0].GetProperty("traceId").GetString());
    }

    [Fact]
    public async Task A_failure_is_reported_and_the_loop_goes_on()
    {
        Serve(nameof(ProtectModel));
        foreach (string bad in new[] { "", "{}", Bodies.Schedule, Bodies.FunctionUrl })
        {
            LambdaCall call = await _lambda.InvokeAsync(bad);
            Assert.StartsWith("BW220", call.ErrorType, StringComparison.Ordinal);
            Assert.Equal(call.ErrorType, call.Error!.Value.GetProperty("errorType").GetString());
            Assert.Contains($"[{call.ErrorType}]", call.ErrorMessage, StringComparison.Ordinal);
            Assert.Equal("application/vnd.aws.lambda.error+json", call.ContentType);
        }

        Assert.Null((await _lambda.InvokeAsync(Bodies.S3Test)).Error);
    }

    [Fact]
    public async Task Every_summary_is_a_metric_as_well_and_no_other_line_is()
    {
        Serve(nameof(ProtectModel));
        await _lambda.InvokeAsync(Uploaded(Put("m.pkl", "cposix\nsystem\n(S'id'\ntR."u8.ToArray())));
        JsonElement summary = Assert.Single(await SummariesAsync(1));
        JsonElement directive = summary.GetProperty("_aws").GetProperty("CloudWatchMetrics")[0];
        Assert.Equal("Bulwark", directive.GetProperty("Namespace").GetString());
        foreach (JsonElement name in directive.GetProperty("Metrics").EnumerateArray().Select(m => m.GetProperty("Name")).Concat(directive.GetProperty("Dimensions")[0].EnumerateArray()))
            Assert.True(summary.TryGetProperty(name.GetString()!, out _), name.GetString());
        Assert.Contains(Lines(), l => l.GetProperty("event").GetString() == "Refused" && !l.TryGetProperty("_aws", out _));
    }

    [Fact]
    public async Task A_batch_names_the_messages_that_failed()
    {
        Serve(nameof(ProtectModel));
        string good = Uploaded(Put("m.bin", 1000));
        LambdaCall call = await _lambda.InvokeAsync(Bodies.Sqs(good, "{}", Bodies.Sns(good), Bodies.S3Test));
        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"m-2"}]}""", Encoding.UTF8.GetString(call.Body));
    }

    [Fact]
    public async Task A_small_answer_to_a_request_is_in_the_payload_format()
    {
        await ProtectAsync("m.bin", 1000);
        Serve(nameof(VerifyModel));
        LambdaCall call = await _lambda.InvokeAsync(Request("name=m.bin"));
        Assert.False(call.Streamed);
        Assert.Equal(200, call.Json.GetProperty("statusCode").GetInt32());
        Assert.False(call.Json.GetProperty("isBase64Encoded").GetBoolean());
        Assert.Equal("application/json", call.Json.GetProperty("headers").GetProperty("content-type").GetString());
        Assert.True(JsonDocument.Parse(call.Json.GetProperty("body").GetString()!).RootElement.GetProperty("verified").GetBoolean());
        Assert.Equal(404, (await _lambda.InvokeAsync(Request("name=none"))).Json.GetProperty("statusCode").GetInt32());
    }

    [Fact]
    public async Task A_model_is_streamed_after_its_status_and_headers()
    {
        byte[] model = await ProtectAsync("m.bin", 9_000_000);
        Serve(nameof(OpenModel));
        LambdaCall call = await _lambda.InvokeAsync(Request("name=m.bin"));
        Assert.True(call.Streamed);
        Assert.Equal("application/vnd.awslambda.http-integration-response", call.ContentType);
        Assert.Null(call.ErrorType);
        (JsonElement prelude, byte[] payload) = call.Integration();
        Assert.Equal(200, prelude.GetProperty("statusCode").GetInt32());
        Assert.Equal("9000000", prelude.GetProperty("headers").GetProperty("content-length").GetString());
        Assert.Equal(model, payload);
        (prelude, payload) = (await _lambda.InvokeAsync(Request("name=m.bin&offset=1048576&length=100"))).Integration();
        Assert.Equal(206, prelude.GetProperty("statusCode").GetInt32());
        Assert.Equal(model[1_048_576..1_048_676], payload);
    }

    [Fact]
    public async Task A_streaming_function_streams_its_refusals_too()
    {
        Serve(nameof(OpenModel));
        (JsonElement prelude, byte[] payload) = (await _lambda.InvokeAsync(Request("name=none.bin"))).Integration();
        Assert.Equal(404, prelude.GetProperty("statusCode").GetInt32());
        Assert.Equal("BW1001", JsonDocument.Parse(payload).RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_stream_that_breaks_says_so_in_its_trailers_and_the_loop_goes_on()
    {
        byte[] model = await ProtectAsync("m.bin", 3_000_000);
        byte[] body = _store.Get("protected", "m.bin.enc");
        byte[] good = [.. body];
        body[2_500_000] ^= 1;
        _store.Put("protected", "m.bin.enc", body);
        Serve(nameof(OpenModel));
        LambdaCall call = await _lambda.InvokeAsync(Request("name=m.bin"));
        Assert.Equal("BW1905", call.ErrorType);
        Assert.Contains("[BW1905]", call.ErrorMessage, StringComparison.Ordinal);
        byte[] payload = call.Integration().Payload;
        Assert.True(payload.Length < model.Length);
        Assert.Equal(model[..payload.Length], payload);
        _store.Put("protected", "m.bin.enc", good);
        Assert.Equal(model, (await _lambda.InvokeAsync(Request("name=m.bin"))).Integration().Payload);
        Assert.Equal(["failed", "answered"], (await SummariesAsync(2)).Select(s => s.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task The_deadline_of_an_invocation_stops_it_and_is_reported_in_time()
    {
        FunctionDefinition slow = new("Slow", TimeSpan.FromSeconds(10), false, _ => true, _ => async (_, _, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return new EventsAnswer([]);
        });
        Serve(slow);
        long began = Environment.TickCount64;
        LambdaCall call = await _lambda.InvokeAsync(Bodies.Schedule, timeout: TimeSpan.FromSeconds(11));
        Assert.Equal("BW2205", call.ErrorType);
        // A second after the start, and well before the eleventh.
        Assert.InRange(Environment.TickCount64 - began, 800, 11_000);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_becomes_an_error()
    {
        Serve(new FunctionDefinition("Large", TimeSpan.FromSeconds(1), false, _ => true, _ => (_, _, _) => Task.FromResult<FunctionAnswer>(
            HttpResponse.Json(200, Encoding.ASCII.GetBytes(new string('a', LambdaRuntimeDouble.LargestAnswer + 1))))));
        Assert.Equal("BW2208", (await _lambda.InvokeAsync(Bodies.Schedule)).ErrorType);
        Assert.Equal("BW2208", (await _lambda.InvokeAsync(Bodies.Schedule)).ErrorType);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(500)]
    public async Task A_broken_sandbox_ends_the_loop(int status)
    {
        _lambda.BrokenWith = status;
        Serve(nameof(ProtectModel));
        _ = _lambda.InvokeAsync(Bodies.S3Test);
        FunctionException error = await Assert.ThrowsAsync<FunctionException>(() => _loop);
        Assert.Equal("BW2212", error.Code);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01")]
    [InlineData("Parent=53995c3f42cd8ad8; Root=1-5759e988-bd862e3fe1be46a994272793", "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00")]
    [InlineData("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", null)]
    [InlineData("Root=1-5759e988-bd862e3fe1be46a99427279;Parent=53995c3f42cd8ad8", null)]
    [InlineData("Root=1-5759e988-bd862e3fe1be46a99427279X;Parent=53995c3f42cd8ad8", null)]
    public void Xray_headers_become_trace_parents(string? header, string? parent) => Assert.Equal(parent, XRayTrace.ToTraceParent(header));

    private static string Uploaded(ObjectRef source) => Bodies.EventBridge
        .Replace("amzn-s3-demo-bucket1", source.Container, StringComparison.Ordinal)
        .Replace("a+b %41.bin", source.Name, StringComparison.Ordinal)
        .Replace("b1946ac92492d2347c6235b4d2611184", source.Version, StringComparison.Ordinal)
        .Replace("\"version-id\":\"IYV3p45BT0ac8hjHg1houSdS1a.Mro8e\",", "", StringComparison.Ordinal);

    private static string Request(string query) => Bodies.FunctionUrl
        .Replace("name=a%2Fb+c.bin&x=1&x=2&flag", query, StringComparison.Ordinal)
        .Replace("\"method\":\"POST\"", "\"method\":\"GET\"", StringComparison.Ordinal);

    private static byte[] Model(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private ObjectRef Put(string name, int length) => Put(name, Model(length));

    private ObjectRef Put(string name, byte[] bytes) => _store.Put("uploads", name, bytes);

    private async Task<byte[]> ProtectAsync(string name, int length)
    {
        await new ModelProtector(_services.Protection).ProtectAsync(Put(name, length), "protected", new ProtectionOptions(), null, CancellationToken.None);
        return Model(length);
    }

    private void Serve(string function) => Serve(FunctionCatalogue.Find(function));

    private void Serve(FunctionDefinition function)
    {
        _api = new RuntimeApi(_lambda.Address);
        FunctionRunner runner = new(function, _ => Task.FromResult(_services), _logger, TimeProvider.System);
        _loop = new LambdaLoop(_api, function, runner).RunAsync(_stop.Token);
    }

    private List<JsonElement> Lines() =>
        [.. Encoding.UTF8.GetString(_log.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>The summary is written when the answer is out, so it may come a moment after it.</summary>
    private async Task<JsonElement[]> SummariesAsync(int count)
    {
        while (_lambda.Nexts <= count)
            await Task.Delay(5);
        JsonElement[] summaries = [.. Lines().Where(l => l.GetProperty("event").GetString() == "Invocation")];
        return summaries.Length == count ? summaries : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{summaries.Length} summaries"));
    }
}
