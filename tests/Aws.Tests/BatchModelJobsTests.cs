using System.Net;
using System.Text.Json;
using Amazon.Runtime;
using Bulwark.Aws;
using Bulwark.Functions.Aws.Settings;
using Bulwark.Functions.Events;
using Bulwark.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bulwark.Functions.Aws.Tests;

/// <summary>A large model is handed over so that the job finds that very version, whatever characters its key has.</summary>
public sealed class BatchModelJobsTests : IAsyncLifetime
{
    private readonly List<JsonElement> _submitted = [];
    private readonly WebApplication _batch;

    public BatchModelJobsTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0));
        _batch = builder.Build();
        _batch.MapPost("/v1/submitjob", async (HttpContext http) =>
        {
            _submitted.Add((await JsonDocument.ParseAsync(http.Request.Body)).RootElement);
            return Results.Text("""{"jobArn":"arn:aws:batch:us-east-1:1:job/j-1","jobId":"j-1","jobName":"n"}""", "application/json");
        });
    }

    public Task InitializeAsync() => _batch.StartAsync();

    public async Task DisposeAsync() => await _batch.DisposeAsync();

    [Theory]
    [InlineData("models/fraud.safetensors")]
    [InlineData("in voices/déjà vu+1 (final).gguf")]
    public async Task The_job_is_told_the_object_and_its_version(string key)
    {
        using SignedRestClient rest = new(
            new AwsClients { Region = "us-east-1", Credentials = new BasicAWSCredentials("a", "b"), Endpoint = new Uri(_batch.Urls.Single()) }, "batch");
        ObjectRef source = new("s3", "uploads", key, "0f343b0931126a20f133d67c2b018a3b@L4kqtJlcpXroDTDmpUMLUo", 1L << 40);

        string job = await new BatchModelJobs(rest, "large-models", "protect:7").SubmitAsync(source, CancellationToken.None);

        Assert.Equal("j-1", job);
        JsonElement request = Assert.Single(_submitted);
        Assert.Equal(("large-models", "protect:7"), (request.GetProperty("jobQueue").GetString(), request.GetProperty("jobDefinition").GetString()));
        Dictionary<string, string> environment = request.GetProperty("containerOverrides").GetProperty("environment").EnumerateArray()
            .ToDictionary(e => e.GetProperty("name").GetString()!, e => e.GetProperty("value").GetString()!);
        // What the job's program makes of it.
        ObjectUploaded read = ProtectJob.Parse([], new FunctionEnvironment(environment.GetValueOrDefault));
        Assert.Equal((source.Container, source.Name, source.Version), (read.Container, read.Name, read.Version));
    }
}
