namespace Bulwark.Protection;

/// <summary>The main job refused or could not finish. Codes BW2001 to BW2099.</summary>
public sealed class ProtectionException : BulwarkException
{
    private ProtectionException(string code, ErrorKind kind, string message, string remedy, Exception? inner = null)
        : base(code, kind, message, remedy, inner)
    {
    }

    /// <summary>BW2001: someone else is protecting the same source version.</summary>
    public static ProtectionException InProgress(string what, DateTimeOffset until) =>
        new("BW2001", ErrorKind.Fault, $"{what} is being protected by another worker until {until:O}.", "Wait for it to finish, then ask again: the first result is returned.");

    /// <summary>BW2002: a protected model lacks one of its parts.</summary>
    public static ProtectionException Incomplete(string body, string missing) =>
        new("BW2002", ErrorKind.Refused, $"{body} cannot be trusted: {missing} is missing.", "Restore the missing file beside it, or protect the model again.");

    /// <summary>BW2003: the decrypted bytes are not the signed ones.</summary>
    public static ProtectionException DigestMismatch(string body) =>
        new("BW2003", ErrorKind.Refused, $"{body} decrypts to bytes that were not signed.", "Do not use it; fetch the four files again from the same source.");

    /// <summary>BW2004: the envelope beside the body is not the one the claims were signed for.</summary>
    public static ProtectionException EnvelopeNotClaimed(string sidecar, string why, Exception? inner = null) =>
        new("BW2004", ErrorKind.Refused, $"{sidecar} is not the envelope that was signed: {why}.", "Fetch the sidecar and the claims again from the same source.", inner);

    /// <summary>BW2005: the name of a body does not end in .enc.</summary>
    public static ProtectionException NotABody(string name) =>
        new("BW2005", ErrorKind.Fault, $"'{name}' does not name a protected model.", "Name the NAME.enc file that 'bulwark protect' wrote.");

    /// <summary>BW2006: one of the small files is far larger than it can honestly be.</summary>
    public static ProtectionException TooLarge(string name, long size, long limit) =>
        new("BW2006", ErrorKind.Refused, $"{name} has {size} bytes, more than the {limit} allowed.", "It is not what 'bulwark protect' wrote; fetch it again.");

    /// <summary>BW2007: a source whose name leaves no room for the longer names of its protected parts.</summary>
    public static ProtectionException BadName(string name, string why, Exception? inner = null) =>
        new("BW2007", ErrorKind.Fault, $"'{name}' cannot be protected under that name: {why}", "Rename the model; its protected parts have names up to 13 bytes longer.", inner);

    /// <summary>BW2009: a second signature was asked for, and there is no key for it.</summary>
    public static ProtectionException NoPostQuantumKey() =>
        new("BW2009", ErrorKind.Fault, "A post-quantum signature was asked for, but no ML-DSA-65 key is configured.", "Configure one, or do not ask for the second signature.");

    /// <summary>BW2008: a source without a single byte.</summary>
    public static ProtectionException Empty(string what) =>
        new("BW2008", ErrorKind.Refused, $"{what} is empty.", "The upload may have failed; there is nothing to protect.");

    /// <summary>BW2010: what would be replaced is not an older state of this model.</summary>
    public static ProtectionException DestinationTaken(string what, string why) =>
        new("BW2010", ErrorKind.Fault, $"{what} is there already, and {why}.", "Move it away, write to another folder, or insist with --force to replace it.");

    /// <summary>BW2011: the scanner found the source malicious.</summary>
    public static ProtectionException Malicious(string what, Scanning.ScanFinding finding, string copy) =>
        new("BW2011", ErrorKind.Refused, $"{what} is malicious: {Describe(finding)} {Copied(copy)}", "Do not load it; find out where it came from, and see the findings beside the copy for everything that was found.");

    /// <summary>BW2012: the scanner found the source malformed.</summary>
    public static ProtectionException Malformed(string what, Scanning.ScanFinding finding, string copy) =>
        Malformed($"{what} is malformed: {Describe(finding)} {Copied(copy)}", "Fetch or write the file again; readers could disagree about what this copy is.", null);

    /// <summary>BW2012: the source breaks the rules of the format that it claims.</summary>
    public static ProtectionException Malformed(Models.ModelFormatException error, string copy)
    {
        ArgumentNullException.ThrowIfNull(error);
        return Malformed($"{error.Message} [{error.Code}] {Copied(copy)}", error.Remedy, error);
    }

    /// <summary>BW2013: the scanner found the source suspicious, and nobody said to go on.</summary>
    public static ProtectionException Suspicious(string what, Scanning.ScanFinding finding, string copy) =>
        new("BW2013", ErrorKind.Refused, $"{what} is suspicious: {Describe(finding)} {Copied(copy)}", "Look at it with 'bulwark scan'; if it is what you expect, allow it with --allow-suspicious.");

    /// <summary>BW2014: the source lies in the quarantine.</summary>
    public static ProtectionException InQuarantine(string what) =>
        new("BW2014", ErrorKind.Refused, $"{what} is in quarantine, and nothing that is there is protected.", "Take the model from where it came; the file beside the copy names the place.");

    /// <summary>BW2015: the source is refused, and could not be put into quarantine.</summary>
    public static ProtectionException NotQuarantined(string what, Scanning.ScanFinding finding, BulwarkException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return new("BW2015", ErrorKind.Fault, $"{what} is refused: {Describe(finding)} It is not in quarantine: {failure.Message} [{failure.Code}]", $"Do not load it. {failure.Remedy}", failure);
    }

    private static ProtectionException Malformed(string message, string remedy, Exception? inner) => new("BW2012", ErrorKind.Refused, message, remedy, inner);

    private static string Copied(string copy) => $"A copy is in quarantine, {copy}, with the findings beside it.";

    private static string Describe(Scanning.ScanFinding finding) => $"{finding.Rule.Id}, {finding.Rule.Title}. {finding.Message}";
}
