using System.Text.Json;
using System.Text.Json.Serialization;
using Bulwark.Audit;
using Bulwark.Fingerprinting;
using Bulwark.Local;
using Bulwark.Models;
using Bulwark.Protection;
using Bulwark.Signing;
using Bulwark.Watermarking;

namespace Bulwark.Functions.Local;

/// <summary>An error, for scripts.</summary>
internal sealed record ErrorDocument(ErrorBody Error);

/// <summary>Code, sentence and remedy; and the code of what kept a refusal from the audit log.</summary>
internal sealed record ErrorBody(string Code, string Message, string Remedy, string? Unrecorded);

/// <summary>What <c>verify</c> and <c>open</c> print.</summary>
internal sealed record OpenedDocument(
    string Model, long Size, string Sha256, string SignedBy, string? PostQuantumSignedBy, IReadOnlyList<string> Claims, string? Output, string? Range)
{
    /// <summary>Describes a model that verified; with a range, of which only that range was looked at.</summary>
    public static OpenedDocument Of(OpenedModel opened, string? output, string? range) => new(
        opened.Signature.Subject,
        opened.Length,
        Convert.ToHexStringLower(opened.Signature.Sha256.Span),
        opened.Signature.SignedBy.Hint,
        opened.PostQuantumSignature?.SignedBy.Hint,
        [.. opened.Claims.Keys.Select(Short).Order(StringComparer.Ordinal)],
        output,
        range);

    private static string Short(string type) =>
        type.StartsWith("https://bulwark/claims/", StringComparison.Ordinal) ? type["https://bulwark/claims/".Length..].Split('/')[0] : type;
}

/// <summary>What <c>inspect</c> prints.</summary>
internal sealed record InspectDocument(
    string Path, string Format, long Size, long Parameters, bool Markable, string? NotMarkableBecause, IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<TensorDocument> Tensors, IReadOnlyList<UnmappedTensorDocument> Unmapped)
{
    /// <summary>Describes a model file.</summary>
    public static InspectDocument Of(ModelFile file)
    {
        string? why = Markability.WhyNot(file);
        WatermarkMode mode = Watermarker.ChooseMode(file.Tensors);
        return new(
            file.Reader.Source.Name,
            file.Format,
            file.Reader.Source.Size,
            file.Tensors.Sum(t => t.ElementCount),
            why is null,
            why,
            file.Metadata,
            [.. file.Tensors.Select(t => TensorDocument.Of(file, t, mode))],
            [.. file.Unmapped.Select(t => new UnmappedTensorDocument(t.Name, t.DType?.ToString(), [.. t.Shape], t.Why))]);
    }
}

/// <summary>One tensor of <see cref="InspectDocument"/>.</summary>
internal sealed record TensorDocument(string Name, string DType, IReadOnlyList<long> Shape, long Offset, long Length, bool Markable, string? NotMarkableBecause)
{
    /// <summary>Describes a tensor.</summary>
    public static TensorDocument Of(ModelFile file, TensorInfo tensor, WatermarkMode mode)
    {
        string? why = file.NotMarkable is null ? Markability.WhyNot(tensor, mode) : "the file is not edited";
        return new(tensor.Name, tensor.DType.ToString(), [.. tensor.Shape], tensor.Offset, tensor.Length, why is null, why);
    }
}

/// <summary>One tensor of <see cref="InspectDocument"/> that is not mapped; the element type is null when it is not known.</summary>
internal sealed record UnmappedTensorDocument(string Name, string? DType, IReadOnlyList<long> Shape, string Why);

