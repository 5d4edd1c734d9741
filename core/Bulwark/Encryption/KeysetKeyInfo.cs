using System.Text.Json.Serialization;

namespace Bulwark.Encryption;

/// <summary>What Tink says in clear about one key of an encrypted keyset.</summary>
/// <param name="TypeUrl">Type of the key.</param>
/// <param name="Status">ENABLED, DISABLED or DESTROYED.</param>
/// <param name="KeyId">Number of the key.</param>
/// <param name="OutputPrefixType">RAW for streaming keys.</param>
public sealed record KeysetKeyInfo(
    [property: JsonPropertyName("typeUrl"), JsonRequired] string TypeUrl,
    [property: JsonPropertyName("status"), JsonRequired] string Status,
    [property: JsonPropertyName("keyId"), JsonRequired] uint KeyId,
    [property: JsonPropertyName("outputPrefixType"), JsonRequired] string OutputPrefixType);
