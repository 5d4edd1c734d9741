using Bulwark.Findings;

namespace Bulwark.Scanning;

/// <summary>What a scan found in one file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format">What it is by its content; <c>opaque</c> when it is nothing known.</param>
/// <param name="Verdict">The worst of the findings.</param>
/// <param name="Findings">What fired; beyond <see cref="ScanLimits.MaxFindings"/> they only count for the verdict.</param>
public sealed record ScanReport(string Path, string Format, Verdict Verdict, IReadOnlyList<ScanFinding> Findings)
{
    private const int LongestText = 2000;

    /// <summary>The finding that decided; null for a benign file.</summary>
    public ScanFinding? Worst => Findings.Where(f => f.Rule.Verdict == Verdict).MaxBy(f => f.Rule.Severity);

    /// <summary>The findings in the form that every capability reports. Long names and texts from the file are cut.</summary>
    public IReadOnlyList<Finding> ToFindings(DateTimeOffset foundAt) =>
    [
        .. Findings.Select(f => new Finding(
            f.Rule.Id, f.Rule.Title, f.Rule.Severity, $"{Cut(f.Message)} {f.Rule.Explanation}", Path,
            f.Offset is { } offset ? FormattableString.Invariant($"{Cut(f.Path)}@{offset}") : Cut(f.Path), f.Rule.References, foundAt)),
    ];

    private static string Cut(string text) => text.Length <= LongestText ? text : $"{text.AsSpan(0, LongestText)}...";
}