/// <summary>What <c>watermark detect</c> prints: the surest match once more at the top, for scripts that look no further.</summary>
internal sealed record WatermarkDocument(
    string Path, bool Marked, string? Payload, uint? OwnerId, string? ModelId, double? Z, double? Log10FalsePositive, long Elements,
    IReadOnlyList<WatermarkMatchDocument> Matches, SealReading? Seal, IReadOnlyList<UnreadTensors> Unread)
{
    /// <summary>Describes a reading.</summary>
    public static WatermarkDocument Of(string path, WatermarkReading reading)
    {
        List<WatermarkMatchDocument> matches = [.. reading.Matches.Zip(reading.Issued, WatermarkMatchDocument.Of)];
        WatermarkMatchDocument? best = matches.FirstOrDefault();
        return new(path, reading.IsMarked, best?.Payload, best?.OwnerId, best?.ModelId, best?.Z, best?.Log10FalsePositive, reading.Elements, matches, reading.Seal, reading.Unread);
    }
}

/// <summary>One match of <see cref="WatermarkDocument"/>.</summary>
internal sealed record WatermarkMatchDocument(
    string Payload, uint OwnerId, string ModelId, double Z, double Log10FalsePositive, bool Significant, bool Decoded, double BitErrorRate, string Mode, string KeyId, DateTimeOffset? IssuedAt)
{
    /// <summary>Describes a match; the registry knows the model id in full.</summary>
    public static WatermarkMatchDocument Of(WatermarkMatch match, IssuedWatermark? issued) => new(
        match.Payload.ToString(), match.Payload.OwnerId, issued?.ModelId ?? match.Payload.ModelId, match.Z, match.Log10FalsePositive,
        match.IsSignificant, match.Decoded, match.BitErrorRate, match.Mode.Name(), match.KeyId, issued?.IssuedAt);
}

/// <summary>What <c>fingerprint</c> prints.</summary>
internal sealed record FingerprintDocument(string Path, string ContentRoot, string NamedRoot, long Elements, int BitsA, string Robust, string? Output)
{
    /// <summary>Describes fingerprints; the robust one in base64.</summary>
    public static FingerprintDocument Of(string path, ModelFingerprint fingerprint, string? output) => new(
        path,
        fingerprint.Exact.ContentRoot.ToString(),
        fingerprint.Exact.NamedRoot.ToString(),
        fingerprint.Robust.Elements,
        fingerprint.Robust.BitsA,
        Convert.ToBase64String(fingerprint.Robust.ToBytes()),
        output);
}

/// <summary>What <c>compare</c> prints; a distance that cannot be told is left out.</summary>
internal sealed record ComparisonDocument(
    string First, string Second, string Verdict, bool Derived, bool Identical, bool SameNames, double? A, double? B, double? C, double ThresholdA)
{
    /// <summary>Describes a comparison.</summary>
    public static ComparisonDocument Of(string first, string second, FingerprintComparison comparison) => new(
        first,
        second,
        comparison.Verdict switch
        {
            FingerprintVerdict.Identical => "identical",
            FingerprintVerdict.Derived => "derived",
            FingerprintVerdict.Independent => "independent",
            _ => "incomparable",
        },
        comparison.Verdict is FingerprintVerdict.Derived or FingerprintVerdict.Identical,
        comparison.Verdict == FingerprintVerdict.Identical,
        comparison.SameNames,
        comparison.A,
        comparison.B,
        comparison.C,
        comparison.EffectiveThresholdA);
}

/// <summary>What <c>log verify</c> prints.</summary>
internal sealed record LogDocument(bool Intact, long Size, string? Root, string VerifierKey, long? FirstBadEntry, IReadOnlyList<LogFaultDocument> Faults)
{
    /// <summary>Describes a report.</summary>
    public static LogDocument Of(AuditReport report, string verifierKey) => new(
        report.IsIntact, report.Size, report.Checkpoint?.Root.ToBase64(), verifierKey, report.FirstFault?.FirstEntry, [.. report.Faults.Select(LogFaultDocument.Of)]);
}

