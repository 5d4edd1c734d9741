using System.Text.Json.Serialization;
using Bulwark.Fingerprinting;

namespace Bulwark.Protection;

/// <summary>Predicate of the scan claim: what the file was found to be.</summary>
/// <param name="Format">Format found by content.</param>
/// <param name="Verdict"><c>benign</c>; or <c>suspicious</c>, where the owner insisted.</param>
/// <param name="Tensors">Tensors mapped.</param>
/// <param name="Checks">What was checked.</param>
public sealed record ScanPredicate(string Format, string Verdict, int Tensors, IReadOnlyList<string> Checks);

/// <summary>Predicate of the fingerprint claim: what the signed weights are, exactly and by likeness.</summary>
/// <param name="ContentRoot">Hex root over what the tensors hold.</param>
/// <param name="NamedRoot">Hex root over that and their names.</param>
/// <param name="Robust">The 1,600 bytes of the robust fingerprint, in base64.</param>
public sealed record FingerprintPredicate(string ContentRoot, string NamedRoot, string Robust)
{
    /// <summary>Describes the fingerprints of a model.</summary>
    public static FingerprintPredicate Of(ModelFingerprint fingerprint)
    {
        ArgumentNullException.ThrowIfNull(fingerprint);
        return new FingerprintPredicate(
            fingerprint.Exact.ContentRoot.ToString(), fingerprint.Exact.NamedRoot.ToString(), Convert.ToBase64String(fingerprint.Robust.ToBytes()));
    }
}

/// <summary>Predicate of the envelope claim: binds sidecar and body to the signed plaintext.</summary>
/// <param name="Body">Name of the body.</param>
/// <param name="BodySize">Its size in bytes.</param>
/// <param name="Sidecar">Name of the sidecar.</param>
/// <param name="SidecarSha256">Hex SHA-256 of the sidecar's bytes.</param>
/// <param name="PlaintextSha256">Hex SHA-256 of the plaintext.</param>
public sealed record EnvelopePredicate(string Body, long BodySize, string Sidecar, string SidecarSha256, string PlaintextSha256);

/// <summary>Predicate of the provenance claim: where the model came from and what protected it.</summary>
/// <param name="Source">The source object: its name, and for a cloud store its bucket.</param>
/// <param name="SourceSize">Its size in bytes.</param>
/// <param name="Tool">Program and version.</param>
/// <param name="ProtectedAt">When.</param>
public sealed record ProvenancePredicate(string Source, long SourceSize, string Tool, DateTimeOffset ProtectedAt);

/// <summary>JSON shapes of the main job; unknown members are refused because nobody else writes them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ScanPredicate))]
[JsonSerializable(typeof(FingerprintPredicate))]
[JsonSerializable(typeof(EnvelopePredicate))]
[JsonSerializable(typeof(ProvenancePredicate))]
[JsonSerializable(typeof(WatermarkReceipt))]
[JsonSerializable(typeof(ProtectionResult))]
[JsonSerializable(typeof(ProtectionOptions))]
[JsonSerializable(typeof(CompanionParts))]
[JsonSerializable(typeof(QuarantineRecord))]
[JsonSerializable(typeof(string))]
internal sealed partial class ProtectionJson : JsonSerializerContext;
