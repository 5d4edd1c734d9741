using Bulwark.Findings;

namespace Bulwark.Scanning.SavedModel;

/// <summary>Rules about TensorFlow graphs.</summary>
internal static class SavedModelRules
{
    /// <summary>Python in a graph.</summary>
    public static readonly ScanRule Python = new(
        "BWS1801", Verdict.Malicious, Severity.Critical, "Operation that runs Python",
        "The graph calls a function of the Python program that runs it; a model that is saved has no honest use for that.",
        "AML.T0018.002", "AML.T0011.000");

    /// <summary>Files in a graph.</summary>
    public static readonly ScanRule Files = new(
        "BWS1802", Verdict.Malicious, Severity.Critical, "Operation that reads, writes or lists files",
        "Running the graph reads, writes or lists files of the machine it runs on, with the rights of whoever runs it.",
        "AML.T0018.002", "AML.T0025");

    /// <summary>Network and system in a graph.</summary>
    public static readonly ScanRule System = new(
        "BWS1803", Verdict.Malicious, Severity.Critical, "Operation that starts programs or calls other machines",
        "Running the graph starts programs, loads native code, or sends data to other machines.",
        "AML.T0018.002", "AML.T0025");

    /// <summary>Checkpoint operations outside of what exporters write.</summary>
    public static readonly ScanRule Checkpoint = new(
        "BWS1804", Verdict.Suspicious, Severity.Medium, "Checkpoint operation outside saving",
        "The graph reads, writes or deletes checkpoint files in a way that no exporter writes; their place is given when it runs.");

    /// <summary>A fixed path.</summary>
    public static readonly ScanRule FixedPath = new(
        "BWS1805", Verdict.Malicious, Severity.High, "Operation on a fixed path",
        "The graph saves to or restores from a path or address that is written into it, outside the folder of the model.",
        "AML.T0025");

    /// <summary>Data sets and summaries.</summary>
    public static readonly ScanRule Input = new(
        "BWS1806", Verdict.Suspicious, Severity.Medium, "Operation that reads data files or writes logs",
        "The graph reads data sets, or writes summaries, debugging data or caches; a model that is served needs none of it.");

    /// <summary>An operation that TensorFlow does not have.</summary>
    public static readonly ScanRule Custom = new(
        "BWS1807", Verdict.Suspicious, Severity.Medium, "Operation of another library",
        "The graph needs an operation that TensorFlow does not have, so that whoever runs it must load native code from elsewhere first.");

    /// <summary>Broken.</summary>
    public static readonly ScanRule Malformed = new(
        "BWS1808", Verdict.Malformed, Severity.Medium, "Malformed TensorFlow model",
        "The file is no well-formed protocol buffer of TensorFlow, so that readers differ in what they see in it.");

    /// <summary>An asset outside.</summary>
    public static readonly ScanRule Asset = new(
        "BWS1809", Verdict.Malicious, Severity.High, "Asset outside the folder of the model",
        "The model names as its asset a file outside its own folder, which is opened when the model is loaded.");

    /// <summary>A broken index.</summary>
    public static readonly ScanRule BrokenIndex = new(
        "BWS1810", Verdict.Malformed, Severity.Medium, "Broken index of variables",
        "The index of the variables is broken or claims what cannot be, so that a loader reads what is not theirs.");

    /// <summary>All rules about TensorFlow graphs.</summary>
    public static IReadOnlyList<ScanRule> All { get; } = [Python, Files, System, Checkpoint, FixedPath, Input, Custom, Malformed, Asset, BrokenIndex];
}
