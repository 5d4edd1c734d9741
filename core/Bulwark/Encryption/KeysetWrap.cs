using System.Text.Json.Serialization;

namespace Bulwark.Encryption;

/// <summary>One wrap of a body's keyset in the sidecar. Every wrap of a sidecar holds the same keyset.</summary>
/// <param name="Provider">Who holds the key: <c>aws-kms</c>, <c>gcp-kms</c>, <c>azure-key-vault</c>, <c>local</c>, or the URI's scheme.</param>
/// <param name="KeyUri">Name of the wrapping key.</param>
/// <param name="AssociatedData">Associated data of the wrap, UTF-8; in AWS KMS it is the encryption context.</param>
/// <param name="EncryptedKeyset">Tink's EncryptedKeyset, verbatim.</param>
public sealed record KeysetWrap(
    [property: JsonPropertyName("provider"), JsonRequired] string Provider,
    [property: JsonPropertyName("keyUri"), JsonRequired] string KeyUri,
    [property: JsonPropertyName("aad"), JsonRequired] string AssociatedData,
    [property: JsonPropertyName("encryptedKeyset"), JsonRequired] EncryptedKeyset EncryptedKeyset)
{
    /// <summary>The provider that a key's name belongs to.</summary>
    internal static string ProviderOf(string keyUri)
    {
        int scheme = keyUri.IndexOf("://", StringComparison.Ordinal);
        string name = scheme > 0 ? keyUri[..scheme] : "unknown";
        return name == "https" && Uri.TryCreate(keyUri, UriKind.Absolute, out Uri? uri)
            && (uri.Host.Contains(".vault.", StringComparison.Ordinal) || uri.Host.Contains(".managedhsm.", StringComparison.Ordinal))
            ? "azure-key-vault"
            : name;
    }
}
