namespace Bulwark.Models;

// PyTorch: BW1432 to BW1439.
public sealed partial class ModelFormatException
{
    private const string SaveAgainWithTorch = "Save the model again with torch.save, or as safetensors, and do not load this copy.";

    /// <summary>BW1432: a PyTorch file whose parts do not fit each other.</summary>
    public static ModelFormatException BadTorch(string file, string why) =>
        new("BW1432", $"{file} is a broken PyTorch file: {why}.", SaveAgainWithTorch);

    /// <summary>BW1433: a tensor that cannot be, or that leaves its storage.</summary>
    public static ModelFormatException BadTorchTensor(string file, string tensor, string why) =>
        new("BW1433", $"Tensor {Quote(tensor)} of {file} is impossible: {why}.", "Save the model again with torch.save; PyTorch may read memory that is not the file's when it loads this copy.");

    /// <summary>BW1434: more in a PyTorch file than Bulwark is willing to hold.</summary>
    public static ModelFormatException TorchTooLarge(string file, string what, long limit) =>
        new("BW1434", Text($"{file} exceeds a limit of PyTorch files: {what}; at most {limit} are accepted."), "Split the model into several files.");

    /// <summary>BW1435: a PyTorch file of another byte order.</summary>
    public static ModelFormatException TorchByteOrder(string file, string order) =>
        new("BW1435", $"{file} says that its bytes are in the order {Quote(order)}; only little-endian files are mapped.", "Load and save the model on a little-endian machine, if the source is trusted.");
}
