namespace Bulwark.Scanning;

/// <summary>One rule that fired on a file.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Path">Members on the way in, such as <c>model.zip!archive/data.pkl</c>.</param>
/// <param name="Offset">Byte offset inside the innermost member; null when it is about the whole.</param>
/// <param name="Message">What exactly was found. Text from the file is quoted by <see cref="Models.ModelFormatException.Quote"/>.</param>
public sealed record ScanFinding(ScanRule Rule, string Path, long? Offset, string Message);
