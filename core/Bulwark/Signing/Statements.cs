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

    /// <summary>Checks the members and the type of a parsed statement, and returns its predicate type.</summary>
    /// <exception cref="SigningException">BW1801: it is no such statement.</exception>
    public static string ReadType(string what, JsonElement statement)
    {
        StrictJson.Members(what, statement, ["_type", "subject", "predicateType", "predicate"], []);
        if (StrictJson.Text(what, statement, "_type") != ModelManifest.StatementType)
            throw SigningException.Malformed(what, "its payload is no in-toto statement v1");
        return StrictJson.Text(what, statement, "predicateType");
    }

    /// <summary>The one subject of a statement: its name and its SHA-256.</summary>
    /// <exception cref="SigningException">BW1801: there is none, there are several, or its digest is no digest.</exception>
    public static (string Name, byte[] Sha256) ReadSubject(string what, JsonElement statement)
    {
        JsonElement subjects = StrictJson.Array(what, statement, "subject");
        return subjects.GetArrayLength() == 1
            ? ReadDescriptor(what, subjects[0])
            : throw SigningException.Malformed(what, $"it has {subjects.GetArrayLength()} subjects instead of one");
    }

    /// <summary>A subject entry. Other members and other digests may stand in it (in-toto's DigestSet is open); they say nothing here.</summary>
    public static (string Name, byte[] Sha256) ReadDescriptor(string what, JsonElement subject)
    {
        if (subject.ValueKind != JsonValueKind.Object || !subject.TryGetProperty("digest", out JsonElement digest) || digest.ValueKind != JsonValueKind.Object)
            throw SigningException.Malformed(what, "a subject has no digest");
        foreach (JsonProperty other in digest.EnumerateObject())
        {
            if (StrictJson.Text(what, other.Value) is not { Length: > 0 } hex || hex.AsSpan().ContainsAnyExcept(LowerHex))
                throw SigningException.Malformed(what, "a subject's digest is not lower-case hex");
        }

        string name = StrictJson.Text(what, subject, "name");
        return name.Length > 0 ? (name, Digest(what, digest, "sha256", 32)) : throw SigningException.Malformed(what, "its subject has no name");
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
