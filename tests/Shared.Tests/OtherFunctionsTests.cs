using System.Text.Json;
using Bulwark.Audit;
using Bulwark.Encryption;
using Bulwark.Findings;
using Bulwark.Functions.Answers;
using Bulwark.Functions.Events;
using Bulwark.Signing;

namespace Bulwark.Functions.Tests;

public sealed class OtherFunctionsTests
{
    private readonly Bench _bench = new();

    [Fact]
    public async Task An_intact_log_is_an_answer_with_its_size()
    {
        await ProtectAsync("m.bin", 1000);
        AuditLogAnswer answer = await new VerifyAuditLog(_bench.Services).RunAsync(new ScheduleFired(), Bench.Context, Bench.None);
        Assert.Equal(1, answer.Entries);
        Assert.NotNull(answer.Root);
    }

    [Fact]
    public async Task A_damaged_log_is_a_critical_finding_and_a_failure()
    {
        await ProtectAsync("m.bin", 1000);
        string tile = "tile/entries/000.p/1";
        byte[] entries = _bench.LogStore.Get("audit", tile);
        entries[^5] ^= 1;
        _bench.LogStore.Put("audit", tile, entries);
        ScheduleFired schedule = new() { Time = DateTimeOffset.UnixEpoch };
        for (int delivery = 0; delivery < 2; delivery++)
        {
            FunctionException error = await Assert.ThrowsAsync<FunctionException>(
                () => new VerifyAuditLog(_bench.Services).RunAsync(schedule, Bench.Context, Bench.None));
            Assert.Equal("BW2210", error.Code);
        }

        Finding finding = Assert.Single(await FindingsAsync());
        Assert.Equal((VerifyAuditLog.Rule, Severity.Critical), (finding.RuleId, finding.Severity));
    }

