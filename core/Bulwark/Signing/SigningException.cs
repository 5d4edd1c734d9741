namespace Bulwark.Signing;

/// <summary>A signature, bundle or claim was refused, or a model could not be signed. Codes BW1801 to BW1899.</summary>
public sealed class SigningException : BulwarkException
{
    private SigningException(string code, ErrorKind kind, string message, string remedy, Exception? inner = null)
        : base(code, kind, message, remedy, inner)
    {
    }

    /// <summary>BW1801: not a bundle, or one that breaks a rule of the format.</summary>
    public static SigningException Malformed(string what, string why, Exception? inner = null) =>
        new("BW1801", ErrorKind.Refused, $"{what} is refused: {why}.", "Fetch the signature again, or sign the model again.", inner);

    /// <summary>BW1802: the signature is not by the key.</summary>
    public static SigningException BadSignature(string what) =>
        new("BW1802", ErrorKind.Refused, $"{what} was not signed by a trusted key, or was altered since.", "Check which key should have signed it; do not use the model.");

    /// <summary>BW1803: the model is not what was signed.</summary>
    public static SigningException Mismatch(string what, string why) =>
        new("BW1803", ErrorKind.Refused, $"{what} is not the model that was signed: {why}.", "Do not use it; fetch the model and its signature again.");

    /// <summary>BW1804: a kind of key that must not sign or verify models.</summary>
    public static SigningException UnsupportedKey(string what, string why) =>
        new("BW1804", ErrorKind.Refused, $"{what} cannot be used for model signatures: {why}.", "Sign with ECDSA P-256 or P-384, and optionally a second time with ML-DSA-65.");

    /// <summary>BW1805: the signing certificate does not lead to a trusted root, or may not sign.</summary>
    public static SigningException UntrustedCertificate(string what, string why, Exception? inner = null) =>
        new("BW1805", ErrorKind.Refused, $"The certificate of {Lowered(what)} is not trusted: {why}.", "Name the root certificate that issued it, or do not use the model.", inner);

    /// <summary>BW1806: the certificate is valid, but someone else's.</summary>
    public static SigningException UnexpectedIdentity(string what, string expected, string found) =>
        new("BW1806", ErrorKind.Refused, $"{what} was made by '{found}', not by '{expected}'.", "Check who should have signed it; do not use the model.");

    /// <summary>BW1807: a way of signing that Bulwark does not verify.</summary>
    public static SigningException Unsupported(string what, string why) =>
        new("BW1807", ErrorKind.Refused, $"{what} cannot be verified here: {why}.", "Verify it with the tool that made it, or ask for a key or certificate signature.");

    /// <summary>BW1808: something in the model that is not a plain file: a link, a device, a pipe, a socket.</summary>
    public static SigningException NotAPlainFile(string name, string why) =>
        new("BW1808", ErrorKind.Refused, $"'{name}' {why}.", "Replace it by a regular file, ignore its path, or allow symbolic links where it is one.");

    /// <summary>BW1809: a file or folder that cannot be read.</summary>
    public static SigningException Unreadable(string name, Exception inner) =>
        new("BW1809", ErrorKind.Fault, $"'{name}' cannot be read: {inner.Message}", "Check that it exists and that this user may read it.", inner);

    /// <summary>BW1810: a file was changed while it was being read.</summary>
    public static SigningException Changed(string name) =>
        new("BW1810", ErrorKind.Fault, $"'{name}' changed while it was being read.", "Wait until nothing writes to the model, then start again.");

    /// <summary>BW1811: nothing to sign.</summary>
    public static SigningException Empty(string path) =>
        new("BW1811", ErrorKind.Refused, $"'{path}' has no file that could be signed.", "Check the path and the ignored paths.");

    /// <summary>BW1812: a path to ignore, or another option, that cannot be honoured.</summary>
    public static SigningException BadOption(string what, string why) =>
        new("BW1812", ErrorKind.Fault, $"{what}: {why}.", "Name a path below the model, without '..' or wildcards.");

    /// <summary>BW1813: more files, or a larger one, than the format's readers take.</summary>
    public static SigningException TooLarge(string what, string why) =>
        new("BW1813", ErrorKind.Fault, $"{what} is too large: {why}.", "Sign the parts of the model separately.");

    private static string Lowered(string what) => what.Length > 4 && what.StartsWith("The ", StringComparison.Ordinal) ? "the " + what[4..] : what;
}
