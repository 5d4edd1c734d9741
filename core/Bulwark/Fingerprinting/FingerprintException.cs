namespace Bulwark.Fingerprinting;

/// <summary>A fingerprint cannot be made or read. Codes BW1701 to BW1799.</summary>
public sealed class FingerprintException : BulwarkException
{
    private FingerprintException(string code, string message, string remedy)
        : base(code, ErrorKind.Refused, message, remedy)
    {
    }

    /// <summary>BW1701: bytes that are no fingerprint of a version known here.</summary>
    public static FingerprintException Malformed(string why) =>
        new("BW1701", $"This is not a robust fingerprint: {why}.", "Give a file that 'bulwark fingerprint MODEL --out FILE' wrote, or the model itself.");

    /// <summary>BW1702: a file without tensors.</summary>
    public static FingerprintException NoTensors(string file, string format) =>
        new("BW1702", $"{file} ({format}) has no tensors that are mapped, so it has no fingerprint.", "Compare such files by their SHA-256.");

    /// <summary>BW1703: a model without a tensor that a robust fingerprint could be taken of.</summary>
    public static FingerprintException TooSmall(string file) =>
        new("BW1703", $"{file} has no floating-point tensor of two dimensions and 1,024 elements.", "Compare such models by the content root of 'bulwark fingerprint'.");
}
