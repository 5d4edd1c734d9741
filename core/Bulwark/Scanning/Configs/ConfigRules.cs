using Bulwark.Findings;

namespace Bulwark.Scanning.Configs;

/// <summary>Rules about configuration files that lie beside weights.</summary>
internal static class ConfigRules
{
    /// <summary>Python files of the repository, or of another one.</summary>
    public static readonly ScanRule CustomCode = new(
        "BWS2051", Verdict.Suspicious, Severity.High, "Configuration names code to load",
        "The configuration maps classes to Python files of its repository or of another one; a loader that trusts remote code downloads and runs them.",
        "AML.T0011", "AML.T0010");

    /// <summary>Trust switched on.</summary>
    public static readonly ScanRule TrustRemoteCode = new(
        "BWS2052", Verdict.Suspicious, Severity.High, "Configuration switches trust in remote code on",
        "The configuration sets trust_remote_code, so that loaders which pass it on run Python files of the repository without asking.",
        "AML.T0011");

    /// <summary>A class or function to call by name.</summary>
    public static readonly ScanRule Target = new(
        "BWS2053", Verdict.Malicious, Severity.Critical, "Configuration names a function that runs code",
        "The configuration names, for a loader to call, a function that starts programs, evaluates code or opens files.",
        "CVE-2025-23304", "AML.T0011");

    /// <summary>Python objects in YAML.</summary>
    public static readonly ScanRule PythonTag = new(
        "BWS2054", Verdict.Malicious, Severity.Critical, "YAML builds Python objects",
        "The file has tags such as !!python/object/apply, by which a loader that is not the safe one calls any function.",
        "CVE-2020-14343", "AML.T0011");

    /// <summary>A module of unknown origin.</summary>
    public static readonly ScanRule UnknownModule = new(
        "BWS2055", Verdict.Suspicious, Severity.Medium, "Configuration imports a module of unknown origin",
        "The configuration names a module outside the libraries that read it; a loader imports it, from the repository if it is there.",
        "AML.T0011");

    /// <summary>Commands or code as values.</summary>
    public static readonly ScanRule Code = new(
        "BWS2056", Verdict.Suspicious, Severity.Medium, "Configuration holds code or commands",
        "A value is program text or a shell command, which a configuration has no use for.");

    /// <summary>All rules about configuration files.</summary>
    public static IReadOnlyList<ScanRule> All { get; } = [CustomCode, TrustRemoteCode, Target, PythonTag, UnknownModule, Code];
}
