using Bulwark.Findings;

namespace Bulwark.Scanning.Onnx;

/// <summary>Rules about ONNX models.</summary>
internal static class OnnxRules
{
    /// <summary>Breaks the format.</summary>
    public static readonly ScanRule Malformed = new(
        "BWS1601", Verdict.Malformed, Severity.Medium, "Malformed ONNX model",
        "The file breaks a rule that onnx's checker holds; runtimes that check less read beyond its data.");

    /// <summary>Reads other files.</summary>
    public static readonly ScanRule ExternalPath = new(
        "BWS1602", Verdict.Malicious, Severity.Critical, "External data outside the model's folder",
        "A tensor's data are said to lie at an absolute path, above the model's folder, or at an address: loading the model reads, and saving it writes, a file of the attacker's choice.",
        "CVE-2022-25882", "CVE-2024-27318", "CVE-2024-5187", "CVE-2025-51480");

    /// <summary>Sets attributes of the reader.</summary>
    public static readonly ScanRule ExternalKey = new(
        "BWS1603", Verdict.Suspicious, Severity.Medium, "Unknown key of external data",
        "A tensor's external data have keys that the format does not define; older readers set them as attributes of their own objects.",
        "GHSA-538c-55jv-c5g9");

    /// <summary>The same with an attribute that matters.</summary>
    public static readonly ScanRule ExternalAttribute = new(
        "BWS1604", Verdict.Malicious, Severity.High, "External data sets attributes of its reader",
        "A tensor's external data have a key such as __class__, by which older readers change their own objects.",
        "GHSA-538c-55jv-c5g9");

    /// <summary>Runs Python.</summary>
    public static readonly ScanRule PythonOperator = new(
        "BWS1605", Verdict.Malicious, Severity.Critical, "Operator that runs Python",
        "The model has an operator that calls a Python function where the extension for it is loaded.",
        "AML.T0011.000");

    /// <summary>Needs a library.</summary>
    public static readonly ScanRule CustomDomain = new(
        "BWS1606", Verdict.Suspicious, Severity.Medium, "Operator of a custom library",
        "The model needs operators that no runtime brings: whoever loads it is led to load a native library with it.",
        "AML.T0011.000");

    /// <summary>Code in text.</summary>
    public static readonly ScanRule Code = new(
        "BWS1607", Verdict.Suspicious, Severity.Medium, "Code in the model's text",
        "Metadata or a doc string hold program text, a shell command, or an encoded file; runtimes never run it, but tools that read metadata may.");

    /// <summary>Legal but odd.</summary>
    public static readonly ScanRule Odd = new(
        "BWS1608", Verdict.Suspicious, Severity.Low, "Odd tensor",
        "The model has what the format allows but no exporter writes, so that readers may disagree.");

    /// <summary>The data file is something else than a file.</summary>
    public static readonly ScanRule ExternalLink = new(
        "BWS1609", Verdict.Malicious, Severity.High, "External data behind a link",
        "A tensor's data are said to lie in what is a link, a device, or below a link to another folder: loading the model reads, and saving it writes, where that leads.",
        "CVE-2024-27318", "CVE-2025-51480");

    /// <summary>The data file is too short.</summary>
    public static readonly ScanRule ExternalRange = new(
        "BWS1610", Verdict.Malformed, Severity.Medium, "External data beyond their file",
        "A tensor's data are said to reach beyond the end of the file beside the model; runtimes that check less read beyond their memory.");

    /// <summary>All rules about ONNX models.</summary>
    public static IReadOnlyList<ScanRule> All { get; } = [Malformed, ExternalPath, ExternalKey, ExternalAttribute, PythonOperator, CustomDomain, Code, Odd, ExternalLink, ExternalRange];
}
