using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bulwark.Functions.Answers;

/// <summary>Which messages of a batch failed; the queue delivers those again, and drops the others.</summary>
/// <param name="BatchItemFailures">The failed ones.</param>
public sealed record BatchAnswer(IReadOnlyList<BatchItemFailure> BatchItemFailures) : FunctionAnswer
{
    /// <inheritdoc />
    [JsonIgnore]
    public override string Outcome => BatchItemFailures.Count == 0 ? "done" : "partly-failed";

    /// <inheritdoc />
    [JsonIgnore]
    public override long Bytes => Processed;

    /// <summary>Bytes of models that went through.</summary>
    [JsonIgnore]
    public long Processed { get; init; }

    /// <inheritdoc />
    public override byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, AnswerJson.Default.BatchAnswer);
}

/// <summary>A message that failed.</summary>
/// <param name="ItemIdentifier">Its id.</param>
public sealed record BatchItemFailure(string ItemIdentifier);
