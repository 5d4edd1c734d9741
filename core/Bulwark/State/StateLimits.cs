using System.Text;

namespace Bulwark.State;

/// <summary>The limits that every <see cref="IStateStore"/> keeps, so that a document that fits one fits all.</summary>
public static class StateLimits
{
    /// <summary>Longest collection name, in characters.</summary>
    public const int MaxCollectionLength = 64;

    /// <summary>Longest id, in bytes of UTF-8 (Firestore allows 1,500, DynamoDB's sort key 1,024).</summary>
    public const int MaxIdBytes = 1024;

    /// <summary>Largest content, in bytes (DynamoDB's item limit is 400 KiB with names and base64).</summary>
    public const int MaxContentBytes = 256 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Checks a collection's name.</summary>
    /// <exception cref="StateException">BW1103.</exception>
    public static void CheckCollection(string collection)
    {
        ArgumentNullException.ThrowIfNull(collection);
        if (collection.Length is 0 or > MaxCollectionLength)
            throw StateException.OutsideLimits("The collection", $"its name has {collection.Length} characters, not 1 to {MaxCollectionLength}");
        foreach (char c in collection)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
                throw StateException.OutsideLimits("The collection", "its name has a character other than a-z, 0-9 and '-'");
        }
    }

    /// <summary>Checks an id.</summary>
    /// <exception cref="StateException">BW1103.</exception>
    public static void CheckId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (id.Length == 0)
            throw StateException.OutsideLimits("The document's id", "it is empty");
        CheckText("The document's id", id);
    }

    /// <summary>Checks the start of an id, which may be empty.</summary>
    /// <exception cref="StateException">BW1103.</exception>
    public static void CheckIdPrefix(string idPrefix)
    {
        ArgumentNullException.ThrowIfNull(idPrefix);
        CheckText("The id's prefix", idPrefix);
    }

    /// <summary>Checks a content's size.</summary>
    /// <exception cref="StateException">BW1103.</exception>
    public static void CheckContent(ReadOnlySpan<byte> content)
    {
        if (content.Length > MaxContentBytes)
            throw StateException.OutsideLimits("The document", $"its content has {content.Length} bytes, more than {MaxContentBytes}");
    }

    private static void CheckText(string what, string text)
    {
        int bytes;
        try
        {
            bytes = text.Length > MaxIdBytes ? int.MaxValue : StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            throw StateException.OutsideLimits(what, "it is not valid Unicode");
        }

        if (bytes > MaxIdBytes)
            throw StateException.OutsideLimits(what, $"it has more than {MaxIdBytes} bytes");
    }
}
