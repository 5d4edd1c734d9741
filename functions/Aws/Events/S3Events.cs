using System.Net;
using System.Text;
using Bulwark.Aws;
using Bulwark.Functions.Events;

namespace Bulwark.Functions.Aws.Events;

/// <summary>Records of S3's own notifications.</summary>
internal static class S3Events
{
    private const int LongestKey = 1024;
    private const string UnknownCharacter = "\uFFFD";

    /// <summary>Reads a record.</summary>
    /// <exception cref="FunctionException">BW2202, BW2204.</exception>
    public static FunctionEvent Decode(EventField record)
    {
        // Minor versions add members; a major one may change what is there.
        string version = record["eventVersion"].Text();
        if (!version.StartsWith("2.", StringComparison.Ordinal))
            throw FunctionException.UnknownVersion("an S3 notification", version.Length <= 16 ? version : version[..16]);
        string name = record["eventName"].Text();
        if (!name.StartsWith("ObjectCreated:", StringComparison.Ordinal))
            throw FunctionException.MalformedEvent($"it tells of '{(name.Length <= 64 ? name : name[..64])}', not of an object that was created");
        EventField s3 = record["s3"];
        EventField item = s3["object"];
        return Uploaded(
            s3["bucket"]["name"].Name(), Unescape(item["key"]), item.Find("eTag")?.Text(), item.Find("versionId")?.Text(), item.Find("size")?.Size(),
            item.Find("sequencer")?.Text(), record.Find("eventTime")?.Time(), record.Find("responseElements")?.Find("x-amz-request-id")?.Text());
    }

    /// <summary>The event of an object, however it was told.</summary>
    public static ObjectUploaded Uploaded(
        string bucket, string key, string? etag, string? versionId, long? size, string? sequencer, DateTimeOffset? time, string? id)
    {
        if (Encoding.UTF8.GetByteCount(key) > LongestKey)
            throw FunctionException.MalformedEvent("the object's key is longer than keys are");
        return new ObjectUploaded
        {
            Store = "s3",
            Container = bucket,
            Name = key,
            Version = string.IsNullOrEmpty(etag) ? null : S3ObjectStore.VersionOf(etag, versionId),
            Size = size,
            Sequencer = sequencer,
            Time = time,
            Id = id,
        };
    }

    /// <summary>Keys are form-encoded in notifications: <c>+</c> for a space, and UTF-8 in percent signs.</summary>
    private static string Unescape(EventField field)
    {
        string encoded = field.Name();
        string key = WebUtility.UrlDecode(encoded);
        bool broken = key.Contains(UnknownCharacter, StringComparison.Ordinal)
            && !encoded.Contains(UnknownCharacter, StringComparison.Ordinal)
            && !encoded.Contains("%EF%BF%BD", StringComparison.OrdinalIgnoreCase);
        return key.Length > 0 && !broken ? key : throw field.Wrong("an encoded key");
    }
}