    [Fact]
    public async Task A_log_that_cannot_be_measured_is_a_finding_and_a_failure()
    {
        await ProtectAsync("m.bin", 1000);
        _bench.LogStore.Put("audit", "checkpoint", "no note"u8);
        AuditException error = await Assert.ThrowsAsync<AuditException>(
            () => new VerifyAuditLog(_bench.Services).RunAsync(new ScheduleFired(), Bench.Context, Bench.None));
        Finding finding = Assert.Single(await FindingsAsync());
        Assert.Equal(Severity.Critical, finding.Severity);
        Assert.Contains(error.Code, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_is_gone_is_a_finding_and_a_failure()
    {
        await ProtectAsync("m.bin", 1000);
        await _bench.LogStore.DeleteAsync((await _bench.LogStore.FindAsync("audit", "checkpoint", Bench.None))!, Bench.None);
        FunctionException error = await Assert.ThrowsAsync<FunctionException>(
            () => new VerifyAuditLog(_bench.Services).RunAsync(new ScheduleFired(), Bench.Context, Bench.None));
        Assert.Equal("BW2210", error.Code);
        Assert.Equal(Severity.Critical, Assert.Single(await FindingsAsync()).Severity);
    }

    [Theory]
    [InlineData("m.bin")]
    [InlineData("m.bin.enc")]
    public async Task A_protected_model_verifies_with_what_is_known_of_it(string name)
    {
        await ProtectAsync("m.bin", 1000);
        await using HttpResponse response = await VerifyAsync(("name", name));
        Assert.Equal(200, response.Status);
        JsonElement json = JsonDocument.Parse(response.Content).RootElement;
        Assert.True(json.GetProperty("verified").GetBoolean());
        Assert.True(json.GetProperty("bodyVerified").GetBoolean());
        Assert.Equal(1000, json.GetProperty("size").GetInt64());
        Assert.Equal("kmm64/v1", json.GetProperty("claims").GetProperty(ClaimTypes.Watermark).GetProperty("scheme").GetString());
    }

    [Fact]
    public async Task A_body_that_was_altered_is_refused_unless_nobody_looks_at_it()
    {
        await ProtectAsync("m.bin", 1000);
        byte[] body = _bench.Store.Get("protected", "m.bin.enc");
        body[^1] ^= 1;
        _bench.Store.Put("protected", "m.bin.enc", body);
        await using HttpResponse refused = await VerifyAsync(("name", "m.bin"));
        Assert.Equal((409, "BW1905"), (refused.Status, CodeOf(refused)));
        await using HttpResponse believed = await VerifyAsync(("name", "m.bin"), ("body", "false"));
        Assert.Equal(200, believed.Status);
        Assert.False(JsonDocument.Parse(believed.Content).RootElement.GetProperty("bodyVerified").GetBoolean());
    }

    [Fact]
    public async Task Requests_that_cannot_be_answered_say_why()
    {
        await ProtectAsync("m.bin", 1000);
        Assert.Equal((404, "BW1001"), await StatusAsync(await VerifyAsync(("name", "none.bin"))));
        Assert.Equal((400, "BW2209"), await StatusAsync(await VerifyAsync()));
        Assert.Equal((400, "BW2209"), await StatusAsync(await VerifyAsync(("name", "m.bin"), ("body", "maybe"))));
        Assert.Equal((416, "BW1916"), await StatusAsync(await OpenAsync(("name", "m.bin"), ("offset", "1001"))));
        Assert.Equal((416, "BW1916"), await StatusAsync(await OpenAsync(("name", "m.bin"), ("offset", "1"), ("length", "9223372036854775807"))));
        Assert.Equal((400, "BW2209"), await StatusAsync(await OpenAsync(("name", "m.bin"), ("length", "-1"))));
        await using HttpResponse posted = await new OpenModel(_bench.Services).RunAsync(
            new HttpRequest { Method = "POST", Path = "/", Query = new Dictionary<string, string> { ["name"] = "m.bin" } }, Bench.Context, Bench.None);
        Assert.Equal(400, posted.Status);
    }

    [Theory]
    [InlineData(null, null, 200)]
    [InlineData("0", "3000000", 200)]
    [InlineData("1048000", "4096", 206)]
    [InlineData("2999999", null, 206)]
    [InlineData("3000000", null, 200)]
    public async Task A_model_is_sent_whole_or_in_part_after_its_audit_entry(string? offset, string? length, int status)
    {
        byte[] model = await ProtectAsync("m.bin", 3_000_000);
        List<(string, string)> query = [("name", "m.bin")];
        if (offset is not null)
            query.Add(("offset", offset));
        if (length is not null)
            query.Add(("length", length));
        await using HttpResponse response = await OpenAsync([.. query]);
        using MemoryStream body = new();
        await response.Body!(body, Bench.None);
        int from = offset is null ? 0 : int.Parse(offset, System.Globalization.CultureInfo.InvariantCulture);
        int count = length is null ? model.Length - from : int.Parse(length, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(status, response.Status);
        Assert.Equal(model[from..(from + count)], body.ToArray());
        AuditEntry entry = (await _bench.AuditAsync())[^1];
        Assert.Equal(("model.opened", "success", $"{from}:{count}", "arn:aws:iam::1:user/ann"), (entry.Action, entry.Outcome, entry.Details!["range"], entry.Details["receiver"]));
    }

    [Fact]
    public async Task What_was_altered_never_arrives_whole_and_the_writer_fails()
    {
        byte[] model = await ProtectAsync("m.bin", 3_000_000);
        byte[] body = _bench.Store.Get("protected", "m.bin.enc");
        body[^1] ^= 1;
        _bench.Store.Put("protected", "m.bin.enc", body);
        await using HttpResponse response = await OpenAsync(("name", "m.bin"));
        using MemoryStream sent = new();
        await Assert.ThrowsAsync<EncryptionException>(() => response.Body!(sent, Bench.None));
        Assert.True(sent.Length < model.Length);
        Assert.Equal(model[..(int)sent.Length], sent.ToArray());
        Assert.Equal(["success", "refused"], (await _bench.AuditAsync())[^2..].Select(e => e.Outcome));
    }

    [Fact]
    public async Task Nothing_is_sent_when_the_log_cannot_take_the_entry()
    {
        await ProtectAsync("m.bin", 1000);
        await using HttpResponse response = await OpenAsync(("name", "m.bin"));
        await _bench.LogStore.DeleteAsync((await _bench.LogStore.FindAsync("audit", "checkpoint", Bench.None))!, Bench.None);
        using MemoryStream sent = new();
        await Assert.ThrowsAsync<AuditException>(() => response.Body!(sent, Bench.None));
        Assert.Equal(0, sent.Length);
    }

    [Fact]
    public void A_name_that_is_in_no_catalogue_gets_the_list_of_those_that_are()
    {
        FunctionException error = Assert.Throws<FunctionException>(() => FunctionCatalogue.Find("protectmodel"));
        Assert.Equal("BW2201", error.Code);
        Assert.All(FunctionCatalogue.All, f => Assert.Contains(f.Name, error.Remedy, StringComparison.Ordinal));
    }

    private static string CodeOf(HttpResponse response) =>
        JsonDocument.Parse(response.Content).RootElement.GetProperty("error").GetProperty("code").GetString()!;

    private static async Task<(int, string)> StatusAsync(HttpResponse response)
    {
        await using (response)
            return (response.Status, CodeOf(response));
    }

    private async Task<byte[]> ProtectAsync(string name, int length)
    {
        await new ProtectModel(_bench.Services).RunAsync(_bench.Upload(name, Bench.Model(length)), Bench.Context, Bench.None);
        return Bench.Model(length);
    }

    private static HttpRequest Get((string Name, string Value)[] query) => new()
    {
        Method = "GET",
        Path = "/",
        Query = query.ToDictionary(q => q.Name, q => q.Value),
        Caller = "arn:aws:iam::1:user/ann",
    };

    private Task<HttpResponse> VerifyAsync(params (string, string)[] query) => new VerifyModel(_bench.Services).RunAsync(Get(query), Bench.Context, Bench.None);

    private Task<HttpResponse> OpenAsync(params (string, string)[] query) => new OpenModel(_bench.Services).RunAsync(Get(query), Bench.Context, Bench.None);

    private async Task<List<Finding>> FindingsAsync()
    {
        List<Finding> found = [];
        await foreach (Finding finding in new StateFindingSink(_bench.Services.Protection.State).ReadAsync(Bench.None))
            found.Add(finding);
        return found;
    }
}
