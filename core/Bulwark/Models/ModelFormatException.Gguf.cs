namespace Bulwark.Models;

public sealed partial class ModelFormatException
{
    private const string ConvertAgain = "Convert or download the model again with current tools, and do not load this copy.";

    /// <summary>BW1440: a GGUF file that ends inside something it declares.</summary>
    public static ModelFormatException GgufTruncated(string file, string what, long offset) =>
        new("BW1440", Text($"{file} ends inside {what} at byte {offset}."), FetchAgain);

    /// <summary>BW1441: a GGUF version that is not 2 or 3.</summary>
    public static ModelFormatException GgufVersion(string file, uint version) =>
        new("BW1441", Text($"{file} is GGUF version {version}; versions 2 and 3 are read."), ConvertAgain);

    /// <summary>BW1442: a big-endian GGUF file.</summary>
    public static ModelFormatException GgufBigEndian(string file) =>
        new("BW1442", $"{file} is a big-endian GGUF file.", "Convert it to little-endian with gguf_convert_endian.py of llama.cpp.");

    /// <summary>BW1443: a key or value of a GGUF file that breaks the format.</summary>
    public static ModelFormatException GgufBadValue(string file, string key, string why) =>
        new("BW1443", $"The metadata key {Quote(key)} of {file} is malformed: {why}.", ConvertAgain);

    /// <summary>BW1444: a tensor of a GGUF file that breaks the format.</summary>
    public static ModelFormatException GgufBadTensor(string file, string tensor, string why) =>
        new("BW1444", $"Tensor {Quote(tensor)} of {file} is malformed: {why}.", ConvertAgain);

    /// <summary>BW1445: GGUF tensors that overlap, leave a gap, or leave the file.</summary>
    public static ModelFormatException GgufLayout(string file, string tensor, long expected, ulong offset) =>
        new("BW1445", Text($"Tensor {Quote(tensor)} of {file} lies at data byte {offset}; the tensors before it end at {expected}."), ConvertAgain);

    /// <summary>BW1446: a GGUF header that asks for more than Bulwark is willing to hold.</summary>
    public static ModelFormatException GgufLimit(string file, string what, long limit) =>
        new("BW1446", Text($"{file} exceeds a limit: {what}; at most {limit} are accepted."), "Use a model whose metadata stays within the limits the message names.");
}
