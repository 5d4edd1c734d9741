using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bulwark.Audit;

/// <summary>Reads and writes the canonical JSON of <see cref="AuditEntry"/>, whose layout stands there.</summary>
internal static class AuditEntryJson
{
    private const int FormatVersion = 1;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    // Only what JSON itself demands is escaped: the log is read by people and hashed, never pasted into a page unescaped.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static byte[] Write(AuditEntry entry)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        try
        {
            using Utf8JsonWriter json = new(buffer, WriterOptions);
            json.WriteStartObject();
            json.WriteNumber("v", FormatVersion);
            json.WriteString("id", entry.Id);
            json.WriteString("time", entry.Time!.Value.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
            json.WriteString("actor", entry.Actor);
            json.WriteString("action", entry.Action);
            json.WriteStartObject("subject");
            WriteOptional(json, "store", entry.Subject.Store);
            WriteOptional(json, "container", entry.Subject.Container);
            json.WriteString("name", entry.Subject.Name);
            WriteOptional(json, "version", entry.Subject.Version);
            json.WriteEndObject();
            json.WriteString("outcome", entry.Outcome);
            WriteMap(json, "digests", entry.Digests);
            WriteMap(json, "details", entry.Details);
            json.WriteEndObject();
        }
        catch (ArgumentException)
        {
            throw AuditException.EntryRefused("a text in it is far too long");
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static AuditEntry Read(ReadOnlySpan<byte> bytes)
    {
        Utf8JsonReader json = new(bytes, new JsonReaderOptions { MaxDepth = 2 });
        string? id = null, actor = null, action = null, outcome = null;
        DateTimeOffset? time = null;
        AuditSubject? subject = null;
        Dictionary<string, string>? digests = null, details = null;
        int version = 0;
        Expect(ref json, JsonTokenType.StartObject);
        while (NextMember(ref json) is { } member)
        {
            switch (member)
            {
                case "v": version = json.GetInt32(); break;
                case "id": id = json.GetString(); break;
                case "time": time = DateTimeOffset.ParseExact(json.GetString() ?? "", TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal); break;
                case "actor": actor = json.GetString(); break;
                case "action": action = json.GetString(); break;
                case "subject": subject = ReadSubject(ref json); break;
                case "outcome": outcome = json.GetString(); break;
                case "digests": digests = ReadMap(ref json); break;
                case "details": details = ReadMap(ref json); break;
                default: throw new JsonException($"unknown member '{member}'");
            }
        }

        if (json.Read())
            throw new JsonException("bytes follow it");
        if (version != FormatVersion)
            throw new JsonException($"version {version}");
        return new AuditEntry
        {
            Id = Required(id),
            Time = time ?? throw new JsonException("no time"),
            Actor = Required(actor),
            Action = Required(action),
            Subject = subject ?? throw new JsonException("no subject"),
            Outcome = Required(outcome),
            Digests = digests,
            Details = details,
        };
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static void WriteMap(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string>? map)
    {
        if (map is null)
            return;
        json.WriteStartObject(name);
        foreach ((string key, string value) in map)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static AuditSubject ReadSubject(ref Utf8JsonReader json)
    {
        string? store = null, container = null, name = null, version = null;
        ExpectHere(ref json, JsonTokenType.StartObject);
        while (NextMember(ref json) is { } member)
        {
            switch (member)
            {
                case "store": store = json.GetString(); break;
                case "container": container = json.GetString(); break;
                case "name": name = json.GetString(); break;
                case "version": version = json.GetString(); break;
                default: throw new JsonException($"unknown member '{member}'");
            }
        }

        return new AuditSubject { Store = store, Container = container, Name = Required(name), Version = version };
    }

    private static Dictionary<string, string> ReadMap(ref Utf8JsonReader json)
    {
        Dictionary<string, string> map = [];
        ExpectHere(ref json, JsonTokenType.StartObject);
        while (NextMember(ref json) is { } key)
        {
            if (!map.TryAdd(key, Required(json.GetString())))
                throw new JsonException("a map repeats a key");
        }

        return map;
    }

    /// <summary>Moves to the next member's value and returns its name; null at the object's end.</summary>
    private static string? NextMember(ref Utf8JsonReader json)
    {
        if (!json.Read())
            throw new JsonException("it ends early");
        if (json.TokenType == JsonTokenType.EndObject)
            return null;
        string name = Required(json.GetString());
        if (!json.Read())
            throw new JsonException("it ends early");
        return name;
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read())
            throw new JsonException("it is empty");
        ExpectHere(ref json, type);
    }

    private static void ExpectHere(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (json.TokenType != type)
            throw new JsonException($"{json.TokenType} where {type} was expected");
    }

    private static string Required(string? text) => text ?? throw new JsonException("a member is missing or null");
}
