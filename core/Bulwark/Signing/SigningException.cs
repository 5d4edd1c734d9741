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
}
