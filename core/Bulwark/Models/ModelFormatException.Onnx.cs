namespace Bulwark.Models;

public sealed partial class ModelFormatException
{
    private const string ExportAgain = "Export or download the model again, check it with onnx.checker, and do not load this copy.";

    /// <summary>BW1450: bytes that are no well-formed protocol buffer.</summary>
    public static ModelFormatException OnnxBadProtobuf(string file, long offset, string why) =>
        new("BW1450", Text($"{file} is no well-formed ONNX file: {why}, at byte {offset}."), ExportAgain);

    /// <summary>BW1451: an ONNX model without a part it must have, or with a part it may have once twice.</summary>
    public static ModelFormatException OnnxBadModel(string file, string why) =>
        new("BW1451", $"{file} is no valid ONNX model: {why}.", ExportAgain);

    /// <summary>BW1452: an ONNX tensor whose type, shape and data do not agree.</summary>
    public static ModelFormatException OnnxBadTensor(string file, string tensor, long offset, string why) =>
        new("BW1452", Text($"Tensor {Quote(tensor)} of {file}, at byte {offset}, is malformed: {why}."), ExportAgain);

    /// <summary>BW1453: an ONNX model that is larger, deeper or has more parts than Bulwark is willing to follow.</summary>
    public static ModelFormatException OnnxLimit(string file, string what, long limit) =>
        new("BW1453", Text($"{file} exceeds a limit: {what}; at most {limit} are accepted."), "Store large weights as external data, or split the model.");
}
