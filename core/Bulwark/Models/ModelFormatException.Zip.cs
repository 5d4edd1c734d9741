namespace Bulwark.Models;

// Archives and compressed streams: BW1420 to BW1429.
public sealed partial class ModelFormatException
{
    private const string PackAgain = "Save or pack the model again with current tools, and do not load this copy.";

    /// <summary>BW1420: a zip archive that readers could understand differently.</summary>
    public static ModelFormatException BadZip(string file, string why) =>
        new("BW1420", $"{file} is a broken or ambiguous zip archive: {why}.", PackAgain);

    /// <summary>BW1421: an archive with more in it than Bulwark is willing to hold.</summary>
    public static ModelFormatException ArchiveTooLarge(string file, string what, long limit) =>
        new("BW1421", Text($"{file} exceeds a limit of archives: {what}; at most {limit} are accepted."), "Split the archive, or store what the message names in a file of its own.");

    /// <summary>BW1422: compressed data that does not decompress.</summary>
    public static ModelFormatException BadCompression(string file, string why, Exception? inner = null) =>
        new("BW1422", $"The compressed data of {file} is broken: {why}.", "Fetch or copy the file again and compare its size with the source.", inner);

    /// <summary>BW1423: compressed data that inflates without bounds.</summary>
    public static ModelFormatException InflatesTooFar(string file, string why) =>
        new("BW1423", $"The compressed data of {file} is a bomb: {why}.", "Do not unpack this file.");

    /// <summary>BW1424: content that cannot be looked into.</summary>
    public static ModelFormatException NotInspected(string file, string member, string why) =>
        new("BW1424", $"Member {Quote(member)} of {file} cannot be inspected: {why}.", "Pack the member again without encryption, stored or deflated.");

    /// <summary>BW1425: a tar archive that readers could understand differently.</summary>
    public static ModelFormatException BadTar(string file, long offset, string why) =>
        new("BW1425", Text($"{file} is a broken tar archive: at byte {offset}, {why}."), PackAgain);

    /// <summary>BW1426: a 7z archive that is broken.</summary>
    public static ModelFormatException Bad7z(string file, string why) =>
        new("BW1426", $"{file} is a broken 7z archive: {why}.", PackAgain);

    /// <summary>BW1427: a member whose content is not what its checksum was made of.</summary>
    public static ModelFormatException WrongChecksum(string file, string member) =>
        new("BW1427", $"The checksum of member {Quote(member)} of {file} is not that of its content.", "Fetch or copy the file again; someone may have edited the member without its checksum.");
}
