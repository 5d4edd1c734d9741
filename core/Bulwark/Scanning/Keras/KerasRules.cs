using Bulwark.Findings;

namespace Bulwark.Scanning.Keras;

/// <summary>Rules about Keras models and the HDF5 files they are in.</summary>
internal static class KerasRules
{
    /// <summary>A Lambda layer.</summary>
    public static readonly ScanRule Lambda = new(
        "BWS1701", Verdict.Malicious, Severity.Critical, "Lambda layer with Python code",
        "The model carries compiled Python code in a Lambda layer; loading the model builds the function and using the model runs it, whatever safe mode says for HDF5 files.",
        "CVE-2024-3660", "CVE-2025-9905", "AML.T0018.002", "AML.T0011.000");

    /// <summary>A Lambda layer around a function of Keras.</summary>
    public static readonly ScanRule NamedLambda = new(
        "BWS1702", Verdict.Suspicious, Severity.Medium, "Lambda layer around a named function",
        "A Lambda layer calls a function that it names; the model carries no code for it, but what the name means depends on where it is loaded.",
        "CVE-2024-3660");

    /// <summary>Marshalled code anywhere.</summary>
    public static readonly ScanRule Marshal = new(
        "BWS1703", Verdict.Malicious, Severity.Critical, "Marshalled Python code",
        "The configuration holds a compiled Python function; whoever loads it with Keras' func_load runs it.",
        "CVE-2024-3660", "AML.T0018.002");

    /// <summary>A class or function of a module that is not Keras'.</summary>
    public static readonly ScanRule ForeignModule = new(
        "BWS1704", Verdict.Malicious, Severity.Critical, "Class or function of a foreign module",
        "The configuration makes Keras import a module that is not its own and call something in it, which runs code while the model is loaded.",
        "CVE-2025-1550", "AML.T0011.000");

    /// <summary>A function of Keras that reaches out.</summary>
    public static readonly ScanRule Gadget = new(
        "BWS1705", Verdict.Malicious, Severity.Critical, "Function of Keras that downloads, loads or unlocks",
        "The configuration calls a function of Keras or TensorFlow that downloads files, loads other models, reads or writes files, or switches safe mode off.",
        "CVE-2025-8747", "CVE-2025-9906", "CVE-2025-12060");

    /// <summary>A wrapper of PyTorch modules.</summary>
    public static readonly ScanRule TorchModule = new(
        "BWS1706", Verdict.Malicious, Severity.Critical, "PyTorch module inside a Keras model",
        "The layer unpickles a PyTorch module without any check while the model is loaded.",
        "CVE-2025-49655");

    /// <summary>A vocabulary from elsewhere.</summary>
    public static readonly ScanRule VocabularyPath = new(
        "BWS1707", Verdict.Malicious, Severity.High, "Vocabulary read from a path or address",
        "A lookup layer reads its vocabulary from a file of the machine that loads the model, or from a server; what it reads becomes part of the model.",
        "CVE-2025-12058");

    /// <summary>A vocabulary from a file beside the model.</summary>
    public static readonly ScanRule VocabularyFile = new(
        "BWS1708", Verdict.Suspicious, Severity.Medium, "Vocabulary read from a file",
        "A lookup layer names a file to read its vocabulary from instead of holding it.",
        "CVE-2025-12058");

    /// <summary>A custom class or function.</summary>
    public static readonly ScanRule Custom = new(
        "BWS1709", Verdict.Suspicious, Severity.Medium, "Custom class or function",
        "The model needs Python code that is not part of Keras; it is found by name where the model is loaded, so whoever provides that code decides what runs.",
        "AML.T0010.001");

    /// <summary>Addresses and paths.</summary>
    public static readonly ScanRule Outside = new(
        "BWS1710", Verdict.Suspicious, Severity.Medium, "Configuration names a path or address",
        "A configuration of layers has no use for addresses and absolute paths; a class that takes one reads it when the model is loaded.");

    /// <summary>Program text.</summary>
    public static readonly ScanRule Code = new(
        "BWS1711", Verdict.Suspicious, Severity.High, "Code or commands in the configuration",
        "A value of the configuration is program text, a shell command or an encoded file.");

    /// <summary>JSON that Python refuses, or that is ambiguous.</summary>
    public static readonly ScanRule BadConfiguration = new(
        "BWS1712", Verdict.Malformed, Severity.Medium, "Malformed Keras configuration",
        "The configuration is no JSON that Keras would read, or it says one thing twice, so that readers differ about it.");

