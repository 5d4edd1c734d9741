using System.Reflection;
using Bulwark.Storage;
using NetArchTest.Rules;

namespace Bulwark.Tests;

/// <summary>The arrows of the design: a folder of the core may use those above it, never those below.</summary>
public sealed class ArchitectureTests
{
    private static readonly string[] Capabilities =
    [
        "Storage", "State", "Keys", "Findings", "Audit", "Models", "Scanning", "Watermarking", "Fingerprinting", "Signing",
        "Encryption", "Protection", "Privacy", "Pii", "Identity", "Network", "Images", "Compliance", "Attestation", "KeyRelease",
        "Monitoring", "Gateway", "Explanation", "Posture",
    ];

    private static readonly Assembly Core = typeof(IObjectStore).Assembly;

    public static TheoryData<string> CapabilityNames => [.. Capabilities];

    [Theory]
    [MemberData(nameof(CapabilityNames))]
    public void A_capability_uses_only_the_capabilities_above_it(string capability)
    {
        string[] below = [.. Capabilities.SkipWhile(c => c != capability).Skip(1).Select(c => $"Bulwark.{c}")];
        if (below.Length == 0)
            return;
        TestResult result = Types.InAssembly(Core).That().ResideInNamespace($"Bulwark.{capability}")
            .ShouldNot().HaveDependencyOnAny(below).GetResult();
        Assert.True(result.IsSuccessful, $"{capability} reaches down: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    [Fact]
    public void The_core_knows_no_cloud_no_console_and_no_web_framework()
    {
        TestResult result = Types.InAssembly(Core)
            .ShouldNot().HaveDependencyOnAny("Amazon", "Azure", "Google", "Spectre", "Microsoft.AspNetCore", "Microsoft.Data.Sqlite", "Bulwark.Local", "Bulwark.Functions")
            .GetResult();
        Assert.True(result.IsSuccessful, string.Join(", ", result.FailingTypeNames ?? []));
    }

    [Fact]
    public void Every_type_of_the_core_lives_in_a_capability_or_at_the_root()
    {
        HashSet<string> known = [.. Capabilities.Select(c => $"Bulwark.{c}"), "Bulwark"];
        string[] strays = [.. Core.GetTypes()
            .Where(t => t.Namespace is { } n && n.StartsWith("Bulwark", StringComparison.Ordinal) && !known.Any(k => n == k || (k != "Bulwark" && n.StartsWith(k + ".", StringComparison.Ordinal))))
            .Select(t => t.FullName!)];
        Assert.Empty(strays);
    }
}
