using System.Globalization;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Bulwark.Functions.Local;

/// <summary>
/// A log of SARIF 2.1.0 (OASIS, errata 01) for code hosts and editors. Files in the working folder are named relative to it, others
/// by file URI; what lies inside an archive is a logical location, because an offset in there is none in the file.
/// </summary>
internal sealed record SarifLog([property: JsonPropertyName("$schema")] string Schema, string Version, IReadOnlyList<SarifRun> Runs)
{
    private const string Root = "SRCROOT";

    /// <summary>Describes what was scanned.</summary>
    /// <param name="document">What was found.</param>
    /// <param name="folder">The working folder.</param>
    public static SarifLog Of(ScanDocument document, string folder)
    {
        ScanFindingDocument[] fired = [.. document.Files.SelectMany(f => f.Findings).DistinctBy(f => f.Rule).OrderBy(f => f.Rule, StringComparer.Ordinal)];
        Dictionary<string, int> index = fired.Select((f, i) => (f.Rule, i)).ToDictionary(StringComparer.Ordinal);
        SarifResult[] results = [.. document.Files.SelectMany(file => file.Findings.Select(f => ResultOf(file, f, index[f.Rule], folder)))];
        SarifNotification[] failures =
        [
            .. document.Errors.Select(e => new SarifNotification("error", new SarifText($"{e.Message} [{e.Code}]"), [new SarifLocation(new SarifPhysicalLocation(ArtifactOf(e.Path, folder), null), null)])),
        ];
        string version = typeof(SarifLog).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        return new SarifLog("https://json.schemastore.org/sarif-2.1.0.json", "2.1.0",
        [
            new SarifRun(
                new SarifTool(new SarifDriver("bulwark", version, [.. fired.Select(RuleOf)])),
                [new SarifInvocation(failures.Length == 0, failures)],
                new Dictionary<string, SarifArtifact> { [Root] = new($"{FileUri(folder).TrimEnd('/')}/", null) },
                results),
        ]);
    }

    private static SarifRule RuleOf(ScanFindingDocument finding) => new(
        finding.Rule,
        new SarifText(finding.Title),
        new SarifText(finding.Explanation),
        new SarifConfiguration(LevelOf(finding)),
        new SarifRuleProperties(finding.Severity switch { "critical" => "9.5", "high" => "8.0", "medium" => "5.5", "low" => "2.5", _ => "0.0" }, ["security", finding.Verdict, .. finding.References]));

    private static SarifResult ResultOf(ScannedFileDocument file, ScanFindingDocument finding, int rule, string folder)
    {
        // A member's path begins with the file's own name, and goes on with ! or #.
        bool inside = finding.Location != Path.GetFileName(file.Path) && finding.Location.AsSpan().IndexOfAny('!', '#') >= 0;
        string message = inside && finding.Offset is { } at ? string.Create(CultureInfo.InvariantCulture, $"{finding.Message} (at byte {at} of {finding.Location})") : finding.Message;
        return new SarifResult(
            finding.Rule,
            rule,
            LevelOf(finding),
            new SarifText(message),
            [
                new SarifLocation(
                    new SarifPhysicalLocation(ArtifactOf(file.Path, folder), !inside && finding.Offset is { } offset ? new SarifRegion(offset) : null),
                    inside ? [new SarifLogicalLocation(finding.Location, "member")] : null),
            ]);
    }

    private static string LevelOf(ScanFindingDocument finding) => finding.Verdict == "suspicious" ? "warning" : "error";

    private static SarifArtifact ArtifactOf(string path, string folder)
    {
        string full = Path.GetFullPath(path, folder);
        string relative = Path.GetRelativePath(folder, full);
        return Path.IsPathRooted(relative) || relative.Split(Path.DirectorySeparatorChar)[0] == ".."
            ? new SarifArtifact(FileUri(full), null)
            : new SarifArtifact(Escape(relative), Root);
    }

    private static string FileUri(string full) => $"file://{(full.StartsWith('/') ? "" : "/")}{Escape(full)}";

    // RFC 3986: every character outside the unreserved ones, in each part.
    private static string Escape(string path) => string.Join('/', path.Split(Path.DirectorySeparatorChar).Select(Uri.EscapeDataString));
}

internal sealed record SarifRun(
    SarifTool Tool, IReadOnlyList<SarifInvocation> Invocations, IReadOnlyDictionary<string, SarifArtifact> OriginalUriBaseIds, IReadOnlyList<SarifResult> Results);

internal sealed record SarifTool(SarifDriver Driver);

internal sealed record SarifDriver(string Name, string Version, IReadOnlyList<SarifRule> Rules);

internal sealed record SarifRule(string Id, SarifText ShortDescription, SarifText FullDescription, SarifConfiguration DefaultConfiguration, SarifRuleProperties Properties);

internal sealed record SarifConfiguration(string Level);

internal sealed record SarifRuleProperties([property: JsonPropertyName("security-severity")] string SecuritySeverity, IReadOnlyList<string> Tags);

internal sealed record SarifText(string Text);

internal sealed record SarifInvocation(bool ExecutionSuccessful, IReadOnlyList<SarifNotification> ToolExecutionNotifications);

internal sealed record SarifNotification(string Level, SarifText Message, IReadOnlyList<SarifLocation> Locations);

internal sealed record SarifResult(string RuleId, int RuleIndex, string Level, SarifText Message, IReadOnlyList<SarifLocation> Locations);

internal sealed record SarifLocation(SarifPhysicalLocation PhysicalLocation, IReadOnlyList<SarifLogicalLocation>? LogicalLocations);

internal sealed record SarifLogicalLocation(string FullyQualifiedName, string Kind);

internal sealed record SarifPhysicalLocation(SarifArtifact ArtifactLocation, SarifRegion? Region);

internal sealed record SarifArtifact(string Uri, string? UriBaseId);

internal sealed record SarifRegion(long ByteOffset);
