namespace Bulwark.Models;

// HDF5 and Keras: BW1470 to BW1479.
public sealed partial class ModelFormatException
{
    private const string SaveModelAgain = "Save the model again with Keras or h5py, and do not load this copy.";

    /// <summary>BW1470: a structure of an HDF5 file that is broken.</summary>
    public static ModelFormatException Hdf5Broken(string file, long offset, string why) =>
        new("BW1470", Text($"{file} is a broken HDF5 file: {why}, at byte {offset}."), SaveModelAgain);

    /// <summary>BW1471: an HDF5 file with more in it than Bulwark is willing to follow.</summary>
    public static ModelFormatException Hdf5Limit(string file, string what, long limit) =>
        new("BW1471", Text($"{file} exceeds a limit: {what}; at most {limit} are accepted."), "Split the model, or store fewer and larger data sets.");

    /// <summary>BW1472: an HDF5 file whose content lies in other files.</summary>
    public static ModelFormatException Hdf5ReachesOut(string file, string what) =>
        new("BW1472", $"{file} reaches outside itself: {what}.", "Do not open this file with an HDF5 library, which would follow it; save the model again as one file.");

    /// <summary>BW1473: an HDF5 data set whose place, type and shape do not agree with the file.</summary>
    public static ModelFormatException Hdf5BadDataset(string file, string name, string why) =>
        new("BW1473", $"Data set {Quote(name)} of {file} is malformed: {why}.", SaveModelAgain);

    /// <summary>BW1474: a zip archive that is no Keras model.</summary>
    public static ModelFormatException KerasBadArchive(string file, string why) =>
        new("BW1474", $"{file} is no valid Keras model: {why}.", SaveModelAgain);
}
