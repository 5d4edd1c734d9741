using System.Text.Json;
using System.Text.Json.Serialization;
using Bulwark.Findings;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>The document beside a quarantined copy: what it is a copy of, and why it is there.</summary>
internal sealed record QuarantineRecord
{
    /// <summary>Largest document that is read; a scan keeps 1,000 findings, whose texts are cut.</summary>
    public const long MaximumLength = 64 << 20;

    private const string FormatName = "bulwark-quarantine";
    private const int FormatVersion = 1;

    /// <summary>Says what the document is.</summary>
    [JsonRequired]
    public string Format { get; init; } = FormatName;

    /// <summary>Version of the document.</summary>
    [JsonRequired]
    public int Version { get; init; } = FormatVersion;

    /// <summary>The version of the object that was refused.</summary>
    public required ObjectRef Source { get; init; }

    /// <summary>The copy, in the version that was written.</summary>
    public required ObjectRef Copy { get; init; }

    /// <summary>Lower-case hexadecimal digests of its bytes, by algorithm: <c>sha256</c>, by which catalogues of malware know a file.</summary>
    public required IReadOnlyDictionary<string, string> Digests { get; init; }

    /// <summary>Code of the refusal: BW2011 to BW2013.</summary>
    public required string Code { get; init; }

    /// <summary>What the file is by its content.</summary>
    public required string FileFormat { get; init; }

    /// <summary><c>malicious</c>, <c>malformed</c> or <c>suspicious</c>.</summary>
    public required string Verdict { get; init; }

    /// <summary>Everything that was found; the resource is the source.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Who refused it.</summary>
    public required string Actor { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset QuarantinedAt { get; init; }

    /// <summary>Reads a document; null when it is not one.</summary>
    public static QuarantineRecord? TryParse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, ProtectionJson.Default.QuarantineRecord) is
            { Format: FormatName, Version: FormatVersion, Source: not null, Copy: not null, Digests: not null, Code: not null, FileFormat: not null, Verdict: not null, Findings: not null, Actor: not null } record
                ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the document, to be read by people.</summary>
    public byte[] ToJson()
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, new JsonWriterOptions { Indented = true }))
            JsonSerializer.Serialize(writer, this, ProtectionJson.Default.QuarantineRecord);
        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }
}
