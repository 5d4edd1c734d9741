using Bulwark.Scanning;

namespace Bulwark.Functions.Local;

/// <summary>What <c>scan</c> prints.</summary>
/// <param name="Files">The files that were scanned.</param>
/// <param name="Errors">Files and folders that could not be read.</param>
/// <param name="Summary">How many of each.</param>
internal sealed record ScanDocument(IReadOnlyList<ScannedFileDocument> Files, IReadOnlyList<ScanErrorDocument> Errors, ScanSummaryDocument Summary);

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

/// <summary>One finding of <see cref="ScannedFileDocument"/>; the offset is inside the innermost member that the location names.</summary>
internal sealed record ScanFindingDocument(
    string Rule, string Title, string Verdict, string Severity, string Message, string Explanation, string Location, long? Offset, IReadOnlyList<string> References);

/// <summary>What could not be read.</summary>
internal sealed record ScanErrorDocument(string Path, string Code, string Message)
{
    /// <summary>Describes an error.</summary>
    public static ScanErrorDocument Of(string path, BulwarkException error) => new(path, error.Code, error.Message);
}

/// <summary>How many files of each kind.</summary>
internal sealed record ScanSummaryDocument(int Files, int Benign, int Suspicious, int Malformed, int Malicious, int Unreadable, int LinksNotFollowed);
