namespace Bulwark.Models.Pickle;

/// <summary>One evaluated pickle.</summary>
/// <param name="Value">What it would load to.</param>
/// <param name="End">Offset of the first byte after it.</param>
internal sealed record PickleEvaluation(PickleValue Value, long End);
