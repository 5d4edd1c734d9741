namespace Bulwark.Models;

// Pickles: BW1430 and BW1431.
public sealed partial class ModelFormatException
{
    /// <summary>BW1430: a pickle that no unpickler would load.</summary>
    public static ModelFormatException BadPickle(string file, long offset, string why) =>
        new("BW1430", Text($"{file} holds a broken pickle: at byte {offset}, {why}."), "Fetch or write the file again; do not load this copy.");

    /// <summary>BW1431: a pickle that asks for more than Bulwark is willing to hold.</summary>
    public static ModelFormatException PickleTooLarge(string file, string what, long limit) =>
        new("BW1431", Text($"{file} holds a pickle above a limit: {what}; at most {limit} are accepted."), "Save the tensors as safetensors, which has no such structure.");
}
