using System.Text.Json;

namespace Bulwark.Encryption;

/// <summary>Reads only <c>format</c> and <c>version</c> of a sidecar, whatever else it holds.</summary>
internal static class SidecarVersion
{
    /// <summary>Refuses another format or version.</summary>
    /// <exception cref="EncryptionException">BW1908; BW1910 when there is no format or version.</exception>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static void Check(ReadOnlySpan<byte> utf8)
    {
        bool hasFormat = false, hasVersion = false;
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = 16 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw EncryptionException.MalformedSidecar("it is not a JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool format = reader.ValueTextEquals("format"u8), version = reader.ValueTextEquals("version"u8);
            reader.Read();
            if (format)
            {
                hasFormat = true;
                if (reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals(EnvelopeSidecar.FormatName))
                    throw EncryptionException.UnknownVersion("(the value of \"format\")");
            }
            else if (version)
            {
                hasVersion = true;
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int number))
                    throw EncryptionException.UnknownVersion("(the value of \"version\")");
                if (number != EnvelopeSidecar.FormatVersion)
                    throw EncryptionException.UnknownVersion(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
            else
            {
                reader.Skip();
            }
        }

        if (!hasFormat || !hasVersion)
            throw EncryptionException.MalformedSidecar("it does not say its format and version");
    }
}
