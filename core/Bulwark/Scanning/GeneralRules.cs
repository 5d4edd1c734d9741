using Bulwark.Findings;

namespace Bulwark.Scanning;

/// <summary>Rules about what a scan could not see.</summary>
internal static class GeneralRules
{
    /// <summary>A container that is not read here.</summary>
    public static readonly ScanRule UnseenContainer = new(
        "BWS2090", Verdict.Suspicious, Severity.Medium, "Container that is not looked into",
        "The file holds other files or compressed data that are not looked into, so that nothing can be said about what is inside.");

    /// <summary>A scanner failed.</summary>
    public static readonly ScanRule Unscannable = new(
        "BWS2091", Verdict.Malformed, Severity.High, "Could not be scanned to the end",
        "The scan of the file failed, and what was not seen cannot be called harmless.");

    /// <summary>The mapper refused what the scanner let pass.</summary>
    public static readonly ScanRule Unmappable = new(
        "BWS2092", Verdict.Malformed, Severity.Medium, "Breaks the rules of its format",
        "The tensors of the file cannot be mapped as its format says; a loader would read something else, or beyond its memory.");

    /// <summary>All general rules.</summary>
    public static IReadOnlyList<ScanRule> All { get; } = [UnseenContainer, Unscannable, Unmappable];
}
