namespace Bulwark.Models.Onnx;

/// <summary>Text a person or a tool may read.</summary>
/// <param name="Key">What it is: the key of a metadata entry, or the field.</param>
/// <param name="Value">The text.</param>
/// <param name="Position">Where it lies.</param>
internal sealed record OnnxText(string Key, string Value, long Position);
