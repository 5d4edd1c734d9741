using Bulwark.Findings;

namespace Bulwark.Scanning.Disguise;

/// <summary>Rules about files that are not what they seem.</summary>
internal static class DisguiseRules
{
    /// <summary>Two formats in one file.</summary>
    public static readonly ScanRule Polyglot = new(
        "BWS2001", Verdict.Malicious, Severity.Critical, "Two files in one",
        "Another file is attached behind the model, so that one reader sees harmless weights and another reader something else.",
        "AML.T0010.003", "AML.T0018.002");

    /// <summary>A program.</summary>
    public static readonly ScanRule Executable = new(
        "BWS2002", Verdict.Suspicious, Severity.High, "Program among model files",
        "The file is a native program; no model is one, and whoever opens it by name runs it.",
        "AML.T0011.000");

    /// <summary>A script.</summary>
    public static readonly ScanRule Script = new(
        "BWS2003", Verdict.Suspicious, Severity.High, "Script under the name of a model",
        "The file is program text or a web page although its name is that of a model.",
        "AML.T0011.000");

    /// <summary>An archive nobody looks into.</summary>
    public static readonly ScanRule Archive = new(
        "BWS2004", Verdict.Suspicious, Severity.Medium, "Archive under the name of a model",
        "The file is an archive of a kind that no model format uses, whose content is not seen here.",
        "AML.T0011.000");

    /// <summary>Another format than the name says.</summary>
    public static readonly ScanRule WrongName = new(
        "BWS2005", Verdict.Suspicious, Severity.Medium, "Name of another format",
        "The content is of another format than the name says; checks that go by the name pass it by, while loaders that look inside read it as what it is.");

    /// <summary>A name whose promise is not kept.</summary>
    public static readonly ScanRule NotWhatItClaims = new(
        "BWS2006", Verdict.Malformed, Severity.Medium, "Not what its name says",
        "The content does not begin as every file of the format in its name begins.");

    /// <summary>All rules about disguises.</summary>
    public static IReadOnlyList<ScanRule> All { get; } = [Polyglot, Executable, Script, Archive, WrongName, NotWhatItClaims];
}
