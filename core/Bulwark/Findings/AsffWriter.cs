using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bulwark.Findings;

/// <summary>Writes findings in the AWS Security Finding Format, 2018-10-08.</summary>
/// <remarks>
/// <code>
/// Id                     bulwark/REGION/ACCOUNT/RULE/32 hex digits of a hash over rule, resource, location and message
/// ProductArn             the account's own default product
/// GeneratorId            bulwark/RULE
/// Types                  from the rule and its CVEs, in the format's taxonomy
/// CreatedAt, UpdatedAt   when it was found
/// Severity               Label; also in FindingProviderFields, where Security Hub wants it from those who find
/// Resources              AwsS3Object with its ARN for s3://BUCKET/KEY, Other for everything else
/// ProductFields          bulwark/location, bulwark/message, bulwark/references, bulwark/resource: whole, up to 2,048 characters
/// limits (characters)    Id, GeneratorId, Resources.Id 512 · Title 256 · Description 1,024 · ProductFields values 2,048
/// </code>
/// What is longer is cut and ends in three dots; a resource's name is cut and ends in a hash of the whole, so that two stay two.
/// The id does not depend on the time: the same finding, delivered again or found again, updates the one that is there. The
/// largest document is far below the 240 KB that are taken. Source: AWS Security Hub User Guide, "ASFF syntax".
/// </remarks>
/// <param name="account">Whose findings they are.</param>
public sealed class AsffWriter(AsffAccount account)
{
    private const string SchemaVersion = "2018-10-08";
    private const string Product = "Bulwark";
    private const string Checks = "Software and Configuration Checks";
    private const string S3Scheme = "s3://";

    private const int LongestId = 512;
    private const int LongestTitle = 256;
    private const int LongestDescription = 1024;
    private const int LongestField = 2048;
    private const int MostTypes = 50;
    private const int HashLength = 16;

    /// <summary>The id under which a finding is known; the same for the same rule, resource, location and message.</summary>
    public string IdOf(Finding finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        // Lengths first, so that no two findings run together to the same bytes.
        string[] parts = [finding.RuleId, finding.Resource, finding.Location ?? "", finding.Message];
        string all = string.Join('\n', parts.Select(part => part.Length.ToString(CultureInfo.InvariantCulture)).Concat(parts));
        return $"bulwark/{account.Region}/{account.AccountId}/{Cut(finding.RuleId, LongestTitle)}/{Hash(all)}";
    }

    /// <summary>One finding as an ASFF document.</summary>
    /// <returns>JSON in UTF-8.</returns>
    public byte[] Write(Finding finding)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
            Write(json, finding);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes one finding as an ASFF document.</summary>
    public void Write(Utf8JsonWriter json, Finding finding)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(finding);
        string found = finding.FoundAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        string rule = Words(finding.RuleId, "unknown");
        json.WriteStartObject();
        json.WriteString("SchemaVersion", SchemaVersion);
        json.WriteString("Id", IdOf(finding));
        json.WriteString("ProductArn", account.ProductArn);
        json.WriteString("ProductName", Product);
        json.WriteString("CompanyName", Product);
        json.WriteString("GeneratorId", Cut($"bulwark/{rule}", LongestId));
        json.WriteString("AwsAccountId", account.AccountId);
        json.WriteString("CreatedAt", found);
        json.WriteString("UpdatedAt", found);
        json.WriteString("LastObservedAt", found);
        WriteTypes(json, finding);
        WriteSeverity(json, finding.Severity);
        json.WriteString("Title", Cut(Words(finding.Title, rule), LongestTitle));
        json.WriteString("Description", Cut(Words(finding.Message, rule), LongestDescription));
        if (finding.References.FirstOrDefault(IsAddress) is { } source)
            json.WriteString("SourceUrl", source);
        WriteFields(json, finding);
        WriteResource(json, finding);
        json.WriteString("RecordState", "ACTIVE");
        json.WriteStartObject("FindingProviderFields");
        WriteSeverity(json, finding.Severity);
        WriteTypes(json, finding);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSeverity(Utf8JsonWriter json, Severity severity)
    {
        json.WriteStartObject("Severity");
        json.WriteString("Label", severity.ToString().ToUpperInvariant());
        json.WriteString("Original", severity.ToString());
        json.WriteEndObject();
    }

    private static void WriteTypes(Utf8JsonWriter json, Finding finding)
    {
        // Scan rules speak of what a file would do when it is loaded; those that are certain of it are executions.
        bool executes = finding.RuleId.StartsWith("BWS", StringComparison.Ordinal) && finding.Severity >= Severity.High;
        IEnumerable<string> flaws = finding.References
            .Where(r => r.StartsWith("CVE-", StringComparison.Ordinal) && r.Length < LongestTitle)
            .Select(cve => $"{Checks}/Vulnerabilities/{cve.Replace('/', '-')}");
        json.WriteStartArray("Types");
        foreach (string type in flaws.Prepend(executes ? "TTPs/Execution" : Checks).Distinct(StringComparer.Ordinal).Take(MostTypes))
            json.WriteStringValue(type);
        json.WriteEndArray();
    }

    private static void WriteFields(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject("ProductFields");
        json.WriteString("bulwark/rule", Cut(Words(finding.RuleId, "unknown"), LongestField));
        json.WriteString("bulwark/resource", Cut(Words(finding.Resource, "unknown"), LongestField));
        json.WriteString("bulwark/message", Cut(Words(finding.Message, "unknown"), LongestField));
        if (!string.IsNullOrWhiteSpace(finding.Location))
            json.WriteString("bulwark/location", Cut(finding.Location, LongestField));
        if (finding.References.Count > 0)
            json.WriteString("bulwark/references", Cut(Words(string.Join(' ', finding.References), "unknown"), LongestField));
        json.WriteEndObject();
    }

    private void WriteResource(Utf8JsonWriter json, Finding finding)
    {
        string name = Words(finding.Resource, "unknown");
        bool s3 = name.StartsWith(S3Scheme, StringComparison.Ordinal) && name.IndexOf('/', S3Scheme.Length) is > 5 and var slash && slash + 1 < name.Length;
        json.WriteStartArray("Resources");
        json.WriteStartObject();
        json.WriteString("Type", s3 ? "AwsS3Object" : "Other");
        json.WriteString("Id", CutName(s3 ? $"arn:{account.Partition}:s3:::{name[S3Scheme.Length..]}" : name));
        json.WriteString("Partition", account.Partition);
        json.WriteString("Region", account.Region);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static bool IsAddress(string reference) =>
        reference.StartsWith("https://", StringComparison.Ordinal) && reference.Length <= LongestField && Uri.IsWellFormedUriString(reference, UriKind.Absolute);

    // The format knows no empty text.
    private static string Words(string? text, string otherwise) => string.IsNullOrWhiteSpace(text) ? otherwise : text;

    private static string Cut(string text, int longest)
    {
        if (text.Length <= longest)
            return text;
        int end = longest - 3;
        return $"{text.AsSpan(0, char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)}...";
    }

    private static string CutName(string name)
    {
        if (name.Length <= LongestId)
            return name;
        int end = LongestId - (2 * HashLength) - 1;
        return $"{name.AsSpan(0, char.IsHighSurrogate(name[end - 1]) ? end - 1 : end)}~{Hash(name)}";
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, HashLength));
}
