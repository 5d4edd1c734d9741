using System.Globalization;
using System.IO.Hashing;
using System.Security;
using System.Text;
using System.Xml.Linq;

namespace Bulwark.CloudDoubles.S3;

/// <summary>The operations on multipart uploads.</summary>
internal sealed class S3Uploads(S3State state)
{
    private const long SmallestPart = 5 << 20;
    private const int MostParts = 10_000;

    public S3Answer Create(S3Request request)
    {
        lock (state.Gate)
        {
            S3Bucket bucket = state.Bucket(request);
            S3Upload upload = new(
                Guid.NewGuid().ToString("N"), request.Key, S3Objects.Metadata(request), request.Header("x-amz-tagging") ?? "", S3Objects.LockedUntil(request), state.Now);
            bucket.Uploads.Add(upload.Id, upload);
            return S3Answer.Xml(
                $"<InitiateMultipartUploadResult><Bucket>{request.Bucket}</Bucket><Key>{SecurityElement.Escape(request.Key)}</Key><UploadId>{upload.Id}</UploadId></InitiateMultipartUploadResult>");
        }
    }

    public void RequireUpload(S3Request request)
    {
        lock (state.Gate)
            Upload(state.Bucket(request), request);
    }

    public S3Answer Part(S3Request request, S3Content content)
    {
        int number = int.Parse(request.Query["partNumber"], CultureInfo.InvariantCulture);
        if (number is < 1 or > MostParts)
            throw S3Error.InvalidRequest("Part number must be an integer between 1 and 10000, inclusive");
        lock (state.Gate)
        {
            Upload(state.Bucket(request), request).Parts[number] = content;
            S3Answer answer = S3Answer.Empty();
            answer.Headers["ETag"] = $"\"{content.ETag}\"";
            answer.Headers["x-amz-checksum-crc32"] = S3Body.ToText(content.Crc32);
            return answer;
        }
    }

    public S3Answer Complete(S3Request request, byte[] body)
    {
        (int Number, string ETag)[] named = [.. XDocument.Parse(Encoding.UTF8.GetString(body)).Root!.Elements()
            .Where(e => e.Name.LocalName == "Part")
            .Select(e => (
                int.Parse(e.Elements().First(c => c.Name.LocalName == "PartNumber").Value, CultureInfo.InvariantCulture),
                e.Elements().First(c => c.Name.LocalName == "ETag").Value.Trim('"')))];
        lock (state.Gate)
        {
            S3Bucket bucket = state.Bucket(request);
            S3Upload upload = Upload(bucket, request);
            if (!named.Select(p => p.Number).SequenceEqual(named.Select(p => p.Number).Distinct().Order()))
                throw new S3Error(400, "InvalidPartOrder", "The list of parts was not in ascending order.");
            S3Content[] parts = [.. named.Select(p =>
                upload.Parts.TryGetValue(p.Number, out S3Content? part) && part.ETag == p.ETag
                    ? part
                    : throw new S3Error(400, "InvalidPart", "One or more of the specified parts could not be found."))];
            if (parts.Length == 0)
                throw S3Error.InvalidRequest("You must specify at least one part");
            if (parts[..^1].Any(p => p.Length < SmallestPart))
                throw new S3Error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
            long size = parts.Sum(p => p.Length);
            if (request.Header("x-amz-mp-object-size") is { } expected && expected != size.ToString(CultureInfo.InvariantCulture))
                throw S3Error.InvalidRequest("The provided 'x-amz-mp-object-size' header value does not match what was computed");
            uint crc = parts.Skip(1).Aggregate(parts[0].Crc32, (sum, part) => Crc32Sum.Combine(sum, part.Crc32, part.Length));
            string checksum = S3Body.ToText(crc);
            if (request.Header("x-amz-checksum-crc32") is { } claimed && claimed != checksum)
                throw S3Error.BadDigest();
            bucket.Require(request.Key, request.Header("If-Match"), request.Header("If-None-Match"));
            string eTag = Convert.ToHexStringLower(XxHash128.Hash(Encoding.ASCII.GetBytes(string.Concat(parts.Select(p => p.ETag))))) + $"-{parts.Length}";
            S3Content content = new([.. parts.SelectMany(p => p.Pieces)], size, crc, eTag);
            bucket.Uploads.Remove(upload.Id);
            S3Version version = bucket.Put(request.Key, id => new S3Version(id, content, upload.Metadata, checksum, state.Now, upload.Tags, upload.LockedUntil));
            S3Answer answer = S3Answer.Xml(
                $"<CompleteMultipartUploadResult><Bucket>{request.Bucket}</Bucket><Key>{SecurityElement.Escape(request.Key)}</Key><ETag>&quot;{eTag}&quot;</ETag>"
                + $"<ChecksumCRC32>{checksum}</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>");
            if (bucket.Versioned)
                answer.Headers["x-amz-version-id"] = version.Id;
            return answer;
        }
    }

    public S3Answer Abort(S3Request request)
    {
        lock (state.Gate)
        {
            S3Bucket bucket = state.Bucket(request);
            bucket.Uploads.Remove(Upload(bucket, request).Id);
            return S3Answer.Empty(204);
        }
    }

    public S3Answer ListParts(S3Request request)
    {
        lock (state.Gate)
        {
            S3Upload upload = Upload(state.Bucket(request), request);
            string parts = string.Concat(upload.Parts.Select(
                p => $"<Part><PartNumber>{p.Key}</PartNumber><ETag>&quot;{p.Value.ETag}&quot;</ETag><Size>{p.Value.Length}</Size><LastModified>{S3Xml.Time(state.Now)}</LastModified></Part>"));
            return S3Answer.Xml($"<ListPartsResult><UploadId>{upload.Id}</UploadId><IsTruncated>false</IsTruncated>{parts}</ListPartsResult>");
        }
    }

    public S3Answer List(S3Request request)
    {
        lock (state.Gate)
        {
            string prefix = request.Query.GetValueOrDefault("prefix", "");
            string uploads = string.Concat(state.Bucket(request).Uploads.Values
                .Where(u => u.Key.StartsWith(prefix, StringComparison.Ordinal))
                .OrderBy(u => u.Key, Utf8Order.Instance)
                .Select(u => $"<Upload><Key>{SecurityElement.Escape(u.Key)}</Key><UploadId>{u.Id}</UploadId><Initiated>{S3Xml.Time(u.Begun)}</Initiated></Upload>"));
            return S3Answer.Xml($"<ListMultipartUploadsResult><Bucket>{request.Bucket}</Bucket><IsTruncated>false</IsTruncated>{uploads}</ListMultipartUploadsResult>");
        }
    }

    private static S3Upload Upload(S3Bucket bucket, S3Request request) =>
        bucket.Uploads.TryGetValue(request.Query["uploadId"], out S3Upload? upload) && upload.Key == request.Key ? upload : throw S3Error.NoSuchUpload();
}
