using System.Text.Json;
using Bulwark.Findings;
using Bulwark.Testing;
using Microsoft.AspNetCore.Http;

namespace Bulwark.Aws.Tests.Rest;

public sealed class SecurityHubFindingSinkTests
{
    private static readonly AsffAccount Account = new("123456789012", "us-east-1");

    [ProgramFact("moto_server")]
    public async Task Findings_delivered_twice_are_in_Security_Hub_once_and_the_AWS_command_line_reads_them()
    {
        using MotoServer moto = await MotoServer.StartAsync();
        AwsCli cli = new(moto.Address);
        cli.Run("securityhub", "enable-security-hub");
        using SignedRestClient rest = SignedRestClientTests.Client(moto.Address, service: "securityhub");
        SecurityHubFindingSink sink = new(rest, Account);
        Finding[] findings = Many(3);
        await sink.WriteAsync(findings, default);
        await sink.WriteAsync(findings, default);
        using JsonDocument read = JsonDocument.Parse(cli.Run("securityhub", "get-findings"));
        JsonElement[] there = [.. read.RootElement.GetProperty("Findings").EnumerateArray()];
        Assert.Equal(findings.Select(new AsffWriter(Account).IdOf).Order(), there.Select(f => f.GetProperty("Id").GetString()!).Order());
        Assert.Equal(["arn:aws:s3:::uploads/0", "arn:aws:s3:::uploads/1", "arn:aws:s3:::uploads/2"], there.Select(f => f.GetProperty("Resources")[0].GetProperty("Id").GetString()).Order());
    }

    [ProgramFact("moto_server")]
    public void The_request_fits_the_service_s_model()
    {
        using SignedRestClient rest = SignedRestClientTests.Client(new Uri("http://127.0.0.1:9"), service: "securityhub");
        SecurityHubFindingSink sink = new(rest, Account);
        Finding odd = new("", " ", Severity.Informational, "", "principal/x", null, [], DateTimeOffset.MinValue);
        Assert.Equal("POST /findings/import", BotocoreModel.Validate("securityhub", "BatchImportFindings", sink.Request([.. Many(99), odd])));

        // And the model does say no.
        Assert.Throws<InvalidOperationException>(() => BotocoreModel.Validate("securityhub", "BatchImportFindings", sink.Request([])));
        Assert.Throws<InvalidOperationException>(() => BotocoreModel.Validate("securityhub", "BatchImportFindings", """{"Findings":[{"Id":"x"}]}"""u8.ToArray()));
    }

    [Fact]
    public async Task Batches_have_at_most_a_hundred_findings_and_each_finding_once()
    {
        await using ScriptedService service = await ScriptedService.StartAsync();
        service.Then(TakeAsync).Then(TakeAsync).Then(TakeAsync);
        using SignedRestClient rest = SignedRestClientTests.Client(service.Address, service: "securityhub");
        Finding[] findings = Many(250);
        await new SecurityHubFindingSink(rest, Account).WriteAsync([.. findings, findings[0] with { FoundAt = DateTimeOffset.UnixEpoch.AddYears(80), Title = "newest" }], default);
        Assert.Equal([100, 100, 50], service.Received.Select(b => Ids(b).Length));
        Assert.Equal(250, service.Received.SelectMany(Ids).Distinct().Count());
        Assert.Contains("\"newest\"", string.Concat(service.Received.Select(b => System.Text.Encoding.UTF8.GetString(b))), StringComparison.Ordinal);
        await new SecurityHubFindingSink(rest, Account).WriteAsync([], default);
        Assert.Equal(3, service.Received.Count);
    }

    [Fact]
    public async Task Findings_that_are_not_taken_are_sent_again_and_then_reported()
    {
        await using ScriptedService service = await ScriptedService.StartAsync();
        Finding[] findings = Many(3);
        string[] ids = [.. findings.Select(new AsffWriter(Account).IdOf)];
        service.Then(200, Answer(2, ids[1])).Then(TakeAsync);
        using SignedRestClient rest = SignedRestClientTests.Client(service.Address, service: "securityhub");
        SecurityHubFindingSink sink = new(rest, Account);
        await sink.WriteAsync(findings, default);
        Assert.Equal([ids[1]], Ids(service.Received[1]));

        service.Then(200, Answer(1, ids[0], ids[2])).Then(200, Answer(1, ids[2])).Then(200, Answer(0, ids[2]));
        FindingException error = await Assert.ThrowsAsync<FindingException>(() => sink.WriteAsync(findings, default));
        Assert.Equal("BW2101", error.Code);
        Assert.Equal("Security Hub did not take 1 of 3 findings: InvalidInput: no.", error.Message);

        static string Answer(int taken, params string[] failed) => JsonSerializer.Serialize(new
        {
            FailedCount = failed.Length,
            SuccessCount = taken,
            FailedFindings = failed.Select(id => new { Id = id, ErrorCode = "InvalidInput", ErrorMessage = "no." }),
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"FailedCount":1,"SuccessCount":0}""")]
    [InlineData("""{"FailedCount":0,"SuccessCount":0,"FailedFindings":[]}""")]
    [InlineData("""{"FailedCount":"none","SuccessCount":1}""")]
    public async Task An_answer_that_leaves_open_what_was_taken_is_an_error(string answer)
    {
        await using ScriptedService service = await ScriptedService.StartAsync();
        service.Then(200, answer);
        using SignedRestClient rest = SignedRestClientTests.Client(service.Address, service: "securityhub");
        AwsServiceException error = await Assert.ThrowsAsync<AwsServiceException>(() => new SecurityHubFindingSink(rest, Account).WriteAsync(Many(1), default));
        Assert.Equal("BW2283", error.Code);
    }

    private static Finding[] Many(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new Finding(
            "BWS1101", "Pickle runs code", Severity.Critical, "os.system is called.", $"s3://uploads/{i}", "data.pkl@17", ["CVE-2024-34359", "https://example.org"], DateTimeOffset.UnixEpoch.AddYears(56))),
    ];

    private static string[] Ids(byte[] request)
    {
        using JsonDocument document = JsonDocument.Parse(request);
        return [.. document.RootElement.GetProperty("Findings").EnumerateArray().Select(f => f.GetProperty("Id").GetString()!)];
    }

    private static Task TakeAsync(HttpContext http, byte[] body) =>
        http.Response.WriteAsync($$"""{"FailedCount":0,"SuccessCount":{{Ids(body).Length}},"FailedFindings":[]}""");
}
