using System.Text.Json.Serialization;

namespace Bulwark.Encryption;

/// <summary>What Tink says in clear about an encrypted keyset.</summary>
/// <param name="PrimaryKeyId">Number of the primary key.</param>
/// <param name="KeyInfo">One entry for every key.</param>
public sealed record KeysetInfo(
    [property: JsonPropertyName("primaryKeyId"), JsonRequired] uint PrimaryKeyId,
    [property: JsonPropertyName("keyInfo"), JsonRequired] IReadOnlyList<KeysetKeyInfo> KeyInfo);