/// <summary>One fault of <see cref="LogDocument"/>; the first bad entry is one from first to last.</summary>
internal sealed record LogFaultDocument(string Kind, long FirstEntry, long LastEntry, string Object, string Evidence, string Sentence)
{
    /// <summary>Describes a fault.</summary>
    public static LogFaultDocument Of(AuditFault fault) =>
        new(JsonNamingPolicy.CamelCase.ConvertName(fault.Kind.ToString()), fault.FirstEntry, fault.LastEntry, fault.ObjectName, fault.Evidence, fault.ToString());
}

/// <summary>One entry of <c>log show</c>.</summary>
internal sealed record LogEntryDocument(
    long Index, DateTimeOffset? Time, string Actor, string Action, string Outcome, string Subject, IReadOnlyDictionary<string, string>? Digests, IReadOnlyDictionary<string, string>? Details)
{
    /// <summary>Describes a record.</summary>
    public static LogEntryDocument Of(AuditRecord record) => new(
        record.Index,
        record.Entry.Time,
        record.Entry.Actor,
        record.Entry.Action,
        record.Entry.Outcome,
        record.Entry.Subject.Container is { } container ? $"{container}/{record.Entry.Subject.Name}" : record.Entry.Subject.Name,
        record.Entry.Digests,
        record.Entry.Details);
}

/// <summary>One key of <c>keys list</c>.</summary>
internal sealed record KeyDocument(string Kind, string Id, string Algorithm, bool InUse, DateTimeOffset? Created, string Path, string? PublicFingerprint)
{
    /// <summary>Describes a key.</summary>
    public static KeyDocument Of(LocalKeyInfo key) =>
        new(key.Kind.ToString().ToLowerInvariant(), key.Id, key.Algorithm, key.IsCurrent, key.Created, key.Path, key.PublicFingerprint);
}

/// <summary>What <c>keys export-public</c> prints for scripts.</summary>
internal sealed record PublicKeyDocument(string Pem);

/// <summary>What <c>sign</c> and <c>verify-signature</c> print.</summary>
internal sealed record SignatureDocument(
    string Model, int Files, string Root, string SignedBy, string? Identity, string Signature, IReadOnlyList<string> Uncovered, IReadOnlyList<string> Remarks)
{
    /// <summary>Describes what was signed.</summary>
    public static SignatureDocument Of(ModelManifest manifest, string signedBy, string signature) =>
        new(manifest.Subject, manifest.Resources.Count, Convert.ToHexStringLower(manifest.Root.Span), signedBy, null, signature, [], []);

    /// <summary>Describes what verified.</summary>
    public static SignatureDocument Of(VerifiedModel verified, string signature) => Of(verified.Manifest, verified.SignedBy.Hint, signature) with
    {
        Identity = verified.Identity is { } signer ? string.Join(", ", signer.AlternativeNames.Prepend(signer.Subject)) : null,
        Uncovered =
        [
            .. verified.Uncovered.Select(f => $"{f.Name} ({f.Reason})"),
            .. verified.UncoveredCount > verified.Uncovered.Count ? [$"and {verified.UncoveredCount - verified.Uncovered.Count} more"] : Array.Empty<string>(),
        ],
        Remarks = verified.Remarks,
    };
}

/// <summary>Shapes of what <c>--json</c> prints.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(OpenedDocument))]
[JsonSerializable(typeof(InspectDocument))]
[JsonSerializable(typeof(ScanDocument))]
[JsonSerializable(typeof(SarifLog))]
[JsonSerializable(typeof(LogDocument))]
[JsonSerializable(typeof(SignatureDocument))]
[JsonSerializable(typeof(WatermarkReceipt))]
[JsonSerializable(typeof(WatermarkDocument))]
[JsonSerializable(typeof(FingerprintDocument))]
[JsonSerializable(typeof(ComparisonDocument))]
[JsonSerializable(typeof(List<LogEntryDocument>))]
[JsonSerializable(typeof(List<KeyDocument>))]
[JsonSerializable(typeof(PublicKeyDocument))]
[JsonSerializable(typeof(ProtectionResult))]
internal sealed partial class CliJson : JsonSerializerContext;
