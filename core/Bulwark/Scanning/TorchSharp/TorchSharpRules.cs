using Bulwark.Findings;

namespace Bulwark.Scanning.TorchSharp;

/// <summary>Rules about TorchSharp's files.</summary>
internal static class TorchSharpRules
{
    /// <summary>Breaks the format.</summary>
    public static readonly ScanRule Malformed = new(
        "BWS1901", Verdict.Malformed, Severity.Medium, "Malformed TorchSharp file",
        "The file does not parse to its last byte as anything TorchSharp writes; its loader checks no count and no length, and allocates what they say.");

    /// <summary>All rules about TorchSharp's files.</summary>
    public static IReadOnlyList<ScanRule> All { get; } = [Malformed];
}
