using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bulwark.Signing;

/// <summary>The frame that every in-toto statement of Bulwark shares: type, one subject, predicate type.</summary>
internal static class Statements
{
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Begins a statement; the caller writes the member <c>predicate</c> and ends the object.</summary>
    public static Utf8JsonWriter Begin(IBufferWriter<byte> output, string subject, ReadOnlySpan<byte> root, string predicateType)
    {
        Utf8JsonWriter json = new(output, Options);
        json.WriteStartObject();
        json.WriteString("_type", ModelManifest.StatementType);
        json.WriteStartArray("subject");
        json.WriteStartObject();
        json.WriteString("name", subject);
        json.WriteStartObject("digest");
        json.WriteString("sha256", Convert.ToHexStringLower(root));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("predicateType", predicateType);
        return json;
    }

    /// <summary>Checks the frame of a parsed statement and returns its subject name and root digest.</summary>
    /// <exception cref="SigningException">BW1801: it is no such statement.</exception>
    public static (string Subject, byte[] Root, string PredicateType) ReadFrame(string what, JsonElement statement)
    {
        StrictJson.Members(what, statement, ["_type", "subject", "predicateType", "predicate"], []);
        if (StrictJson.Text(what, statement, "_type") != ModelManifest.StatementType)
            throw SigningException.Malformed(what, "its payload is no in-toto statement v1");
        JsonElement subjects = StrictJson.Array(what, statement, "subject");
        if (subjects.GetArrayLength() != 1)
            throw SigningException.Malformed(what, $"it has {subjects.GetArrayLength()} subjects instead of one");
        if (subjects[0].ValueKind != JsonValueKind.Object || !subjects[0].TryGetProperty("digest", out JsonElement digest))
            throw SigningException.Malformed(what, "its subject has no digest");
        string name = StrictJson.Text(what, subjects[0], "name");
        StrictJson.Members(what, digest, ["sha256"], []);
        return (name, Digest(what, digest, "sha256", 32), StrictJson.Text(what, statement, "predicateType"));
    }

    /// <summary>A digest in lower-case hex of exactly that many bytes.</summary>
    public static byte[] Digest(string what, JsonElement element, string member, int length)
    {
        string hex = StrictJson.Text(what, element, member);
        if (hex.Length != 2 * length || hex.AsSpan().ContainsAnyExcept(LowerHex))
            throw SigningException.Malformed(what, $"'{member}' is no lower-case hex digest of {length} bytes");
        return Convert.FromHexString(hex);
    }
}
