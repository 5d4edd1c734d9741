using Bulwark.Findings;

namespace Bulwark.Scanning.Gguf;

/// <summary>Rules about GGUF files; those about their chat templates are <see cref="Templates.TemplateRules"/>.</summary>
internal static class GgufRules
{
    /// <summary>Breaks the format.</summary>
    public static readonly ScanRule Malformed = new(
        "BWS1501", Verdict.Malformed, Severity.High, "Malformed GGUF file",
        "The file breaks a rule of the format; readers that trusted such counts, lengths and offsets wrote beyond their memory.",
        "CVE-2024-25664", "CVE-2024-25665", "CVE-2024-25666", "CVE-2024-25667", "CVE-2024-25668", "CVE-2024-21802", "CVE-2025-53630");

    /// <summary>Big-endian.</summary>
    public static readonly ScanRule BigEndian = new(
        "BWS1502", Verdict.Suspicious, Severity.Low, "Big-endian GGUF file",
        "The file is for machines of the other byte order; it is not read here, and other readers take its numbers for something else.");

    /// <summary>An ancestor of GGUF.</summary>
    public static readonly ScanRule OldFormat = new(
        "BWS1503", Verdict.Suspicious, Severity.Low, "Ancestor of GGUF",
        "The file is of a format before GGUF, whose readers check nothing and are no longer maintained.");

    /// <summary>Code in metadata.</summary>
    public static readonly ScanRule Code = new(
        "BWS1504", Verdict.Suspicious, Severity.Medium, "Code in the metadata",
        "The metadata holds program text, a shell command, or an encoded file, which a model has no use for.");

    /// <summary>Bytes after the tensors.</summary>
    public static readonly ScanRule TrailingBytes = new(
        "BWS1505", Verdict.Suspicious, Severity.Low, "Bytes behind the last tensor",
        "The file goes on after its last tensor; what is there is seen by no reader of the format.");

    /// <summary>Text that was not looked at.</summary>
    public static readonly ScanRule Oversized = new(
        "BWS1506", Verdict.Suspicious, Severity.Low, "Oversized metadata",
        "A metadata value is far longer than any genuine one, too long to be analysed.");

    /// <summary>All rules about GGUF files.</summary>
    public static IReadOnlyList<ScanRule> All { get; } = [Malformed, BigEndian, OldFormat, Code, TrailingBytes, Oversized];
}
