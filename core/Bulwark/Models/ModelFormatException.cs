using System.Globalization;
using System.Text;

namespace Bulwark.Models;

/// <summary>A model file breaks the rules of its format. Codes BW1401 to BW1499; the answer is always no.</summary>
public sealed partial class ModelFormatException : BulwarkException
{
    private const string Rewrite = "Write the file again with a current safetensors library, and do not load this copy.";
    private const string FetchAgain = "Fetch or copy the file again and compare its size with the source.";

    private ModelFormatException(string code, string message, string remedy, Exception? inner = null)
        : base(code, ErrorKind.Refused, message, remedy, inner)
    {
    }

    /// <summary>Bytes at the end of the file that belong to nothing; a scanner looks at them on their own.</summary>
    internal long Surplus { get; private init; }

    /// <summary>BW1401: the name or the first bytes promise safetensors, the rest of the head does not keep it.</summary>
    public static ModelFormatException NotSafetensors(string file, string why) =>
        new("BW1401", $"{file} presents itself as safetensors but is not: {why}.", "Find out what the file really is before using it; a renamed file is a known way to smuggle code.");

    /// <summary>BW1402: the declared header length is above the format's limit.</summary>
    public static ModelFormatException HeaderTooLarge(string file, ulong declared, long limit) =>
        new("BW1402", Text($"{file} declares a header of {declared} bytes; the limit is {limit}."), Rewrite);

    /// <summary>BW1403: the file ends inside its header.</summary>
    public static ModelFormatException HeaderTruncated(string file, ulong declared, long size) =>
        new("BW1403", Text($"{file} declares a header of {declared} bytes, but the whole file has {size}."), FetchAgain);

    /// <summary>BW1404: the header is not well-formed JSON.</summary>
    public static ModelFormatException BadJson(string file, long offset, Exception? inner = null) =>
        new("BW1404", Text($"The header of {file} is not well-formed JSON near byte {offset}."), Rewrite, inner);

    /// <summary>BW1405: a string of the header is not valid Unicode.</summary>
    public static ModelFormatException BadUnicode(string file, long offset, Exception? inner = null) =>
        new("BW1405", Text($"The header of {file} has a string that is not valid UTF-8 near byte {offset}."), Rewrite, inner);

    /// <summary>BW1406: a key occurs twice, so that two readers could see two different models.</summary>
    public static ModelFormatException DuplicateKey(string file, string where, string key) =>
        new("BW1406", $"The header of {file} has the key {Quote(key)} twice {where}.", Rewrite);

    /// <summary>BW1407: a tensor entry or <c>__metadata__</c> does not have the form the format asks for.</summary>
    public static ModelFormatException BadEntry(string file, string entry, string why) =>
        new("BW1407", $"The header entry {Quote(entry)} of {file} is malformed: {why}.", Rewrite);

    /// <summary>BW1408: an element type outside the 22 of safetensors.</summary>
    public static ModelFormatException UnknownDType(string file, string tensor, string dtype) =>
        new("BW1408", $"Tensor {Quote(tensor)} of {file} has the unknown dtype {Quote(dtype)}.", "Use one of the dtypes of safetensors, or update Bulwark if the format has gained one.");

    /// <summary>BW1409: dimensions or offsets whose product leaves the range of 64-bit integers.</summary>
    public static ModelFormatException Overflow(string file, string tensor) =>
        new("BW1409", $"The shape of tensor {Quote(tensor)} of {file} overflows 64-bit arithmetic.", Rewrite);

    /// <summary>BW1410: sub-byte elements that do not fill whole bytes.</summary>
    public static ModelFormatException Misaligned(string file, string tensor) =>
        new("BW1410", $"Tensor {Quote(tensor)} of {file} does not fill a whole number of bytes.", Rewrite);

    /// <summary>BW1411: the data range does not have the length that dtype and shape ask for.</summary>
    public static ModelFormatException LengthMismatch(string file, string tensor, long declared, ulong needed) =>
        new("BW1411", Text($"Tensor {Quote(tensor)} of {file} has {declared} bytes of data; its dtype and shape need {needed}."), Rewrite);

    /// <summary>BW1412: a data range that is reversed or leaves the file.</summary>
    public static ModelFormatException OutsideFile(string file, string tensor, long begin, long end, long available) =>
        new("BW1412", Text($"Tensor {Quote(tensor)} of {file} claims the data range {begin}..{end}; there are {available} bytes of data."), FetchAgain);

    /// <summary>BW1413: two tensors share bytes, or bytes belong to no tensor.</summary>
    public static ModelFormatException NotTiled(string file, string tensor, long expected, long begin) =>
        new("BW1413", Text($"Tensor {Quote(tensor)} of {file} begins at data byte {begin} where {expected} is due: {(begin < expected ? "tensors overlap" : "bytes belong to no tensor")}."), Rewrite);

    /// <summary>BW1414: bytes after the last tensor.</summary>
    public static ModelFormatException TrailingBytes(string file, long surplus) =>
        new("BW1414", Text($"{file} has {surplus} bytes after its last tensor."), "Something was appended to the file, which can hide a second format; use the original.")
        {
            Surplus = surplus,
        };

    /// <summary>BW1415: the header asks for more than Bulwark is willing to hold.</summary>
    public static ModelFormatException LimitExceeded(string file, string what, long limit) =>
        new("BW1415", Text($"{file} exceeds a limit: {what}; at most {limit} are accepted."), "Split the model into several files, or shorten what the message names.");

    /// <summary>BW1416: the header is padded with something other than spaces.</summary>
    public static ModelFormatException BadPadding(string file, long offset) =>
        new("BW1416", Text($"The header of {file} has something other than spaces after its JSON, at byte {offset}."), Rewrite);

    /// <summary>Names come from a hostile file and go to people's terminals: short, and without control characters.</summary>
    internal static string Quote(string text)
    {
        const int Longest = 80;
        var quoted = new StringBuilder(Longest + 8).Append('\'');
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (quoted.Length > Longest)
                return quoted.Append("...'").ToString();
            bool visible = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);
            if (visible)
                quoted.Append(rune.ToString());
            else
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
        }

        return quoted.Append('\'').ToString();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
