using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>A statement about a model besides its signature.</summary>
/// <param name="PredicateType">One of <see cref="ClaimTypes"/>, or another type URI.</param>
/// <param name="Predicate">UTF-8 JSON object.</param>
public sealed record Claim(string PredicateType, ReadOnlyMemory<byte> Predicate);

/// <summary>
/// <c>NAME.claims.jsonl</c>: one DSSE bundle a line, each an in-toto statement whose subject digest is the model's signed root.
/// </summary>
public static class ClaimsFile
{
    /// <summary>Longest line in bytes.</summary>
    public const int MaximumLineLength = SigstoreBundle.MaximumLength;

    /// <summary>Most claims about one model.</summary>
    public const int MaximumClaims = 64;

    /// <summary>Signs claims about a model.</summary>
    /// <returns>The file's bytes.</returns>
    public static async Task<byte[]> SignAsync(
        ISigningKey key, ModelManifest manifest, IReadOnlyList<Claim> claims, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(claims);
        ModelSigner signer = new(key);
        ArrayBufferWriter<byte> file = new();
        foreach (Claim claim in claims)
        {
            ArrayBufferWriter<byte> statement = new();
            using (Utf8JsonWriter json = Statements.Begin(statement, manifest.Subject, manifest.Root.Span, claim.PredicateType))
            {
                json.WritePropertyName("predicate");
                json.WriteRawValue(claim.Predicate.Span);
                json.WriteEndObject();
            }

            file.Write(await signer.SignStatementAsync(statement.WrittenSpan.ToArray(), cancellationToken));
            file.Write("\n"u8);
        }

        return file.WrittenSpan.ToArray();
    }

    /// <summary>Verifies every line: signed by a trusted key, about this model, each kind at most once.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="subject">The model's signed name.</param>
    /// <param name="root">The model's signed root, 32 bytes.</param>
    /// <param name="trusted">Keys whose signature is accepted.</param>
    /// <returns>The predicates by type.</returns>
    /// <exception cref="SigningException">A line is malformed, not by a trusted key, or about another model.</exception>
    public static IReadOnlyDictionary<string, byte[]> Verify(
        ReadOnlyMemory<byte> file, string subject, ReadOnlySpan<byte> root, IReadOnlyList<VerificationKey> trusted)
    {
        Dictionary<string, byte[]> claims = [];
        for (int line = 1; !file.IsEmpty; line++)
        {
            string what = $"Claim {line} about {subject}";
            int end = file.Span.IndexOf((byte)'\n');
            if (end < 0 || end > MaximumLineLength || line > MaximumClaims)
                throw SigningException.Malformed(what, end < 0 ? "its line is not complete" : "there are too many claims, or one is too long");
            (SigstoreBundle bundle, _) = ModelVerifier.Authenticate(what, file[..end], trusted);
            using JsonDocument document = StrictJson.Parse(what, bundle.Payload, MaximumLineLength);
            (string name, byte[] digest, string type) = Statements.ReadFrame(what, document.RootElement);
            if (name != subject || !CryptographicOperations.FixedTimeEquals(digest, root))
                throw SigningException.Mismatch(subject, $"claim {line} is about '{name}' with another digest");
            // A signed model statement is no claim about one: it must not be able to stand in for it.
            if (type == ModelManifest.PredicateType || !claims.TryAdd(type, JsonElementBytes(document.RootElement.GetProperty("predicate"))))
                throw SigningException.Malformed(what, $"a claim of type {type} does not belong there or stands there twice");
            file = file[(end + 1)..];
        }

        return claims;
    }

    private static byte[] JsonElementBytes(JsonElement element) => System.Text.Encoding.UTF8.GetBytes(element.GetRawText());
}
