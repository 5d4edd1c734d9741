using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bulwark.CloudDoubles.Kms;

/// <summary>The parameters of one request, with the service's own complaints about them.</summary>
internal sealed class KmsRequest(string operation, JsonObject body)
{
    public string Operation => operation;

    public static KmsRequest Parse(string operation, ReadOnlySpan<byte> body)
    {
        try
        {
            return new KmsRequest(operation, body.IsEmpty ? [] : JsonNode.Parse(body)!.AsObject());
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new KmsFault("SerializationException", "Could not parse the request");
        }
    }

    public bool Has(string name) => body[name] is not null;

    public string? Text(string name) => Value<string>(name);

    public string Required(string name) =>
        Text(name) ?? throw KmsFault.Validation($"1 validation error detected: Value null at '{Lower(name)}' failed to satisfy constraint: Member must not be null");

    public int? Number(string name) => body[name] is null ? null : Value<int>(name);

    public bool Flag(string name) => body[name] is not null && Value<bool>(name);

    public byte[] Bytes(string name, int maximum)
    {
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(Required(name));
        }
        catch (FormatException)
        {
            throw new KmsFault("SerializationException", $"{name} is not base64");
        }

        if (bytes.Length == 0)
            throw Length(name, "greater than or equal to 1");
        return bytes.Length <= maximum ? bytes : throw Length(name, $"less than or equal to {maximum}");
    }

    public JsonObject? Object(string name) => body[name] as JsonObject;

    public SortedDictionary<string, string> Context(string name)
    {
        SortedDictionary<string, string> context = new(StringComparer.Ordinal);
        foreach ((string key, JsonNode? value) in Object(name) ?? [])
            context[key] = value is JsonValue text && text.TryGetValue(out string? s) ? s : throw new KmsFault("SerializationException", $"{name} maps strings to strings");
        return context;
    }

    public string OneOf(string name, string? standard, params string[] allowed)
    {
        string value = Text(name) ?? standard ?? Required(name);
        return allowed.Contains(value) ? value : throw KmsFault.Validation(
            $"1 validation error detected: Value '{value}' at '{Lower(name)}' failed to satisfy constraint: Member must satisfy enum value set: [{string.Join(", ", allowed)}]");
    }

    private static KmsFault Length(string name, string bound) => KmsFault.Validation(
        $"1 validation error detected: Value at '{Lower(name)}' failed to satisfy constraint: Member must have length {bound}");

    private static string Lower(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private T? Value<T>(string name)
    {
        if (body[name] is not { } node)
            return default;
        return node is JsonValue value && value.TryGetValue(out T? typed) ? typed : throw new KmsFault("SerializationException", $"{name} has the wrong type");
    }
}
