namespace Bulwark.Models.Onnx;

/// <summary>An operator a node asks for.</summary>
/// <param name="Domain">Who defines it; empty for ONNX itself.</param>
/// <param name="Type">Its name.</param>
/// <param name="Position">Where a node first asks for it.</param>
internal sealed record OnnxOperator(string Domain, string Type, long Position);
