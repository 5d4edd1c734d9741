using System.Text.Json;
using Bulwark.Protection;
using Bulwark.Signing;

namespace Bulwark.Functions.Answers;

/// <summary>What is known of a protected model whose signature, claims and envelope verified.</summary>
public sealed record VerificationAnswer
{
    /// <summary>True; a model that does not verify is answered with an error.</summary>
    public bool Verified { get; } = true;

    /// <summary>The model's name, the signature's subject.</summary>
    public required string Model { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Hex SHA-256 of its bytes.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Hex SHA-256 of the signing key's public PEM.</summary>
    public required string SignedBy { get; init; }

    /// <summary>The same of the second key; null when the model has one signature.</summary>
    public string? PostQuantumSignedBy { get; init; }

    /// <summary>Whether every segment of the body was decrypted and the digest of the whole compared.</summary>
    public required bool BodyVerified { get; init; }

    /// <summary>Verified claims: predicate by type, the watermark's receipt among them without its list of tensors.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Claims { get; init; }

    /// <summary>Describes an opened model.</summary>
    public static VerificationAnswer Of(OpenedModel opened, bool bodyVerified)
    {
        ArgumentNullException.ThrowIfNull(opened);
        return new VerificationAnswer
        {
            Model = opened.Names.Model,
            Size = opened.Length,
            Sha256 = Convert.ToHexStringLower(opened.Signature.Sha256.Span),
            SignedBy = opened.Signature.SignedBy.Hint,
            PostQuantumSignedBy = opened.PostQuantumSignature?.SignedBy.Hint,
            BodyVerified = bodyVerified,
            Claims = opened.Claims.ToDictionary(c => c.Key, c => Predicate(c.Key, c.Value)),
        };
    }

    /// <summary>UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, AnswerJson.Default.VerificationAnswer);

    private static JsonElement Predicate(string type, byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        if (type != ClaimTypes.Watermark)
            return document.RootElement.Clone();
        // Up to 10,000 names, which the model's own header tells better.
        Dictionary<string, JsonElement> brief = document.RootElement.EnumerateObject().Where(p => p.Name != "tensors").ToDictionary(p => p.Name, p => p.Value);
        return JsonSerializer.SerializeToElement(brief, AnswerJson.Default.DictionaryStringJsonElement);
    }
}
