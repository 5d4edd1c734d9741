using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using System.Text.Json;
using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>
/// A Sigstore bundle v0.3 that holds one DSSE envelope with one in-toto statement and one signature, as OpenSSF Model Signing v1.0
/// writes it.
/// </summary>
/// <remarks>
/// <code>
/// {"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",
///  "verificationMaterial":{"publicKey":{"hint":"HEX"},"tlogEntries":[]}              or x509CertificateChain.certificates[].rawBytes
///  "dsseEnvelope":{"payload":"BASE64","payloadType":"application/vnd.in-toto+json",
///                  "signatures":[{"sig":"BASE64 of the DER ECDSA signature","keyid":""}]}}
/// </code>
/// Source: sigstore/protobuf-specs and ossf/model-signing-spec. Stricter than the reference: duplicate and unknown members, a second
/// signature, and other spellings of base64 are refused.
/// </remarks>
internal sealed class SigstoreBundle
{
    /// <summary>The only media type that is written or accepted.</summary>
    public const string MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

    /// <summary>Largest bundle in bytes.</summary>
    public const int MaximumLength = 64 << 20;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private SigstoreBundle(byte[] payload, byte[] signature, VerificationMaterial material)
    {
        Payload = payload;
        Signature = signature;
        Material = material;
    }

    /// <summary>The statement's bytes, exactly as signed.</summary>
    public byte[] Payload { get; }

    /// <summary>The signature over the payload's pre-authentication encoding.</summary>
    public byte[] Signature { get; }

    /// <summary>Who is said to have signed.</summary>
    public VerificationMaterial Material { get; }

    /// <summary>Writes a bundle for a key.</summary>
    public static byte[] Write(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature, VerificationKey key) =>
        Write(payload, signature, json =>
        {
            json.WriteStartObject("publicKey");
            json.WriteString("hint", key.Hint);
            json.WriteEndObject();
        });

    /// <summary>Writes a bundle for a certificate chain, leaf first, without its root.</summary>
    public static byte[] Write(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature, IReadOnlyList<X509Certificate2> chain) =>
        Write(payload, signature, json =>
        {
            json.WriteStartObject("x509CertificateChain");
            json.WriteStartArray("certificates");
            foreach (X509Certificate2 certificate in chain)
            {
                json.WriteStartObject();
                json.WriteBase64String("rawBytes", certificate.RawData);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });

    /// <summary>Reads a bundle; nothing is verified yet.</summary>
    /// <exception cref="SigningException">BW1801: a rule of the format is broken.</exception>
    public static SigstoreBundle Parse(string what, ReadOnlyMemory<byte> utf8) =>
        StrictJson.Read(what, utf8, MaximumLength, root => Read(what, root));

    private static SigstoreBundle Read(string what, JsonElement root)
    {
        StrictJson.Members(what, root, ["mediaType", "verificationMaterial", "dsseEnvelope"], []);
        if (StrictJson.Text(what, root, "mediaType") != MediaType)
            throw SigningException.Malformed(what, "its media type is not that of a Sigstore bundle v0.3");

        JsonElement envelope = root.GetProperty("dsseEnvelope");
        StrictJson.Members(what, envelope, ["payload", "payloadType", "signatures"], []);
        if (StrictJson.Text(what, envelope, "payloadType") != DsseEnvelope.PayloadType)
            throw SigningException.Malformed(what, "its payload is not an in-toto statement");
        JsonElement signatures = StrictJson.Array(what, envelope, "signatures");
        if (signatures.GetArrayLength() != 1)
            throw SigningException.Malformed(what, $"it has {signatures.GetArrayLength()} signatures instead of one");
        StrictJson.Members(what, signatures[0], ["sig"], ["keyid"]);
        if (signatures[0].TryGetProperty("keyid", out JsonElement keyId) && keyId.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            throw SigningException.Malformed(what, "its key id is no text");

        VerificationMaterial material = VerificationMaterial.Read(what, root.GetProperty("verificationMaterial"));
        return new SigstoreBundle(StrictJson.Base64(what, envelope, "payload"), StrictJson.Base64(what, signatures[0], "sig"), material);
    }

    private static byte[] Write(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature, Action<Utf8JsonWriter> material)
    {
        ArrayBufferWriter<byte> output = new();
        using (Utf8JsonWriter json = new(output, Options))
        {
            json.WriteStartObject();
            json.WriteString("mediaType", MediaType);
            json.WriteStartObject("verificationMaterial");
            material(json);
            json.WriteStartArray("tlogEntries");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartObject("dsseEnvelope");
            json.WriteBase64String("payload", payload);
            json.WriteString("payloadType", DsseEnvelope.PayloadType);
            json.WriteStartArray("signatures");
            json.WriteStartObject();
            json.WriteBase64String("sig", signature);
            json.WriteString("keyid", "");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
