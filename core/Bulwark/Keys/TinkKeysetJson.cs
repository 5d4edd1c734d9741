using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Bulwark.Keys;

/// <summary>
/// The JSON form of a cleartext Tink keyset, as tinkey and every Tink library write it. Unknown and repeated members are refused.
/// </summary>
/// <remarks>
/// <code>
/// {"primaryKeyId": N,
///  "key": [{"keyData": {"typeUrl": "…", "value": "base64 of the serialised key", "keyMaterialType": "SYMMETRIC"},
///           "status": "ENABLED" | "DISABLED" | "DESTROYED", "keyId": N,
///           "outputPrefixType": "TINK" | "LEGACY" | "RAW" | "CRUNCHY"}]}
/// </code>
/// The key material is only ever decoded into pinned memory that is zeroed: it never becomes a string.
/// </remarks>
internal static class TinkKeysetJson
{
    private const string Malformed = "it is not the JSON of a Tink keyset";
    private static readonly JsonReaderOptions Strict = new() { CommentHandling = JsonCommentHandling.Disallow, MaxDepth = 8 };

    /// <summary>Reads a keyset.</summary>
    /// <exception cref="KeyException">BW1201.</exception>
    public static TinkKeyset Parse(ReadOnlySpan<byte> utf8, string what)
    {
        if (utf8.Length > TinkKeyset.MaximumSerializedLength)
            throw KeyException.Malformed(what, $"it is longer than {TinkKeyset.MaximumSerializedLength} bytes");
        List<TinkKey> keys = [];
        try
        {
            uint? primary = ReadKeyset(utf8, keys, what);
            return TinkKeyset.Create(primary ?? throw KeyException.Malformed(what, "it names no primary key"), keys, what);
        }
        catch (Exception e)
        {
            keys.ForEach(k => k.Dispose());
            // The reader reports bad syntax, bad UTF-8, a wrong kind of token and a number out of range by these; their texts may quote the input.
            if (e is JsonException or InvalidOperationException or FormatException)
                throw KeyException.Malformed(what, Malformed);
            throw;
        }
    }

    /// <summary>Writes a keyset into one pinned array, which the caller zeroes when it is done.</summary>
    public static byte[] Write(TinkKeyset keyset)
    {
        using PinnedBufferWriter buffer = new(256 + keyset.Keys.Sum(k => 512 + (6 * k.TypeUrl.Length) + (2 * k.Value.Length)));
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("primaryKeyId", keyset.PrimaryId);
            json.WriteStartArray("key");
            foreach (TinkKey key in keyset.Keys)
            {
                json.WriteStartObject();
                json.WriteStartObject("keyData");
                json.WriteString("typeUrl", key.TypeUrl);
                json.WriteBase64String("value", key.Value.Span);
                json.WriteString("keyMaterialType", "SYMMETRIC");
                json.WriteEndObject();
                json.WriteString("status", NameOf(key.Status));
                json.WriteNumber("keyId", key.Id);
                json.WriteString("outputPrefixType", NameOf(key.Prefix));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        byte[] utf8 = GC.AllocateUninitializedArray<byte>(buffer.WrittenSpan.Length, pinned: true);
        buffer.WrittenSpan.CopyTo(utf8);
        return utf8;
    }

    /// <summary>Tink's name of a status.</summary>
    public static string NameOf(TinkKeyStatus status) => status.ToString().ToUpperInvariant();

    /// <summary>Tink's name of an output prefix type.</summary>
    public static string NameOf(TinkOutputPrefix prefix) => prefix.ToString().ToUpperInvariant();

    private static uint? ReadKeyset(ReadOnlySpan<byte> utf8, List<TinkKey> keys, string what)
    {
        uint? primary = null;
        bool hasKeys = false;
        Utf8JsonReader reader = new(utf8, Strict);
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextMember(ref reader))
        {
            if (primary is null && TakeName(ref reader, "primaryKeyId"u8))
            {
                primary = reader.GetUInt32();
            }
            else if (!hasKeys && TakeName(ref reader, "key"u8))
            {
                hasKeys = true;
                if (reader.TokenType != JsonTokenType.StartArray)
                    Fail();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (keys.Count == TinkKeyset.MaximumKeys)
                        throw KeyException.Malformed(what, $"it holds more than {TinkKeyset.MaximumKeys} keys");
                    keys.Add(ReadKey(ref reader));
                }
            }
            else
            {
                Fail();
            }
        }

        if (reader.Read())
            Fail();
        return primary;
    }

    private static TinkKey ReadKey(ref Utf8JsonReader reader)
    {
        string? typeUrl = null;
        SecretBytes? value = null;
        TinkKeyStatus? status = null;
        TinkOutputPrefix? prefix = null;
        uint? id = null;
        bool hasData = false;
        try
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                Fail();
            while (NextMember(ref reader))
            {
                if (!hasData && TakeName(ref reader, "keyData"u8))
                {
                    hasData = true;
                    ReadKeyData(ref reader, ref typeUrl, ref value);
                }
                else if (status is null && TakeName(ref reader, "status"u8))
                {
                    status = Named<TinkKeyStatus>(ref reader);
                }
                else if (id is null && TakeName(ref reader, "keyId"u8))
                {
                    id = reader.GetUInt32();
                }
                else if (prefix is null && TakeName(ref reader, "outputPrefixType"u8))
                {
                    prefix = Named<TinkOutputPrefix>(ref reader);
                }
                else
                {
                    Fail();
                }
            }

            if (typeUrl is null || status is null || id is null || prefix is null)
                Fail();
            return new TinkKey(typeUrl, value ?? new SecretBytes(0), status.Value, id.Value, prefix.Value);
        }
        catch
        {
            value?.Dispose();
            throw;
        }
    }

    private static void ReadKeyData(ref Utf8JsonReader reader, ref string? typeUrl, ref SecretBytes? value)
    {
        bool symmetric = false;
        if (reader.TokenType != JsonTokenType.StartObject)
            Fail();
        while (NextMember(ref reader))
        {
            if (typeUrl is null && TakeName(ref reader, "typeUrl"u8))
                typeUrl = reader.GetString();
            else if (value is null && TakeName(ref reader, "value"u8))
                value = Base64Value(ref reader);
            else if (!symmetric && TakeName(ref reader, "keyMaterialType"u8) && reader.ValueTextEquals("SYMMETRIC"u8))
                symmetric = true;
            else
                Fail();
        }

        if (!symmetric)
            Fail();
    }

    private static SecretBytes Base64Value(ref Utf8JsonReader reader)
    {
        using SecretBytes text = new(reader.ValueSpan.Length);
        int length = reader.CopyString(text.Span);
        using SecretBytes decoded = new(Base64.GetMaxDecodedFromUtf8Length(length));
        if (Base64.DecodeFromUtf8(text.Span[..length], decoded.Span, out _, out int written) != OperationStatus.Done)
            Fail();
        return new SecretBytes(decoded.Span[..written]);
    }

    private static T Named<T>(ref Utf8JsonReader reader)
        where T : struct, Enum
    {
        foreach (T candidate in Enum.GetValues<T>())
        {
            if (reader.ValueTextEquals(candidate.ToString().ToUpperInvariant()))
                return candidate;
        }

        Fail();
        return default;
    }

    private static bool NextMember(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
            Fail();
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    private static bool TakeName(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        if (!reader.ValueTextEquals(name))
            return false;
        if (!reader.Read())
            Fail();
        return true;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (!reader.Read() || reader.TokenType != token)
            Fail();
    }

    [DoesNotReturn]
    private static void Fail() => throw new JsonException(Malformed);
}
