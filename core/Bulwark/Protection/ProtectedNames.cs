using System.Security.Cryptography;
using Bulwark.Storage;

namespace Bulwark.Protection;

/// <summary>The objects that make up one protected model.</summary>
/// <param name="Model">The model's own name, the signature's subject: the last part of the object's name.</param>
/// <param name="Prefix">What precedes it in the container: empty, or ends with <c>/</c>.</param>
public sealed record ProtectedNames(string Model, string Prefix)
{
    /// <summary>What second signatures have before <c>.sig</c>, so that no model's name may end in it.</summary>
    internal const string PostQuantumEnding = ".mldsa";

    private const int SpareDigits = 8;
    private const string SpareSuffix = ".new";

    /// <summary>Tink AES256_GCM_HKDF_1MB ciphertext of the model.</summary>
    public string Body => $"{Prefix}{Model}.enc";

    /// <summary>The envelope: wrapped keysets, sizes, digest, commitment.</summary>
    public string Sidecar => $"{Body}.json";

    /// <summary>OpenSSF Model Signing bundle.</summary>
    public string Signature => $"{Prefix}{Model}.sig";

    /// <summary>The same payload signed with ML-DSA-65, where that was asked for.</summary>
    public string PostQuantumSignature => $"{Prefix}{Model}{PostQuantumEnding}.sig";

    /// <summary>Signed claims, one DSSE bundle a line.</summary>
    public string Claims => $"{Prefix}{Model}.claims.jsonl";

    /// <summary>All of these names.</summary>
    public IReadOnlyList<string> All => [Body, Sidecar, Signature, Claims, PostQuantumSignature];

    internal string SparePartsPrefix => $"{Prefix}{Model}.";

    /// <summary>What the body is bound to, and what any Tink must be given to decrypt it: the model's own name.</summary>
    public string AssociatedData => $"bulwark/v1/{Model}";

    /// <summary>What a wrap is bound to where it is bound to its source: <c>bulwark/v1/s3://BUCKET/KEY@VERSION</c>.</summary>
    internal static string AssociatedDataFor(ObjectRef source) => $"bulwark/v1/{source}@{source.Version}";

    /// <summary>Names for a model object.</summary>
    public static ProtectedNames ForModel(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        int slash = name.LastIndexOf('/');
        return new ProtectedNames(name[(slash + 1)..], name[..(slash + 1)]);
    }

    /// <summary>Names for a body; null when the name does not end in <c>.enc</c>.</summary>
    public static ProtectedNames? ForBody(string bodyName)
    {
        ArgumentNullException.ThrowIfNull(bodyName);
        ProtectedNames names = ForModel(bodyName);
        return names.Model.Length > 4 && names.Model.EndsWith(".enc", StringComparison.Ordinal)
            ? names with { Model = names.Model[..^4] }
            : null;
    }

    /// <summary>
    /// Where spare copies of the other parts stand while a body takes the place of another. No longer than the longest of the other names.
    /// </summary>
    /// <param name="header">The first bytes of the body, 40 of them.</param>
    internal string SpareParts(ReadOnlySpan<byte> header) =>
        $"{SparePartsPrefix}{Convert.ToHexStringLower(SHA256.HashData(header).AsSpan(0, SpareDigits / 2))}{SpareSuffix}";

    internal bool IsSpareParts(string name) =>
        name.Length == SparePartsPrefix.Length + SpareDigits + SpareSuffix.Length
        && name.StartsWith(SparePartsPrefix, StringComparison.Ordinal)
        && name.EndsWith(SpareSuffix, StringComparison.Ordinal)
        && name.AsSpan(SparePartsPrefix.Length, SpareDigits).ToArray().All(char.IsAsciiHexDigitLower);
}
