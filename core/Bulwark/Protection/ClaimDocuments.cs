using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bulwark.Encryption;
using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Scanning;
using Bulwark.Signing;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>What the main job claims about a model, beside its signature; and the check that binds the envelope.</summary>
internal static class ClaimDocuments
{
    private static readonly string[] StructureChecks = ["format identified by content", "structure within the format's rules", "tensors mapped without holes or overlaps", "scanned for code and disguises"];

    /// <summary>The claims of one run. A file without tensors has no fingerprint to claim.</summary>
    public static IReadOnlyList<Claim> For(
        ProtectionServices services, ProtectedNames names, ObjectRef source, ModelFile model, ScanReport scan, WatermarkReceipt watermark, ModelFingerprint? fingerprint,
        EnvelopeSidecar envelope, byte[] sidecar) =>
    [
        Of(ClaimTypes.Scan, new ScanPredicate(scan.Format == ContentFormat.Opaque ? model.Format : scan.Format, scan.Verdict.ToString().ToLowerInvariant(), model.Tensors.Count, StructureChecks), ProtectionJson.Default.ScanPredicate),
        Of(ClaimTypes.Watermark, watermark, ProtectionJson.Default.WatermarkReceipt),
        .. fingerprint is null ? Array.Empty<Claim>() : [Of(ClaimTypes.Fingerprint, FingerprintPredicate.Of(fingerprint), ProtectionJson.Default.FingerprintPredicate)],
        Of(
            ClaimTypes.Envelope,
            new EnvelopePredicate(
                Leaf(names.Body), envelope.CiphertextSize, Leaf(names.Sidecar), Convert.ToHexStringLower(SHA256.HashData(sidecar)), envelope.PlaintextSha256),
            ProtectionJson.Default.EnvelopePredicate),
        Of(
            ClaimTypes.Provenance,
            new ProvenancePredicate(Describe(source), source.Size, Tool(), services.Clock.GetUtcNow()),
            ProtectionJson.Default.ProvenancePredicate),
    ];

    /// <summary>Refuses a sidecar that is not the one the envelope claim was signed for. The body is measured against the sidecar later.</summary>
    /// <exception cref="ProtectionException">BW2004.</exception>
    public static void CheckEnvelope(
        IReadOnlyDictionary<string, byte[]> claims, ProtectedNames names, ReadOnlySpan<byte> sidecar, long ciphertextSize)
    {
        if (!claims.TryGetValue(ClaimTypes.Envelope, out byte[]? predicate))
            throw ProtectionException.EnvelopeNotClaimed(names.Sidecar, "there is no signed claim about it");
        EnvelopePredicate claim;
        try
        {
            claim = JsonSerializer.Deserialize(predicate, ProtectionJson.Default.EnvelopePredicate)!;
        }
        catch (JsonException error)
        {
            throw ProtectionException.EnvelopeNotClaimed(names.Sidecar, "the claim about it cannot be read", error);
        }

        if (claim.SidecarSha256 != Convert.ToHexStringLower(SHA256.HashData(sidecar)))
            throw ProtectionException.EnvelopeNotClaimed(names.Sidecar, "its content differs from the claimed one");
        if (claim.BodySize != ciphertextSize)
            throw ProtectionException.EnvelopeNotClaimed(names.Sidecar, $"it is for a body of {ciphertextSize} bytes, and the claim for one of {claim.BodySize}");
    }

    private static Claim Of<T>(string type, T predicate, JsonTypeInfo<T> shape) => new(type, JsonSerializer.SerializeToUtf8Bytes(predicate, shape));

    // A folder on someone's disk is nobody's business; a bucket and key say where a model came from.
    private static string Describe(ObjectRef source) => source.Store == "file" ? Leaf(source.Name) : source.ToString();

    private static string Leaf(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static string Tool() => $"bulwark {typeof(ClaimDocuments).Assembly.GetName().Version?.ToString(3)}";
}
