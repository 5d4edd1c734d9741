using System.Text.Json;
using Bulwark.CloudDoubles.Lambda;

namespace Bulwark.Functions.Aws.Tests;

/// <summary>The program as a process of its own, compiled just in time; the one that is deployed is tested by the published binary's tests.</summary>
public sealed class ProcessTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "bootstrap.dll");

    /// <summary>Settings that are complete, of an account that is not there.</summary>
    internal static Dictionary<string, string> Settings { get; } = new()
    {
        ["_HANDLER"] = nameof(ProtectModel),
        ["BULWARK_PROTECTED_BUCKET"] = "protected",
        ["BULWARK_QUARANTINE_BUCKET"] = "quarantine",
        ["BULWARK_AUDIT_BUCKET"] = "audit",
        ["BULWARK_STATE_TABLE"] = "state",
        ["BULWARK_WRAPPING_KEY"] = "arn:aws:kms:us-east-1:123456789012:key/1",
        ["BULWARK_SIGNING_KEY"] = "arn:aws:kms:us-east-1:123456789012:key/2",
        ["BULWARK_LOG_ORIGIN"] = "bulwark.test/log",
        ["AWS_REGION"] = "us-east-1",
    };

    [Fact]
    public async Task It_serves_until_it_is_told_to_end_and_ends_well()
    {
        await using LambdaRuntimeDouble lambda = await LambdaRuntimeDouble.StartAsync();
        using LambdaProcess process = LambdaProcess.Start(Program, lambda.Address, Settings);
        Assert.Equal("ignored", (await lambda.InvokeAsync(Bodies.S3Test)).Json.GetProperty("outcome").GetString());
        Assert.Equal("BW2202", (await lambda.InvokeAsync("{}")).ErrorType);
        while (lambda.Nexts < 3)
            await Task.Delay(10);
        process.Terminate();
        Assert.Equal(0, await process.ExitAsync());
        Assert.Equal(["ignored", "failed"], process.Entries.Select(e => e.GetProperty("outcome").GetString()));
        Assert.Equal("", process.Errors);
    }

    [Theory]
    [InlineData("_HANDLER", "scan", "BW2201")]
    [InlineData("_HANDLER", "", "BW2207")]
    [InlineData("BULWARK_AUDIT_BUCKET", "", "BW2301")]
    [InlineData("BULWARK_DELETE_SOURCE", "yes", "BW2207")]
    [InlineData("BULWARK_HANDOVER_BYTES", "-1", "BW2207")]
    [InlineData("BULWARK_OWNER", "4294967296", "BW2207")]
    public async Task A_start_that_cannot_be_is_reported_before_any_event_is_asked_for(string variable, string value, string code)
    {
        await using LambdaRuntimeDouble lambda = await LambdaRuntimeDouble.StartAsync();
        using LambdaProcess process = LambdaProcess.Start(Program, lambda.Address, new Dictionary<string, string>(Settings) { [variable] = value });
        LambdaCall error = await lambda.InitError.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(code, error.ErrorType);
        Assert.Equal(1, await process.ExitAsync());
        Assert.Equal(0, lambda.Nexts);
        JsonElement line = Assert.Single(process.Entries);
        Assert.Equal(("critical", code), (line.GetProperty("level").GetString(), line.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Without_Lambda_and_without_arguments_it_says_what_is_missing()
    {
        using LambdaProcess process = LambdaProcess.Start(Program, address: null, Settings);
        Assert.Equal(2, await process.ExitAsync());
        Assert.Contains("AWS_LAMBDA_RUNTIME_API", Assert.Single(process.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("protect")]
    [InlineData("protect", "gs://bucket/key")]
    [InlineData("protect", "s3://bucket/")]
    [InlineData("protect", "s3:///key")]
    [InlineData("protect", "s3://bucket/key", "--version")]
    public async Task A_job_without_a_source_says_so(params string[] arguments)
    {
        using LambdaProcess process = LambdaProcess.Start(Program, address: null, Settings, arguments);
        Assert.NotEqual(0, await process.ExitAsync());
        Assert.Contains("BW22", Assert.Single(process.Lines), StringComparison.Ordinal);
    }
}
