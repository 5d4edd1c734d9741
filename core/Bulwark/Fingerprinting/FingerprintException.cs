namespace Bulwark.Fingerprinting;

/// <summary>A fingerprint cannot be made or read. Codes BW1701 to BW1799.</summary>
public sealed class FingerprintException : BulwarkException
{
    private FingerprintException(string code, ErrorKind kind, string message, string remedy)
        : base(code, kind, message, remedy)
    {
    }

    /// <summary>BW1701: a saved fingerprint that is damaged or was not written by Bulwark.</summary>
    public static FingerprintException Malformed(string what, string why) =>
        new("BW1701", ErrorKind.Refused, $"{what} is not a fingerprint: {why}.", "Write it again from the model with 'bulwark fingerprint MODEL --out FILE'.");

    /// <summary>BW1702: a file in which no tensors were found.</summary>
    public static FingerprintException NoTensors(string file, string format) =>
        new("BW1702", ErrorKind.Refused, $"{file} has no tensors to take a fingerprint of (format {format}).", "Convert the model to safetensors; for other files compare their SHA-256.");

    /// <summary>BW1703: a fingerprint of a version this program does not know.</summary>
    public static FingerprintException UnknownVersion(string what, int version) =>
        new("BW1703", ErrorKind.Refused, $"{what} is a fingerprint of version {version}; this program knows version {RobustFingerprint.Version}.", "Use a newer version of Bulwark, or write the fingerprint again from the model.");
}
