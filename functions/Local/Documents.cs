using System.Text.Json.Serialization;
using Bulwark.Models;
using Bulwark.Protection;

namespace Bulwark.Functions.Local;

/// <summary>An error, for scripts.</summary>
internal sealed record ErrorDocument(ErrorBody Error);

/// <summary>Code, sentence and remedy.</summary>
internal sealed record ErrorBody(string Code, string Message, string Remedy);

/// <summary>What <c>verify</c> and <c>open</c> print.</summary>
internal sealed record OpenedDocument(string Model, long Size, string Sha256, string SignedBy, IReadOnlyList<string> Claims, string? Output)
{
    /// <summary>Describes a model that verified.</summary>
    public static OpenedDocument Of(OpenedModel opened, string? output) => new(
        opened.Signature.Subject,
        opened.Length,
        Convert.ToHexStringLower(opened.Signature.Sha256.Span),
        opened.Signature.SignedBy.Hint,
        [.. opened.Claims.Keys.Select(Short).Order(StringComparer.Ordinal)],
        output);

    private static string Short(string type) =>
        type.StartsWith("https://bulwark/claims/", StringComparison.Ordinal) ? type["https://bulwark/claims/".Length..].Split('/')[0] : type;
}

/// <summary>What <c>inspect</c> prints.</summary>
internal sealed record InspectDocument(
    string Path, string Format, long Size, long Parameters, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<TensorDocument> Tensors)
{
    /// <summary>Describes a model file.</summary>
    public static InspectDocument Of(ModelFile file) => new(
        file.Reader.Source.Name,
        file.Format,
        file.Reader.Source.Size,
        file.Tensors.Sum(t => t.ElementCount),
        file.Metadata,
        [.. file.Tensors.Select(t => new TensorDocument(t.Name, t.DType.ToString(), [.. t.Shape], t.Offset, t.Length))]);
}

/// <summary>One tensor of <see cref="InspectDocument"/>.</summary>
internal sealed record TensorDocument(string Name, string DType, IReadOnlyList<long> Shape, long Offset, long Length);

/// <summary>Shapes of what <c>--json</c> prints.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(OpenedDocument))]
[JsonSerializable(typeof(InspectDocument))]
[JsonSerializable(typeof(ProtectionResult))]
internal sealed partial class CliJson : JsonSerializerContext;
