namespace Bulwark.Models;

public sealed partial class ModelFormatException
{
    private const string SaveAgain = "Save the array again with numpy.save, and do not load this copy.";

    /// <summary>BW1460: a NumPy header that numpy would not read, or that is no literal of three known keys.</summary>
    public static ModelFormatException NpyBadHeader(string file, string why) =>
        new("BW1460", $"The header of {file} is malformed: {why}.", SaveAgain);

    /// <summary>BW1461: a NumPy array whose type and shape do not agree with the bytes that follow.</summary>
    public static ModelFormatException NpyBadLength(string file, long available, string needed) =>
        new("BW1461", Text($"{file} has {available} bytes of data; its type and shape need {needed}."), SaveAgain);

    /// <summary>BW1462: a member of a NumPy archive that is no array, or an archive with none.</summary>
    public static ModelFormatException NpzBadMember(string file, string member, string why) =>
        new("BW1462", $"Member {Quote(member)} of {file} is no array: {why}.", SaveAgain);
}
