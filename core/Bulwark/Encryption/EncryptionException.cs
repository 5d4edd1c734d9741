namespace Bulwark.Encryption;

/// <summary>An encrypted body or its sidecar was refused, or cannot be made. Codes BW1901 to BW1999.</summary>
public sealed class EncryptionException : BulwarkException
{
    private const string RestoreBoth = "Fetch the body and its sidecar again from where they were written, or restore them from backup.";

    private EncryptionException(string code, ErrorKind kind, string message, string remedy, Exception? inner = null)
        : base(code, kind, message, remedy, inner)
    {
    }

    /// <summary>BW1901: no wrapping key at hand opens any wrap of the sidecar.</summary>
    public static EncryptionException WrongKey(IEnumerable<string> wrappedFor, Exception? inner = null) =>
        new("BW1901", ErrorKind.Refused, $"None of the keys available here opens the keyset, which is wrapped for {string.Join(", ", wrappedFor)}.",
            "Use one of those keys; if it is the right one, the sidecar or its associated data was altered.", inner);

    /// <summary>BW1902: the body is bound to other associated data than the caller expects.</summary>
    public static EncryptionException WrongAssociatedData(string expected, string found) =>
        new("BW1902", ErrorKind.Refused, $"The body is bound to the associated data '{found}', not to '{expected}'.", "Open the model that was asked for, or correct the expected associated data.");

    /// <summary>BW1903: the body is shorter than it must be.</summary>
    public static EncryptionException Truncated(long expected, long found) =>
        new("BW1903", ErrorKind.Refused, $"The body is truncated: it has {found} bytes and must have {expected}.", RestoreBoth);

    /// <summary>BW1904: the body is longer than it must be.</summary>
    public static EncryptionException Appended(long expected, long found) =>
        new("BW1904", ErrorKind.Refused, $"The body has {found - expected} bytes too many: it has {found} and must have {expected}.", RestoreBoth);

    /// <summary>BW1905: a segment's tag does not verify.</summary>
    public static EncryptionException SegmentRefused(long index, bool last, Exception? inner = null) =>
        new("BW1905", ErrorKind.Refused,
            $"Segment {index} of the body does not authenticate: it was altered, or belongs at another place or to another body"
            + (last ? ", or the body does not end with it." : "."),
            RestoreBoth, inner);

    /// <summary>BW1906: the first bytes of a body are not a header.</summary>
    public static EncryptionException HeaderAltered(int expectedLength, byte found) =>
        new("BW1906", ErrorKind.Refused, $"The body's header is altered: its first byte is {found}, and must be {expectedLength}.", RestoreBoth);

    /// <summary>BW1907: the body's header is not the one the sidecar describes.</summary>
    public static EncryptionException OtherBody() =>
        new("BW1907", ErrorKind.Refused, "The body's header is not the one its sidecar names: the header was altered, or the sidecar belongs to another body.", RestoreBoth);

    /// <summary>BW1908: a sidecar of another format or version.</summary>
    public static EncryptionException UnknownVersion(string found) =>
        new("BW1908", ErrorKind.Refused, $"The sidecar is of the unknown format or version {found}; this program reads {EnvelopeSidecar.FormatName} version {EnvelopeSidecar.FormatVersion}.", "Use a release of Bulwark that knows this version.");

    /// <summary>BW1909: the key commitment does not hold.</summary>
    public static EncryptionException CommitmentMismatch() =>
        new("BW1909", ErrorKind.Refused, "The keyset in the sidecar is not the one the body was encrypted with, or the associated data was altered: the key commitment does not hold.", RestoreBoth);

    /// <summary>BW1910: the sidecar cannot be read.</summary>
    public static EncryptionException MalformedSidecar(string why, Exception? inner = null) =>
        new("BW1910", ErrorKind.Refused, $"The sidecar is malformed: {why}.", RestoreBoth, inner);

    /// <summary>BW1911: the whole plaintext does not have the digest the sidecar names.</summary>
    public static EncryptionException DigestMismatch() =>
        new("BW1911", ErrorKind.Refused, "The decrypted model does not have the SHA-256 digest its sidecar names.", "Discard what was written and " + char.ToLowerInvariant(RestoreBoth[0]) + RestoreBoth[1..]);

    /// <summary>BW1912: no key of a bare keyset opens the body.</summary>
    public static EncryptionException NoKeyOpens() =>
        new("BW1912", ErrorKind.Refused, "No enabled key of the keyset opens the first segment: another keyset, other associated data, or an altered header or segment 0.", "Use the keyset and the associated data it was encrypted with.");

    /// <summary>BW1913: parameters outside what the format allows.</summary>
    public static EncryptionException BadParameters(string why) =>
        new("BW1913", ErrorKind.Fault, $"The streaming key's parameters are not usable: {why}.", "Use AES256_GCM_HKDF_1MB, or parameters that Tink accepts.");

    /// <summary>BW1914: more plaintext than 2^32 segments hold.</summary>
    public static EncryptionException TooLong(long plaintextLength, int segmentSize) =>
        new("BW1914", ErrorKind.Fault, $"{plaintextLength} bytes do not fit in 2^32 segments of {segmentSize} bytes.", "Use a larger segment size, or split the model.");

    /// <summary>BW1915: a wrap that is asked for or removed is not possible.</summary>
    public static EncryptionException WrapRefused(string keyUri, string why) =>
        new("BW1915", ErrorKind.Fault, $"The wrap for {keyUri} {why}.", "List the wraps of the sidecar, and name one that fits.");

    /// <summary>BW1916: a range outside the plaintext.</summary>
    public static EncryptionException OutOfRange(long offset, long length, long plaintextLength) =>
        new("BW1916", ErrorKind.Fault, $"The range of {length} bytes from {offset} is not inside the plaintext of {plaintextLength} bytes.", "Ask for a range inside the model.");
}
