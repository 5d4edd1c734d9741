using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bulwark.Functions.Answers;

/// <summary>JSON of the answers, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProtectAnswer))]
[JsonSerializable(typeof(AuditLogAnswer))]
[JsonSerializable(typeof(BatchAnswer))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(VerificationAnswer))]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
internal sealed partial class AnswerJson : JsonSerializerContext;
