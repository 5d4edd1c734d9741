using System.Text;
using System.Text.Json;
using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>What a Sigstore bundle says about who signed: a key by its hint, a certificate chain, or a keyless certificate.</summary>
/// <remarks>
/// <code>
/// {"publicKey":{"hint":HEX},"tlogEntries":[]}
/// {"publicKey":{"rawBytes":BASE64 of the PEM,"keyDetails":…}}                      up to version 1.0.1
/// {"x509CertificateChain":{"certificates":[{"rawBytes":BASE64 of DER},…]},"tlogEntries":[]}
/// {"certificate":{"rawBytes":…},"tlogEntries":[…],"timestampVerificationData":{…}}  keyless; recognised, not verified here
/// </code>
/// </remarks>
internal sealed class VerificationMaterial
{
    private const int MaximumCertificates = 16;
    private const int MaximumCertificateLength = 64 * 1024;

    private VerificationMaterial()
    {
    }

    /// <summary>Hex SHA-256 of the signer's public PEM; empty where the bundle does not say, null where it has certificates.</summary>
    public string? Hint { get; private init; }

    /// <summary>DER certificates, leaf first; empty for a key-based bundle.</summary>
    public IReadOnlyList<byte[]> Certificates { get; private init; } = [];

    /// <summary>A keyless bundle: a short-lived certificate and transparency log entries.</summary>
    public bool Keyless { get; private init; }

    /// <summary>The key is named as versions up to 1.0.1 named it, or not at all.</summary>
    public bool NamesKeyByBytes { get; private init; }

    /// <summary>True for the forms that version 0.2 wrote.</summary>
    public bool MayBeVersion02 => NamesKeyByBytes || (Certificates.Count > 0 && !Keyless);

    /// <summary>Reads the member <c>verificationMaterial</c>.</summary>
    /// <exception cref="SigningException">BW1801: a rule of the format is broken.</exception>
    public static VerificationMaterial Read(string what, JsonElement material)
    {
        StrictJson.Members(what, material, [], ["publicKey", "x509CertificateChain", "certificate", "tlogEntries", "timestampVerificationData"]);
        bool hasKey = material.TryGetProperty("publicKey", out JsonElement publicKey);
        bool hasChain = material.TryGetProperty("x509CertificateChain", out JsonElement chain);
        bool hasCertificate = material.TryGetProperty("certificate", out JsonElement certificate);
        if ((hasKey ? 1 : 0) + (hasChain ? 1 : 0) + (hasCertificate ? 1 : 0) != 1)
            throw SigningException.Malformed(what, "it must name one of: a public key, a certificate chain, a certificate");

        int logEntries = material.TryGetProperty("tlogEntries", out _) ? StrictJson.Array(what, material, "tlogEntries").GetArrayLength() : 0;
        if (hasCertificate)
        {
            if (logEntries == 0)
                throw SigningException.Malformed(what, "a keyless signature must have a transparency log entry");
            return new VerificationMaterial { Keyless = true, Certificates = [Certificate(what, certificate)] };
        }

        // Nothing could check them here, and what nobody checks must not look as if it were.
        if (logEntries != 0 || HasTimestamps(what, material))
            throw SigningException.Malformed(what, "it carries log entries or timestamps, which a key or certificate signature does not have");
        return hasKey
            ? new VerificationMaterial { Hint = HintOf(what, publicKey, out bool byBytes), NamesKeyByBytes = byBytes }
            : new VerificationMaterial { Certificates = CertificatesOf(what, chain) };
    }

    private static bool HasTimestamps(string what, JsonElement material)
    {
        if (!material.TryGetProperty("timestampVerificationData", out JsonElement data) || data.ValueKind == JsonValueKind.Null)
            return false;
        StrictJson.Members(what, data, [], ["rfc3161Timestamps"]);
        return data.TryGetProperty("rfc3161Timestamps", out _) && StrictJson.Array(what, data, "rfc3161Timestamps").GetArrayLength() > 0;
    }

    private static string HintOf(string what, JsonElement publicKey, out bool byBytes)
    {
        StrictJson.Members(what, publicKey, [], ["hint", "rawBytes", "keyDetails"]);
        string? hint = publicKey.TryGetProperty("hint", out _) ? StrictJson.Text(what, publicKey, "hint") : null;
        byBytes = string.IsNullOrEmpty(hint);
        if (hint is not null && !publicKey.TryGetProperty("rawBytes", out _))
        {
            byBytes = hint.Length == 0;
            return hint;
        }

        // Up to 1.0.1 the reference wrote the PEM itself; it names a key, it does not make it trusted.
        string pem = Encoding.UTF8.GetString(StrictJson.Base64(what, publicKey, "rawBytes"));
        try
        {
            string named = VerificationKey.FromPem(pem).Hint;
            return string.IsNullOrEmpty(hint) || hint == named ? named : throw SigningException.Malformed(what, "it names two different public keys");
        }
        catch (KeyException error)
        {
            throw SigningException.Malformed(what, "the public key in it is not usable", error);
        }
    }

    private static List<byte[]> CertificatesOf(string what, JsonElement chain)
    {
        StrictJson.Members(what, chain, ["certificates"], []);
        JsonElement list = StrictJson.Array(what, chain, "certificates");
        return list.GetArrayLength() is > 0 and <= MaximumCertificates
            ? [.. list.EnumerateArray().Select(certificate => Certificate(what, certificate))]
            : throw SigningException.Malformed(what, $"it has {list.GetArrayLength()} certificates instead of 1 to {MaximumCertificates}");
    }

    private static byte[] Certificate(string what, JsonElement certificate)
    {
        StrictJson.Members(what, certificate, ["rawBytes"], []);
        byte[] der = StrictJson.Base64(what, certificate, "rawBytes");
        return der.Length <= MaximumCertificateLength
            ? der
            : throw SigningException.Malformed(what, $"it has a certificate of {der.Length} bytes, more than the {MaximumCertificateLength} allowed");
    }
}
