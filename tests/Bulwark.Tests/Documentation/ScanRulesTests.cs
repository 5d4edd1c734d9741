using System.Reflection;
using Bulwark.Scanning;
using Bulwark.Testing;

namespace Bulwark.Tests.Documentation;

/// <summary>Holds docs/scanning.md to the rule tables.</summary>
public sealed class ScanRulesTests
{
    [Fact]
    public void Every_rule_is_listed_once_with_its_verdict()
    {
        string[] page = File.ReadAllLines(Path.Combine(SharedData.RepositoryRoot, "docs", "scanning.md"));
        ScanRule[] rules = [.. typeof(ScanRule).Assembly.GetTypes()
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(f => f.FieldType == typeof(ScanRule)).Select(f => (ScanRule)f.GetValue(null)!)];
        Assert.NotEmpty(rules);
        Assert.Equal(rules.Length, rules.DistinctBy(r => r.Id).Count());
        Assert.All(rules, rule => Assert.Single(page, line => line.StartsWith($"| {rule.Id} | {rule.Verdict.ToString().ToLowerInvariant()} |", StringComparison.Ordinal)));
        Assert.Equal(rules.Length, page.Count(line => line.StartsWith("| BWS", StringComparison.Ordinal)));
    }
}
