using System.Text;

namespace Bulwark.Functions.Answers;

/// <summary>The answers to a call that brought several events, or none (a trigger's test message).</summary>
/// <param name="Answers">One for each event.</param>
public sealed record EventsAnswer(IReadOnlyList<FunctionAnswer> Answers) : FunctionAnswer
{
    /// <inheritdoc />
    public override string Outcome => Answers.Count == 0 ? "ignored" : "done";

    /// <inheritdoc />
    public override long Bytes => Answers.Sum(a => a.Bytes);

    /// <inheritdoc />
    public override byte[] ToJson() =>
        Encoding.UTF8.GetBytes($$"""{"outcome":"{{Outcome}}","answers":[{{string.Join(',', Answers.Select(a => Encoding.UTF8.GetString(a.ToJson())))}}]}""");
}