    /// <summary>Another encoding than Keras writes.</summary>
    public static readonly ScanRule OddEncoding = new(
        "BWS1713", Verdict.Suspicious, Severity.Medium, "Configuration in an unusual encoding",
        "The configuration is not in UTF-8; Python reads it all the same, while most scanners see no text in it.");

    /// <summary>An archive that is no Keras model.</summary>
    public static readonly ScanRule BadArchive = new(
        "BWS1714", Verdict.Malformed, Severity.Medium, "Malformed Keras archive",
        "The archive is named or built as a Keras model but lacks a part that every one has, or a part of it is not what its name says.");

    /// <summary>Programs and scripts by name.</summary>
    public static readonly ScanRule Program = new(
        "BWS1715", Verdict.Suspicious, Severity.High, "Program or script in a Keras archive",
        "No part of a model is a program or script; unpacked beside other files it waits to be run or imported.",
        "AML.T0011.000");

    /// <summary>A SavedModel elsewhere.</summary>
    public static readonly ScanRule SavedModelPath = new(
        "BWS1716", Verdict.Malicious, Severity.High, "Layer loads a SavedModel from elsewhere",
        "The layer loads a TensorFlow model from a path or address that the configuration names, with whatever operations it has.",
        "AML.T0011.000");

    /// <summary>External link.</summary>
    public static readonly ScanRule ExternalLink = new(
        "BWS1721", Verdict.Malicious, Severity.High, "HDF5 link into another file",
        "Reading the model makes the HDF5 library open another file of the machine that loads it, and takes its content for weights.",
        "AML.T0011.000");

    /// <summary>External storage.</summary>
    public static readonly ScanRule ExternalStorage = new(
        "BWS1722", Verdict.Malicious, Severity.High, "HDF5 data set stored in another file",
        "The bytes of a data set are those of any file of the machine that loads the model; saving or sharing the model afterwards gives them away.",
        "AML.T0011.000");

    /// <summary>Virtual data set.</summary>
    public static readonly ScanRule VirtualDataset = new(
        "BWS1723", Verdict.Suspicious, Severity.High, "HDF5 data set put together from other files",
        "A data set is made of parts of other HDF5 files of the machine that loads the model.");

    /// <summary>A link or driver that only a program understands.</summary>
    public static readonly ScanRule ForeignReference = new(
        "BWS1724", Verdict.Suspicious, Severity.Medium, "HDF5 content outside the file",
        "The file uses links or drivers by which a program finds content elsewhere.");

    /// <summary>Broken HDF5.</summary>
    public static readonly ScanRule BrokenHdf5 = new(
        "BWS1725", Verdict.Malformed, Severity.Medium, "Broken HDF5 file",
        "A structure of the file is broken; libraries crash on such files or read what is not theirs, and what is behind it cannot be seen.");

    /// <summary>Parts that are not read.</summary>
    public static readonly ScanRule Unseen = new(
        "BWS1726", Verdict.Suspicious, Severity.Medium, "HDF5 content that cannot be looked into",
        "Attributes or links are stored in a form that no model needs and that is not looked into here, so that nothing can be said about them.");

    /// <summary>A user block.</summary>
    public static readonly ScanRule UserBlock = new(
        "BWS1727", Verdict.Suspicious, Severity.Medium, "Something before the HDF5 content",
        "The file begins with a block that is not HDF5's; readers that go by the first bytes take the file for something else.");

    /// <summary>Bytes after the end.</summary>
    public static readonly ScanRule TrailingBytes = new(
        "BWS1728", Verdict.Suspicious, Severity.Low, "Bytes behind the HDF5 content",
        "The file goes on after the end that it declares; what is there is seen by no reader of the format.");

    /// <summary>A filter that is a plug-in.</summary>
    public static readonly ScanRule ForeignFilter = new(
        "BWS1729", Verdict.Suspicious, Severity.Medium, "HDF5 filter of unknown origin",
        "Reading the data makes the HDF5 library look for a plug-in with native code by a number that no known filter has.");

    /// <summary>All rules about Keras and HDF5.</summary>
    public static IReadOnlyList<ScanRule> All { get; } =
    [
        Lambda, NamedLambda, Marshal, ForeignModule, Gadget, TorchModule, VocabularyPath, VocabularyFile, Custom, Outside, Code, BadConfiguration, OddEncoding, BadArchive,
        Program, SavedModelPath, ExternalLink, ExternalStorage, VirtualDataset, ForeignReference, BrokenHdf5, Unseen, UserBlock, TrailingBytes, ForeignFilter,
    ];
}
