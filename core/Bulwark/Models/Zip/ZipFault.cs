namespace Bulwark.Models.Zip;

/// <summary>One rule that an archive breaks.</summary>
/// <param name="Kind">The rule.</param>
/// <param name="Member">The member it is about; null for the archive.</param>
/// <param name="Offset">Where in the file; null when it is about the whole.</param>
/// <param name="Message">What was found, in a sentence without its full stop.</param>
internal sealed record ZipFault(ZipFaultKind Kind, ZipMember? Member, long? Offset, string Message);
