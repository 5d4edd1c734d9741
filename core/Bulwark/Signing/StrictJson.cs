using System.Text.Json;

namespace Bulwark.Signing;

/// <summary>
/// Reads JSON from outside without the usual leniency: no byte-order mark, no duplicate members, no unknown members,
/// bounded depth and size. Two readers must not be able to see two different documents in the same bytes.
/// </summary>
internal static class StrictJson
{
    private const int MaximumDepth = 64;

    private static readonly JsonDocumentOptions Options = new()
    {
        MaxDepth = MaximumDepth,
        AllowDuplicateProperties = false,
        CommentHandling = JsonCommentHandling.Disallow,
        AllowTrailingCommas = false,
    };

    /// <summary>Parses one document and nothing after it, and reads it.</summary>
    /// <exception cref="SigningException">BW1801: it is not such a document, or the reader refused it.</exception>
    public static T Read<T>(string what, ReadOnlyMemory<byte> utf8, int maximumLength, Func<JsonElement, T> read)
    {
        if (utf8.Length > maximumLength)
            throw SigningException.Malformed(what, $"it has {utf8.Length} bytes, more than the {maximumLength} allowed");
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, Options);
            return read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            // InvalidOperation: a text with half of a surrogate pair, or bytes that are no UTF-8.
            throw SigningException.Malformed(what, "it is not strict JSON", error);
        }
    }

    /// <summary>Checks that the value is an object with these members and no others.</summary>
    public static void Members(string what, JsonElement element, ReadOnlySpan<string> required, ReadOnlySpan<string> optional)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw SigningException.Malformed(what, "an object is missing");
        int found = 0;
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (required.Contains(member.Name))
                found++;
            else if (!optional.Contains(member.Name))
                throw SigningException.Malformed(what, $"it has an unknown member '{Terse(member.Name)}'");
        }

        if (found != required.Length)
            throw SigningException.Malformed(what, $"it lacks one of {string.Join(", ", required.ToArray())}");
    }

    /// <summary>The text of a member.</summary>
    public static string Text(string what, JsonElement element, string member) =>
        element.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw SigningException.Malformed(what, $"'{member}' is no text");

    /// <summary>The bytes of a member in standard, padded base64.</summary>
    public static byte[] Base64(string what, JsonElement element, string member)
    {
        string text = Text(what, element, member);
        byte[] bytes = new byte[text.Length / 4 * 3];
        // Re-encoding refuses white space and non-zero padding bits, which would let one value have many spellings.
        if (!Convert.TryFromBase64String(text, bytes, out int written) || Convert.ToBase64String(bytes, 0, written) != text)
            throw SigningException.Malformed(what, $"'{member}' is not standard base64");
        return bytes[..written];
    }

    /// <summary>A member that is true or false.</summary>
    public static bool Flag(string what, JsonElement element, string member) =>
        element.TryGetProperty(member, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw SigningException.Malformed(what, $"'{member}' is neither true nor false");

    /// <summary>A member that is a whole number above zero. Python writes some of them as <c>1000.0</c>.</summary>
    public static long Count(string what, JsonElement element, string member) =>
        element.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetDecimal(out decimal number) && number is > 0 and <= long.MaxValue && decimal.IsInteger(number)
            ? (long)number
            : throw SigningException.Malformed(what, $"'{member}' is no whole number above zero");

    /// <summary>The elements of a member that must be an array.</summary>
    public static JsonElement Array(string what, JsonElement element, string member) =>
        element.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? value
            : throw SigningException.Malformed(what, $"'{member}' is no list");

    /// <summary>The text of an element.</summary>
    public static string Text(string what, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw SigningException.Malformed(what, "a list holds something that is no text");

    private static string Terse(string name) => name.Length <= 40 ? name : name[..40] + "…";
}
