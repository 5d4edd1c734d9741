using System.Globalization;
using System.Security;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Bulwark.CloudDoubles.S3;

/// <summary>The operations on objects.</summary>
internal sealed class S3Objects(S3State state)
{
    private static readonly string[] Kept = ["content-type", "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-object-lock-mode"];

    public S3Answer Put(S3Request request, S3Content content)
    {
        lock (state.Gate)
        {
            S3Bucket bucket = state.Bucket(request);
            bucket.Require(request.Key, request.Header("If-Match"), request.Header("If-None-Match"));
            S3Version version = bucket.Put(request.Key, id => new S3Version(
                id, content, Metadata(request), S3Body.ToText(content.Crc32), state.Now, request.Header("x-amz-tagging") ?? "", LockedUntil(request)));
            return Written(S3Answer.Empty(), bucket, version);
        }
    }

    public S3Answer Get(S3Request request, bool body)
    {
        lock (state.Gate)
        {
            S3Version version = Chosen(state.Bucket(request), request);
            S3Content content = version.Content!;
            if (request.Header("If-Match") is { } match && match != "*" && match.Trim('"') != content.ETag)
                throw S3Error.PreconditionFailed();
            (long from, long length, bool isRange) = Range(request.Header("Range"), content.Length);
            S3Answer answer = body
                ? S3Answer.Of(isRange ? 206 : 200, content.Slice(from, length))
                : new S3Answer(isRange ? 206 : 200) { Length = length };
            foreach ((string name, string value) in version.Metadata)
                answer.Headers[name] = value;
            answer.Headers["ETag"] = $"\"{content.ETag}\"";
            answer.Headers["Last-Modified"] = version.Modified.ToString("R", CultureInfo.InvariantCulture);
            answer.Headers["Accept-Ranges"] = "bytes";
            if (isRange)
                answer.Headers["Content-Range"] = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{from + length - 1}/{content.Length}");
            else if (request.Header("x-amz-checksum-mode") == "ENABLED")
                answer.Headers["x-amz-checksum-crc32"] = version.Checksum;
            if (version.Id != "null")
                answer.Headers["x-amz-version-id"] = version.Id;
            if (version.Tags.Length > 0)
                answer.Headers["x-amz-tagging-count"] = QueryHelpers.ParseQuery(version.Tags).Count.ToString(CultureInfo.InvariantCulture);
            if (version.LockedUntil is { } until)
                answer.Headers["x-amz-object-lock-retain-until-date"] = until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            return answer;
        }
    }

    public S3Answer Tagging(S3Request request)
    {
        lock (state.Gate)
        {
            S3Version version = Chosen(state.Bucket(request), request);
            string tags = string.Concat(QueryHelpers.ParseQuery(version.Tags).Select(
                t => $"<Tag><Key>{SecurityElement.Escape(t.Key)}</Key><Value>{SecurityElement.Escape(t.Value.ToString())}</Value></Tag>"));
            return S3Answer.Xml($"<Tagging><TagSet>{tags}</TagSet></Tagging>");
        }
    }

    public S3Answer Delete(S3Request request)
    {
        lock (state.Gate)
        {
            S3Bucket bucket = state.Bucket(request);
            S3Answer answer = S3Answer.Empty(204);
            if (request.Query.TryGetValue("versionId", out string? id))
            {
                bucket.Remove(request.Key, id, state.Now);
                answer.Headers["x-amz-version-id"] = id;
                return answer;
            }

            bucket.Require(request.Key, request.Header("If-Match"), null);
            if (bucket.Versioned)
            {
                S3Version marker = bucket.Put(request.Key, made => new S3Version(made, null, new Dictionary<string, string>(), "", state.Now, "", null));
                answer.Headers["x-amz-delete-marker"] = "true";
                answer.Headers["x-amz-version-id"] = marker.Id;
            }
            else
            {
                bucket.Remove(request.Key, "null", state.Now);
            }

            return answer;
        }
    }

