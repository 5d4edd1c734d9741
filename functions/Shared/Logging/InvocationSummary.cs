using System.Collections;
using System.Globalization;

namespace Bulwark.Functions.Logging;

/// <summary>The one line that every invocation leaves in the log: what became of it and what it took.</summary>
/// <param name="Function">The function.</param>
/// <param name="Outcome">What became of it; <c>failed</c> when it failed.</param>
/// <param name="DurationMs">Milliseconds.</param>
/// <param name="ColdStart">Whether it was the first of its process.</param>
/// <param name="Bytes">Bytes of models that went through.</param>
/// <param name="Code">The error's code; null when it did not fail.</param>
public sealed record InvocationSummary(string Function, string Outcome, double DurationMs, bool ColdStart, long Bytes, string? Code)
    : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>The outcome of an invocation that failed.</summary>
    public const string Failed = "failed";

    /// <inheritdoc />
    public int Count => Fields.Length;

    private KeyValuePair<string, object?>[] Fields =>
    [
        new("outcome", Outcome),
        new("durationMs", Math.Round(DurationMs, 1)),
        new("coldStart", ColdStart),
        new("bytes", Bytes),
        .. Code is null ? Array.Empty<KeyValuePair<string, object?>>() : [new("code", Code)],
    ];

    /// <inheritdoc />
    public KeyValuePair<string, object?> this[int index] => Fields[index];

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Fields.AsEnumerable().GetEnumerator();

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Function}: {Outcome} after {DurationMs:0.0} ms");

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
