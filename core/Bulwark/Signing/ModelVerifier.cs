using System.Security.Cryptography;
using System.Text.Json;
using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>A model that is one file, whose signature verified.</summary>
/// <param name="Subject">The name it was signed under.</param>
/// <param name="Root">The root digest, 32 bytes: what claims about it must name as their subject.</param>
/// <param name="Sha256">SHA-256 of the file, 32 bytes.</param>
/// <param name="SignedBy">The key that signed.</param>
public sealed record VerifiedFile(string Subject, ReadOnlyMemory<byte> Root, ReadOnlyMemory<byte> Sha256, VerificationKey SignedBy);

/// <summary>Verifies OpenSSF Model Signing v1.0 bundles.</summary>
public static class ModelVerifier
{
    /// <summary>Verifies the signature of a model that is one file.</summary>
    /// <param name="bundle">The bundle's bytes.</param>
    /// <param name="name">The name the model must have been signed under; null for any.</param>
    /// <param name="sha256">SHA-256 of the file, 32 bytes.</param>
    /// <param name="trusted">Keys whose signature is accepted.</param>
    /// <exception cref="SigningException">Malformed (BW1801), not by a trusted key (BW1802), or of another model (BW1803).</exception>
    public static VerifiedFile VerifyFile(ReadOnlyMemory<byte> bundle, string? name, ReadOnlySpan<byte> sha256, IReadOnlyList<VerificationKey> trusted)
    {
        string what = name is null ? "The signature" : $"The signature of {name}";
        VerifiedFile file = ReadFile(what, bundle, trusted);
        if (name is not null && file.Subject != name)
            throw SigningException.Mismatch(name, $"the signature is for '{file.Subject}'");
        if (!CryptographicOperations.FixedTimeEquals(file.Sha256.Span, sha256))
            throw SigningException.Mismatch(file.Subject, "its content differs");
        return file;
    }

    /// <summary>Checks a bundle's signature against the trusted keys, before its payload is read.</summary>
    internal static (SigstoreBundle Bundle, VerificationKey SignedBy) Authenticate(
        string what, ReadOnlyMemory<byte> bundle, IReadOnlyList<VerificationKey> trusted)
    {
        SigstoreBundle parsed = SigstoreBundle.Parse(what, bundle);
        VerificationKey? signer = parsed.Certificates.Count == 0 ? trusted.FirstOrDefault(parsed.IsSignedBy) : null;
        return (parsed, signer ?? throw SigningException.BadSignature(what));
    }

    private static VerifiedFile ReadFile(string what, ReadOnlyMemory<byte> bundle, IReadOnlyList<VerificationKey> trusted)
    {
        (SigstoreBundle parsed, VerificationKey signer) = Authenticate(what, bundle, trusted);
        using JsonDocument document = StrictJson.Parse(what, parsed.Payload, SigstoreBundle.MaximumLength);
        (string subject, byte[] root, string predicateType) = Statements.ReadFrame(what, document.RootElement);
        if (predicateType != ModelManifest.PredicateType)
            throw SigningException.Malformed(what, "its statement is no model signature v1.0");

        JsonElement predicate = document.RootElement.GetProperty("predicate");
        StrictJson.Members(what, predicate, ["serialization", "resources"], []);
        JsonElement serialization = predicate.GetProperty("serialization");
        StrictJson.Members(what, serialization, ["method", "hash_type"], ["allow_symlinks", "ignore_paths"]);
        if (StrictJson.Text(what, serialization, "method") != "files" || StrictJson.Text(what, serialization, "hash_type") != "sha256")
            throw SigningException.Malformed(what, "a model of one file must be signed by method files with sha256");

        JsonElement resources = StrictJson.Array(what, predicate, "resources");
        if (resources.GetArrayLength() != 1)
            throw SigningException.Mismatch(subject, $"the signature covers {resources.GetArrayLength()} files, not one");
        JsonElement resource = resources[0];
        if (resource.ValueKind != JsonValueKind.Object || StrictJson.Text(what, resource, "algorithm") != "sha256")
            throw SigningException.Malformed(what, "its resource is not hashed with sha256");
        string name = StrictJson.Text(what, resource, "name");
        if (name != "." && name != subject)
            throw SigningException.Mismatch(subject, "the signed resource has another name");
        byte[] digest = Statements.Digest(what, resource, "digest", 32);
        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(digest), root))
            throw SigningException.Malformed(what, "its root digest is not that of its resources");
        return new VerifiedFile(subject, root, digest, signer);
    }
}