    public S3Answer List(S3Request request)
    {
        lock (state.Gate)
        {
            S3Bucket bucket = state.Bucket(request);
            bool encode = request.Query.GetValueOrDefault("encoding-type") == "url";
            string prefix = request.Query.GetValueOrDefault("prefix", "");
            string delimiter = request.Query.GetValueOrDefault("delimiter", "");
            int most = Math.Min(state.PageSize, int.Parse(request.Query.GetValueOrDefault("max-keys", "1000"), CultureInfo.InvariantCulture));
            string after = request.Query.TryGetValue("continuation-token", out string? token)
                ? Encoding.UTF8.GetString(Convert.FromBase64String(token))
                : request.Query.GetValueOrDefault("start-after", "");
            var text = new StringBuilder();
            string? group = null, last = null;
            int count = 0;
            bool more = false;
            foreach (string key in bucket.Objects.Keys)
            {
                if (!key.StartsWith(prefix, StringComparison.Ordinal) || Utf8Order.Instance.Compare(key, after) <= 0 || bucket.Present(key) is not { } version)
                    continue;
                int cut = delimiter.Length == 0 ? -1 : key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
                string? inGroup = cut < 0 ? null : key[..(cut + delimiter.Length)];
                if (inGroup is not null && (inGroup == group || after.StartsWith(inGroup, StringComparison.Ordinal)))
                {
                    last = key;
                    continue;
                }

                if (count++ == most)
                {
                    more = true;
                    break;
                }

                group = inGroup;
                last = key;
                text.Append(inGroup is not null
                    ? $"<CommonPrefixes><Prefix>{Name(inGroup, encode)}</Prefix></CommonPrefixes>"
                    : $"<Contents><Key>{Name(key, encode)}</Key><LastModified>{S3Xml.Time(version.Modified)}</LastModified><ETag>&quot;{version.Content!.ETag}&quot;</ETag><Size>{version.Content.Length}</Size><StorageClass>STANDARD</StorageClass></Contents>");
            }

            string next = more ? $"<NextContinuationToken>{Convert.ToBase64String(Encoding.UTF8.GetBytes(last!))}</NextContinuationToken>" : "";
            return S3Answer.Xml(
                $"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{request.Bucket}</Name><Prefix>{Name(prefix, encode)}</Prefix>"
                + $"<KeyCount>{Math.Min(count, most)}</KeyCount><MaxKeys>{most}</MaxKeys>{(encode ? "<EncodingType>url</EncodingType>" : "")}"
                + $"<IsTruncated>{(more ? "true" : "false")}</IsTruncated>{next}{text}</ListBucketResult>");
        }
    }

    public static IReadOnlyDictionary<string, string> Metadata(S3Request request) => request.Http.Headers
        .Where(h => h.Key.StartsWith("x-amz-meta-", StringComparison.OrdinalIgnoreCase) || Kept.Contains(h.Key, StringComparer.OrdinalIgnoreCase))
        .ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString());

    public static DateTimeOffset? LockedUntil(S3Request request) => request.Header("x-amz-object-lock-retain-until-date") is { } text
        ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture)
        : null;

    public static S3Answer Written(S3Answer answer, S3Bucket bucket, S3Version version)
    {
        answer.Headers["ETag"] = $"\"{version.Content!.ETag}\"";
        answer.Headers["x-amz-checksum-crc32"] = version.Checksum;
        if (bucket.Versioned)
            answer.Headers["x-amz-version-id"] = version.Id;
        return answer;
    }

    private static S3Version Chosen(S3Bucket bucket, S3Request request)
    {
        if (!request.Query.TryGetValue("versionId", out string? id))
            return bucket.Present(request.Key) ?? throw S3Error.NoSuchKey();
        S3Version version = bucket.Find(request.Key, id) ?? throw S3Error.NoSuchVersion();
        if (version.Content is not null)
            return version;
        S3Error error = new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
        error.Headers["x-amz-delete-marker"] = "true";
        throw error;
    }

    private static (long From, long Length, bool IsRange) Range(string? header, long size)
    {
        if (header is null || !header.StartsWith("bytes=", StringComparison.Ordinal))
            return (0, size, false);
        string[] ends = header["bytes=".Length..].Split('-');
        long from = ends[0].Length > 0
            ? long.Parse(ends[0], CultureInfo.InvariantCulture)
            : Math.Max(0, size - long.Parse(ends[1], CultureInfo.InvariantCulture));
        long to = ends[0].Length > 0 && ends[1].Length > 0 ? Math.Min(size - 1, long.Parse(ends[1], CultureInfo.InvariantCulture)) : size - 1;
        return from <= to ? (from, to - from + 1, true) : throw new S3Error(416, "InvalidRange", "The requested range is not satisfiable");
    }

    private static string Name(string name, bool encode) =>
        encode ? Uri.EscapeDataString(name).Replace("%2F", "/", StringComparison.Ordinal).Replace("%20", "+", StringComparison.Ordinal) : SecurityElement.Escape(name)!;
}
