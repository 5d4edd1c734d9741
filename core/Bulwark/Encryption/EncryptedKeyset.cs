using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bulwark.Encryption;

/// <summary>Tink's EncryptedKeyset, in the JSON that every Tink library reads and writes.</summary>
/// <param name="Ciphertext">The binary keyset, encrypted by an Aead.</param>
/// <param name="Info">What the keyset holds, for people; nothing here is relied on, since it is not authenticated.</param>
public sealed record EncryptedKeyset(
    [property: JsonPropertyName("encryptedKeyset"), JsonRequired] byte[] Ciphertext,
    [property: JsonPropertyName("keysetInfo"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] KeysetInfo? Info = null)
{
    /// <summary>Reads the JSON; unknown and repeated members are refused.</summary>
    /// <exception cref="EncryptionException">BW1910.</exception>
    public static EncryptedKeyset Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > EnvelopeSidecar.MaximumLength)
            throw EncryptionException.MalformedSidecar($"it is longer than {EnvelopeSidecar.MaximumLength} bytes");
        try
        {
            return JsonSerializer.Deserialize(utf8, EnvelopeJson.Default.EncryptedKeyset)
                ?? throw EncryptionException.MalformedSidecar("the encrypted keyset is null");
        }
        catch (JsonException e)
        {
            throw EncryptionException.MalformedSidecar("the encrypted keyset is not Tink's JSON", e);
        }
    }

    /// <summary>Writes the JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, EnvelopeJson.Default.EncryptedKeyset);
}
