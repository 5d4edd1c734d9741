using Bulwark.Findings;

namespace Bulwark.Scanning;

/// <summary>One rule of the scanner; docs/scanning.md lists them all.</summary>
/// <param name="Id">Stable id: <c>BWS</c> and four digits.</param>
/// <param name="Verdict">What a file becomes on which it fires.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Title">The rule in a few words.</param>
/// <param name="Explanation">One sentence that tells a person what such a file would do.</param>
/// <param name="References">CVE, GHSA and MITRE ATLAS ids.</param>
/// <remarks>
/// Ranges: BWS10xx pickle, BWS11xx containers, BWS12xx PyTorch, BWS13xx NumPy, BWS14xx safetensors, BWS15xx GGUF and chat templates,
/// BWS16xx ONNX, BWS17xx Keras and HDF5, BWS18xx SavedModel, BWS19xx TorchSharp, BWS20xx disguise and configuration.
/// </remarks>
public sealed record ScanRule(string Id, Verdict Verdict, Severity Severity, string Title, string Explanation, params IReadOnlyList<string> References);
