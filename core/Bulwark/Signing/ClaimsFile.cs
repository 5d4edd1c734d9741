using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>
/// <c>NAME.claims.jsonl</c>: one DSSE bundle a line, each an in-toto statement whose subject digest is the model's signed root.
/// The order of the lines means nothing. A line that is gone leaves no trace, so a reader names the claims it cannot do without.
/// </summary>
public static class ClaimsFile
{
    /// <summary>Longest line in bytes.</summary>
    public const int MaximumLineLength = 16 << 20;

    /// <summary>Most claims about one model.</summary>
    public const int MaximumClaims = 64;

    /// <summary>Signs claims about a model.</summary>
    /// <returns>The file's bytes.</returns>
    /// <exception cref="SigningException">BW1801: a predicate is no JSON object, or two claims have one type. BW1813: too long, or too many.</exception>
    public static Task<byte[]> SignAsync(
        ISigningKey key, ModelManifest manifest, IReadOnlyList<Claim> claims, CancellationToken cancellationToken) =>
        SignAsync(new ModelSigner(key), manifest, claims, cancellationToken);

    /// <inheritdoc cref="SignAsync(ISigningKey, ModelManifest, IReadOnlyList{Claim}, CancellationToken)" />
    public static async Task<byte[]> SignAsync(
        ModelSigner signer, ModelManifest manifest, IReadOnlyList<Claim> claims, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(claims);
        if (claims.Count > MaximumClaims)
            throw SigningException.TooLarge($"The list of claims about {manifest.Subject}", $"there are {claims.Count}, at most {MaximumClaims} are read");
        if (claims.DistinctBy(claim => claim.PredicateType, StringComparer.Ordinal).Count() != claims.Count)
            throw SigningException.Malformed($"The list of claims about {manifest.Subject}", "two claims have the same type");
        ArrayBufferWriter<byte> file = new();
        foreach (Claim claim in claims)
        {
            byte[] line = await signer.SignStatementAsync(Statement(manifest, claim), cancellationToken);
            if (line.Length > MaximumLineLength)
                throw SigningException.TooLarge($"The claim {claim.PredicateType}", $"it has {line.Length} bytes signed, at most {MaximumLineLength} are read");
            file.Write(line);
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
        ReadOnlyMemory<byte> file, string subject, ReadOnlySpan<byte> root, IReadOnlyList<VerificationKey> trusted) =>
        Verify(file, subject, root, new SigningTrust { Keys = trusted }, []);

    /// <summary>Verifies every line: signed by someone trusted, about this model, each kind at most once, and all of the required kinds.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="subject">The model's signed name.</param>
    /// <param name="root">The model's signed root, 32 bytes.</param>
    /// <param name="trust">Whose signatures count.</param>
    /// <param name="required">Types that must be there.</param>
    /// <returns>The predicates by type.</returns>
    /// <exception cref="SigningException">A line is malformed, not by someone trusted, or about another model; or a required one is missing.</exception>
    public static IReadOnlyDictionary<string, byte[]> Verify(
        ReadOnlyMemory<byte> file, string subject, ReadOnlySpan<byte> root, SigningTrust trust, IReadOnlyCollection<string> required)
    {
        ArgumentNullException.ThrowIfNull(required);
        Dictionary<string, byte[]> claims = new(StringComparer.Ordinal);
        for (int line = 1; !file.IsEmpty; line++)
        {
            string what = $"Claim {line} about {subject}";
            if (line > MaximumClaims)
                throw SigningException.Malformed(what, $"there are more than {MaximumClaims}");
            ReadOnlySpan<byte> ahead = file.Span[..Math.Min(file.Length, MaximumLineLength + 1)];
            int end = ahead.IndexOf((byte)'\n');
            if (end < 0)
                throw SigningException.Malformed(what, ahead.Length < file.Length ? "its line is too long" : "its line is not complete");
            (string type, byte[] predicate) = VerifyLine(what, file[..end], subject, root, trust);
            if (!claims.TryAdd(type, predicate))
                throw SigningException.Malformed(what, $"there already is a claim of type {type}");
            file = file[(end + 1)..];
        }

        return required.FirstOrDefault(type => !claims.ContainsKey(type)) is { } missing
            ? throw SigningException.Mismatch(subject, $"the claim {missing} is missing")
            : claims;
    }

    private static (string Type, byte[] Predicate) VerifyLine(
        string what, ReadOnlyMemory<byte> line, string subject, ReadOnlySpan<byte> root, SigningTrust trust)
    {
        BundleAuthentication signed = BundleAuthentication.Of(what, line, trust, acceptVersion02: false);
        (string type, string name, byte[] digest, byte[] predicate) = StrictJson.Read(what, signed.Payload, MaximumLineLength, statement =>
        {
            string type = Statements.ReadType(what, statement);
            // A signed model statement is no claim about one: it must not be able to stand in for it.
            if (type is ModelManifest.PredicateType or ModelManifest.PredicateType02)
                throw SigningException.Malformed(what, "it is a model signature, not a claim");
            (string name, byte[] digest) = Statements.ReadSubject(what, statement);
            JsonElement predicate = statement.GetProperty("predicate");
            return predicate.ValueKind == JsonValueKind.Object
                ? (type, name, digest, Encoding.UTF8.GetBytes(predicate.GetRawText()))
                : throw SigningException.Malformed(what, "its predicate is no object");
        });
        return name == subject && CryptographicOperations.FixedTimeEquals(digest, root)
            ? (type, predicate)
            : throw SigningException.Mismatch(subject, $"{what} is about '{name}' with another digest");
    }

    private static byte[] Statement(ModelManifest manifest, Claim claim)
    {
        string what = $"The claim {claim.PredicateType}";
        if (claim.PredicateType is "" or ModelManifest.PredicateType or ModelManifest.PredicateType02)
            throw SigningException.Malformed(what, "a claim cannot have this type");
        StrictJson.Read(what, claim.Predicate, MaximumLineLength, predicate =>
            predicate.ValueKind == JsonValueKind.Object ? predicate.ValueKind : throw SigningException.Malformed(what, "its predicate is no object"));
        ArrayBufferWriter<byte> statement = new();
        using (Utf8JsonWriter json = Statements.Begin(statement, manifest.Subject, manifest.Root.Span, claim.PredicateType))
        {
            json.WritePropertyName("predicate");
            json.WriteRawValue(claim.Predicate.Span);
            json.WriteEndObject();
        }

        return statement.WrittenSpan.ToArray();
    }
}
