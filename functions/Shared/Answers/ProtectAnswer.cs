using System.Text.Json;
using System.Text.Json.Serialization;
using Bulwark.Protection;

namespace Bulwark.Functions.Answers;

/// <summary>What became of an uploaded object.</summary>
public sealed record ProtectAnswer : FunctionAnswer
{
    /// <summary>It was protected.</summary>
    public const string Protected = "protected";

    /// <summary>It had been protected before; this is the first result.</summary>
    public const string AlreadyProtected = "already-protected";

    /// <summary>It was refused; <see cref="Code"/> says why.</summary>
    public const string Refused = "refused";

    /// <summary>It is not there any more.</summary>
    public const string Gone = "gone";

    /// <summary>A newer version has taken its place, whose own event brings it here.</summary>
    public const string Superseded = "superseded";

    /// <summary>It is too large for a function; <see cref="Job"/> protects it.</summary>
    public const string HandedOver = "handed-over";

    /// <summary>It is a part of a protected model and no model.</summary>
    public const string NotAModel = "not-a-model";

    /// <inheritdoc />
    [JsonIgnore]
    public override string Outcome => Result;

    /// <summary>One of the constants.</summary>
    [JsonPropertyName("outcome")]
    public required string Result { get; init; }

    /// <summary>The object, as <c>store://container/name</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The version that was looked at; null when there was none.</summary>
    public string? Version { get; init; }

    /// <summary>The result, where it was protected.</summary>
    public ProtectionResult? Model { get; init; }

    /// <summary>The job, where it was handed over.</summary>
    public string? Job { get; init; }

    /// <summary>The error's code, where it was refused.</summary>
    public string? Code { get; init; }

    /// <summary>Why it was refused.</summary>
    public string? Reason { get; init; }

    /// <inheritdoc />
    [JsonIgnore]
    public override long Bytes => Result == Protected ? Model?.Size ?? 0 : 0;

    /// <inheritdoc />
    public override byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, AnswerJson.Default.ProtectAnswer);
}
