using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bulwark.Protection;

/// <summary>The small objects beside a body, and the one document that holds spare copies of them all while they are being replaced.</summary>
internal sealed record CompanionParts
{
    /// <summary>Largest document that is read: the largest companions in base64.</summary>
    public const long MaximumLength = 2 * ModelOpener.MaximumClaimsLength;

    private const string FormatName = "bulwark-parts";
    private const int FormatVersion = 1;

    /// <summary>Says what the document is.</summary>
    [JsonRequired]
    public string Format { get; init; } = FormatName;

    /// <summary>Version of the document.</summary>
    [JsonRequired]
    public int Version { get; init; } = FormatVersion;

    /// <summary>The envelope.</summary>
    public required byte[] Sidecar { get; init; }

    /// <summary>The signature.</summary>
    public required byte[] Signature { get; init; }

    /// <summary>The claims.</summary>
    public required byte[] Claims { get; init; }

    /// <summary>The second signature; null where there is none.</summary>
    public byte[]? PostQuantumSignature { get; init; }

    /// <summary>Reads a document; null when it is not one.</summary>
    public static CompanionParts? TryParse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, ProtectionJson.Default.CompanionParts) is { Format: FormatName, Version: FormatVersion } parts ? parts : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the document.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ProtectionJson.Default.CompanionParts);

    /// <summary>Each companion's name and bytes; null bytes for one that must not be there.</summary>
    public IEnumerable<(string Name, byte[]? Bytes)> Under(ProtectedNames names) =>
    [
        (names.Sidecar, Sidecar), (names.Signature, Signature), (names.Claims, Claims), (names.PostQuantumSignature, PostQuantumSignature),
    ];
}
