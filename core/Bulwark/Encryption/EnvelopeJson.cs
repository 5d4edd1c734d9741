using System.Text.Json.Serialization;

namespace Bulwark.Encryption;

/// <summary>Strict JSON of the sidecar: unknown members, repeated members and nulls are refused.</summary>
[JsonSourceGenerationOptions(
    AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(EnvelopeSidecar))]
[JsonSerializable(typeof(EncryptedKeyset))]
internal sealed partial class EnvelopeJson : JsonSerializerContext;
