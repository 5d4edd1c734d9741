using System.Text.Json;

namespace Bulwark.Functions.Answers;

/// <summary>The audit log is what was logged. A log that is not makes the function fail.</summary>
/// <param name="Entries">Entries that were read and found in the signed tree.</param>
/// <param name="Root">Root of the signed tree, base64; null for a log without entries.</param>
public sealed record AuditLogAnswer(long Entries, string? Root) : FunctionAnswer
{
    /// <inheritdoc />
    public override string Outcome => "intact";

    /// <inheritdoc />
    public override byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, AnswerJson.Default.AuditLogAnswer);
}
