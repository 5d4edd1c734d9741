using Bulwark.Findings;

namespace Bulwark.Scanning.Templates;

/// <summary>Rules about chat templates.</summary>
internal static class TemplateRules
{
    /// <summary>The way from any object to any other.</summary>
    public static readonly ScanRule ObjectTraversal = new(
        "BWS1551", Verdict.Malicious, Severity.Critical, "Template walks Python's objects",
        "The chat template reaches for attributes such as __class__, __globals__ or __subclasses__, by which a template leaves its sandbox and runs code when a prompt is rendered.",
        "CVE-2024-34359", "AML.T0011.000");

    /// <summary>Code or commands by name.</summary>
    public static readonly ScanRule CodeExecution = new(
        "BWS1552", Verdict.Malicious, Severity.Critical, "Template runs code",
        "The chat template calls a function that imports modules, evaluates code, opens files, or starts programs.",
        "CVE-2024-34359", "AML.T0011.000");

    /// <summary>Names put together from pieces.</summary>
    public static readonly ScanRule Obfuscation = new(
        "BWS1553", Verdict.Malicious, Severity.Critical, "Template hides the names it reaches for",
        "The chat template puts together, encodes or computes the name of an attribute that leads out of its sandbox, so that a search for it finds nothing.",
        "CVE-2024-34359", "AML.T0011.000");

    /// <summary>The attr filter with a name that is not plain.</summary>
    public static readonly ScanRule AttributeFilter = new(
        "BWS1554", Verdict.Malicious, Severity.High, "Template takes attributes by computed names",
        "The chat template uses the attr filter, or a subscript of a written-out value, with a name that only the running template knows; genuine ones have no use for it.",
        "CVE-2024-34359");

    /// <summary>Objects of web frameworks.</summary>
    public static readonly ScanRule ForeignObject = new(
        "BWS1555", Verdict.Suspicious, Severity.Medium, "Template uses objects that chat templates do not have",
        "The chat template reads objects of web frameworks or of Jinja itself, such as request, self or lipsum, which are where escapes from the sandbox begin.");

    /// <summary>Private attributes.</summary>
    public static readonly ScanRule PrivateAttribute = new(
        "BWS1556", Verdict.Suspicious, Severity.Medium, "Template reads private attributes",
        "The chat template reads attributes that begin with an underscore, which Jinja's sandbox forbids.");

    /// <summary>Other files.</summary>
    public static readonly ScanRule OtherTemplate = new(
        "BWS1557", Verdict.Suspicious, Severity.Medium, "Template loads another template",
        "The chat template includes, imports or extends another file, whose content nobody sees here.");

    /// <summary>Other files by ways that leave the folder.</summary>
    public static readonly ScanRule OutsideTemplate = new(
        "BWS1558", Verdict.Malicious, Severity.High, "Template loads a file from outside its folder",
        "The chat template includes or imports a file by an absolute path, a way upwards, an address, or under the name of a Python module.");

    /// <summary>Work without end.</summary>
    public static readonly ScanRule Exhaustion = new(
        "BWS1559", Verdict.Suspicious, Severity.Medium, "Template can exhaust the machine",
        "The chat template loops or repeats text so often that rendering one prompt takes all memory or time.");

    /// <summary>Not a template.</summary>
    public static readonly ScanRule Malformed = new(
        "BWS1560", Verdict.Suspicious, Severity.Low, "Template is malformed",
        "The chat template is not valid Jinja: readers that do not refuse it will disagree about what it does.");

    /// <summary>Too long.</summary>
    public static readonly ScanRule Oversized = new(
        "BWS1561", Verdict.Suspicious, Severity.Low, "Template is oversized",
        "The chat template is far longer than any genuine one, too long to be analysed.");

    /// <summary>All rules about chat templates.</summary>
    public static IReadOnlyList<ScanRule> All { get; } =
    [
        ObjectTraversal, CodeExecution, Obfuscation, AttributeFilter, ForeignObject, PrivateAttribute, OtherTemplate, OutsideTemplate, Exhaustion, Malformed, Oversized,
    ];
}
