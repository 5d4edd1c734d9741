namespace Bulwark.Models;

// TensorFlow: BW1480 to BW1484.
public sealed partial class ModelFormatException
{
    private const string ExportSavedModelAgain = "Export the model again with TensorFlow, and do not load this copy.";

    /// <summary>BW1480: bytes that are no well-formed protocol buffer of TensorFlow.</summary>
    public static ModelFormatException TensorFlowBadProtobuf(string file, long offset, string why) =>
        new("BW1480", Text($"{file} is no well-formed TensorFlow model: {why}, at byte {offset}."), ExportSavedModelAgain);

    /// <summary>BW1481: a TensorFlow model with more in it than Bulwark is willing to follow.</summary>
    public static ModelFormatException TensorFlowLimit(string file, string what, long limit) =>
        new("BW1481", Text($"{file} exceeds a limit: {what}; at most {limit} are accepted."), "Split the model, or store its constants as variables.");

    /// <summary>BW1482: an index of variables that is broken.</summary>
    public static ModelFormatException TensorBundleBroken(string file, long offset, string why) =>
        new("BW1482", Text($"{file} is a broken index of variables: {why}, at byte {offset}."), ExportSavedModelAgain);
}
