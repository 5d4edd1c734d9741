namespace Bulwark.Findings;

/// <summary>One thing that a capability found wrong; every capability reports in this form.</summary>
/// <param name="RuleId">Stable id of the rule, such as <c>BWS1001</c>.</param>
/// <param name="Title">The rule in a few words.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">What was found and what it would do, for a person.</param>
/// <param name="Resource">The thing it was found in: an object, a principal, a workload.</param>
/// <param name="Location">Where in the resource: a member path, an offset, a statement; null for the whole.</param>
/// <param name="References">Where the rule comes from: CVE, GHSA or ATLAS ids, and addresses.</param>
/// <param name="FoundAt">When.</param>
public sealed record Finding(
    string RuleId, string Title, Severity Severity, string Message, string Resource, string? Location, IReadOnlyList<string> References, DateTimeOffset FoundAt);
