using Bulwark.Scanning;

namespace Bulwark.Functions.Local;

/// <summary>What <c>scan</c> prints.</summary>
internal sealed record ScanDocument(IReadOnlyList<ScannedFileDocument> Files);

/// <summary>One file of <see cref="ScanDocument"/>.</summary>
internal sealed record ScannedFileDocument(string Path, string Format, string Verdict, IReadOnlyList<ScanFindingDocument> Findings)
{
    /// <summary>Describes a report.</summary>
    public static ScannedFileDocument Of(string path, ScanReport report) => new(
        path,
        report.Format,
        report.Verdict.ToString().ToLowerInvariant(),
        [.. report.Findings.Select(f => new ScanFindingDocument(
            f.Rule.Id, f.Rule.Title, f.Rule.Verdict.ToString().ToLowerInvariant(), f.Rule.Severity.ToString().ToLowerInvariant(), f.Message, f.Rule.Explanation, f.Path, f.Offset, f.Rule.References))]);
}

/// <summary>One finding of <see cref="ScannedFileDocument"/>.</summary>
internal sealed record ScanFindingDocument(
    string Rule, string Title, string Verdict, string Severity, string Message, string Explanation, string Location, long? Offset, IReadOnlyList<string> References);

/// <summary>A log of SARIF 2.1.0.</summary>
internal sealed record SarifLog(string Version, IReadOnlyList<SarifRun> Runs)
{
    /// <summary>Describes what was scanned.</summary>
    public static SarifLog Of(ScanDocument document)
    {
        ScanFindingDocument[] all = [.. document.Files.SelectMany(f => f.Findings)];
        SarifRule[] rules = [.. all.DistinctBy(f => f.Rule).OrderBy(f => f.Rule, StringComparer.Ordinal).Select(f => new SarifRule(f.Rule, new SarifText(f.Title), new SarifText(f.Explanation)))];
        SarifResult[] results = [.. document.Files.SelectMany(file => file.Findings.Select(f => new SarifResult(
            f.Rule,
            f.Verdict == "suspicious" ? "warning" : "error",
            new SarifText(f.Message),
            [new SarifLocation(new SarifPhysicalLocation(new SarifArtifact(new Uri(System.IO.Path.GetFullPath(file.Path)).AbsoluteUri), f.Offset is { } offset ? new SarifRegion(offset) : null))])))];
        return new SarifLog("2.1.0", [new SarifRun(new SarifTool(new SarifDriver("bulwark", rules)), results)]);
    }
}

internal sealed record SarifRun(SarifTool Tool, IReadOnlyList<SarifResult> Results);

internal sealed record SarifTool(SarifDriver Driver);

internal sealed record SarifDriver(string Name, IReadOnlyList<SarifRule> Rules);

internal sealed record SarifRule(string Id, SarifText ShortDescription, SarifText FullDescription);

internal sealed record SarifText(string Text);

internal sealed record SarifResult(string RuleId, string Level, SarifText Message, IReadOnlyList<SarifLocation> Locations);

internal sealed record SarifLocation(SarifPhysicalLocation PhysicalLocation);

internal sealed record SarifPhysicalLocation(SarifArtifact ArtifactLocation, SarifRegion? Region);

internal sealed record SarifArtifact(string Uri);

internal sealed record SarifRegion(long ByteOffset);
