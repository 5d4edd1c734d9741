namespace Bulwark.Models;

public sealed partial class ModelFormatException
{
    /// <summary>BW1485: a TorchSharp state dict that breaks its layout.</summary>
    public static ModelFormatException TorchSharpMalformed(string file, long offset, string why) =>
        new("BW1485", Text($"{file} is no well-formed TorchSharp state dict: {why}, at byte {offset}."), "Save the module again with TorchSharp; its own loader checks nothing, so never give it this copy.");

    /// <summary>BW1486: a TorchSharp state dict with more than Bulwark is willing to hold.</summary>
    public static ModelFormatException TorchSharpLimit(string file, string what, long limit) =>
        new("BW1486", Text($"{file} exceeds a limit: {what}; at most {limit} are accepted."), "Save the model in several files.");
}
