using Bulwark.Findings;

namespace Bulwark.Scanning.Safetensors;

/// <summary>Rules about safetensors files.</summary>
internal static class SafetensorsRules
{
    /// <summary>Breaks the format.</summary>
    public static readonly ScanRule Malformed = new(
        "BWS1401", Verdict.Malformed, Severity.Medium, "Malformed safetensors file",
        "The file breaks a rule of the format, so that readers which check less read something else, or beyond their memory.");

    /// <summary>Members the format does not know.</summary>
    public static readonly ScanRule UnknownMember = new(
        "BWS1402", Verdict.Suspicious, Severity.Low, "Unknown member in a tensor entry",
        "The header has members that the format does not define; they carry data past every reader.");

    /// <summary>Code in metadata.</summary>
    public static readonly ScanRule Code = new(
        "BWS1403", Verdict.Suspicious, Severity.Medium, "Code in the metadata",
        "The metadata holds program text, a shell command, or an encoded file; safetensors never runs it, but what reads the metadata may.");

    /// <summary>Another file as a tensor.</summary>
    public static readonly ScanRule EmbeddedFile = new(
        "BWS1404", Verdict.Suspicious, Severity.Medium, "A tensor is another file",
        "The bytes of a tensor begin as a program or an archive, or are a pickle that runs code: weights are a way to bring it onto a machine unseen.",
        "AML.T0018.002");

    /// <summary>All rules about safetensors files.</summary>
    public static IReadOnlyList<ScanRule> All { get; } = [Malformed, UnknownMember, Code, EmbeddedFile];
}
