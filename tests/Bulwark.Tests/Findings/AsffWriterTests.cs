using System.Globalization;
using System.Text;
using System.Text.Json;
using Bulwark.Findings;
using CsCheck;

namespace Bulwark.Tests.Findings;

public sealed class AsffWriterTests
{
    private const int LargestDocument = 240 * 1024;

    private static readonly AsffWriter Writer = new(new AsffAccount("123456789012", "eu-central-1"));

    private static readonly Finding Pickle = new(
        "BWS1101", "Pickle runs code", Severity.Critical, "os.system is called.", "s3://uploads/team/model.pkl", "data.pkl@17",
        ["CVE-2024-34359", "https://example.org/rule", "AML.T0011.000"], new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(1)));

    [Fact]
    public void A_finding_in_a_bucket_has_every_field_that_is_demanded()
    {
        JsonElement asff = Write(Pickle);
        Assert.Equal("2018-10-08", Text(asff, "SchemaVersion"));
        Assert.Equal("arn:aws:securityhub:eu-central-1:123456789012:product/123456789012/default", Text(asff, "ProductArn"));
        Assert.Equal(Writer.IdOf(Pickle), Text(asff, "Id"));
        Assert.Equal("bulwark/BWS1101", Text(asff, "GeneratorId"));
        Assert.Equal("123456789012", Text(asff, "AwsAccountId"));
        Assert.Equal("2026-01-02T02:04:05.678Z", Text(asff, "CreatedAt"));
        Assert.Equal("2026-01-02T02:04:05.678Z", Text(asff, "UpdatedAt"));
        Assert.Equal("Pickle runs code", Text(asff, "Title"));
        Assert.Equal("os.system is called.", Text(asff, "Description"));
        Assert.Equal("https://example.org/rule", Text(asff, "SourceUrl"));
        Assert.Equal("CRITICAL", Text(asff.GetProperty("Severity"), "Label"));
        Assert.Equal("CRITICAL", Text(asff.GetProperty("FindingProviderFields").GetProperty("Severity"), "Label"));
        Assert.Equal(["TTPs/Execution", "Software and Configuration Checks/Vulnerabilities/CVE-2024-34359"], asff.GetProperty("Types").EnumerateArray().Select(t => t.GetString()));
        JsonElement resource = asff.GetProperty("Resources").EnumerateArray().Single();
        Assert.Equal(("AwsS3Object", "arn:aws:s3:::uploads/team/model.pkl"), (Text(resource, "Type"), Text(resource, "Id")));
        Assert.Equal("data.pkl@17", Text(asff.GetProperty("ProductFields"), "bulwark/location"));
        Assert.Equal("s3://uploads/team/model.pkl", Text(asff.GetProperty("ProductFields"), "bulwark/resource"));
    }

    [Theory]
    [InlineData("principal/alice", "Other", "principal/alice")]
    [InlineData("s3://bucket", "Other", "s3://bucket")]
    [InlineData("s3://bucket/", "Other", "s3://bucket/")]
    [InlineData("s3:///key", "Other", "s3:///key")]
    [InlineData("s3://b/k", "AwsS3Object", "arn:aws-cn:s3:::b/k")]
    [InlineData(" ", "Other", "unknown")]
    public void Resources_outside_of_buckets_are_of_type_Other(string name, string type, string id)
    {
        AsffWriter writer = new(new AsffAccount("123456789012", "cn-north-1", "aws-cn"));
        using JsonDocument asff = JsonDocument.Parse(writer.Write(Pickle with { Resource = name }));
        JsonElement resource = asff.RootElement.GetProperty("Resources")[0];
        Assert.Equal((type, id), (Text(resource, "Type"), Text(resource, "Id")));
    }

    [Fact]
    public void The_id_follows_what_was_found_where_and_not_when_or_how_bad()
    {
        string id = Writer.IdOf(Pickle);
        Assert.StartsWith("bulwark/eu-central-1/123456789012/BWS1101/", id, StringComparison.Ordinal);
        Assert.Equal(id, Writer.IdOf(Pickle with { FoundAt = DateTimeOffset.UtcNow, Severity = Severity.Low, Title = "another", References = [] }));
        Finding[] others =
        [
            Pickle with { RuleId = "BWS1102" }, Pickle with { Resource = "s3://uploads/x" }, Pickle with { Location = null }, Pickle with { Message = "eval is called." },
            Pickle with { Resource = Pickle.Resource + "\n11", Location = Pickle.Location![2..] },
        ];
        Assert.Equal(others.Length + 1, others.Select(Writer.IdOf).Append(id).Distinct().Count());
    }

    [Fact]
    public void Names_that_are_too_long_are_cut_and_stay_different()
    {
        string key = string.Concat(Enumerable.Repeat("é", 512));
        string[] ids = [.. new[] { "a", "b" }.Select(end => Text(Write(Pickle with { Resource = $"s3://uploads/{key}{end}" }).GetProperty("Resources")[0], "Id"))];
        Assert.All(ids, id => Assert.InRange(id.Length, 500, 512));
        Assert.NotEqual(ids[0], ids[1]);
    }

    [Fact]
    public void Whatever_a_finding_says_the_document_keeps_within_the_limits() =>
        Gen.Select(Gen.String[0, 3000], Gen.String[0, 3000], Gen.String[0, 3000], Gen.String[0, 3000], Gen.String[0, 400].Array[0, 60], Gen.Enum<Severity>())
            .Sample((rule, title, message, resource, references, severity) =>
            {
                byte[] json = Writer.Write(new Finding(rule, title, severity, message, resource, message, references, DateTimeOffset.UnixEpoch));
                Assert.InRange(json.Length, 1, LargestDocument);
                using JsonDocument document = JsonDocument.Parse(json);
                JsonElement asff = document.RootElement;
                foreach ((string name, int longest) in new[] { ("Id", 512), ("GeneratorId", 512), ("Title", 256), ("Description", 1024) })
                {
                    Assert.InRange(Text(asff, name).Length, 1, longest);
                    Assert.False(string.IsNullOrWhiteSpace(Text(asff, name)));
                }

                Assert.InRange(asff.GetProperty("Types").GetArrayLength(), 1, 50);
                Assert.All(asff.GetProperty("ProductFields").EnumerateObject(), field => Assert.InRange(field.Value.GetString()!.Length, 1, 2048));
                Assert.InRange(Text(asff.GetProperty("Resources")[0], "Id").Length, 1, 512);
            }, iter: 200);

    [Fact]
    public void The_largest_document_is_far_below_what_is_taken_and_a_batch_too()
    {
        // Six bytes a character is the worst that JSON makes of one.
        string worst = new('\u0001', 5000);
        byte[] json = Writer.Write(new Finding(worst, worst, Severity.High, worst, worst, worst, [worst, worst], DateTimeOffset.UnixEpoch));
        Assert.InRange(json.Length, 40_000, LargestDocument / 2);
        Assert.True(json.Length * 100 < 10 * 1024 * 1024, json.Length.ToString(CultureInfo.InvariantCulture));
    }

    private static JsonElement Write(Finding finding)
    {
        using JsonDocument document = JsonDocument.Parse(Encoding.UTF8.GetString(Writer.Write(finding)));
        return document.RootElement.Clone();
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
