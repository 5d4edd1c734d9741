using System.Security;
using System.Text;

namespace Bulwark.CloudDoubles.S3;

/// <summary>The operations on buckets.</summary>
internal sealed class S3BucketCalls(S3State state)
{
    public S3Answer Create(S3Request request)
    {
        lock (state.Gate)
        {
            S3Bucket bucket = new() { Versioned = request.Header("x-amz-bucket-object-lock-enabled") == "true" };
            if (!state.Buckets.TryAdd(request.Bucket, bucket))
                throw new S3Error(409, "BucketAlreadyOwnedByYou", "The bucket that you tried to create already exists, and you own it.");
            S3Answer answer = S3Answer.Empty();
            answer.Headers["Location"] = $"/{request.Bucket}";
            return answer;
        }
    }

    public S3Answer Head(S3Request request)
    {
        lock (state.Gate)
            state.Bucket(request);
        return S3Answer.Empty();
    }

    public S3Answer SetVersioning(S3Request request, byte[] body)
    {
        lock (state.Gate)
            state.Bucket(request).Versioned = Encoding.UTF8.GetString(body).Contains("<Status>Enabled</Status>", StringComparison.Ordinal);
        return S3Answer.Empty();
    }

    public S3Answer Versioning(S3Request request)
    {
        lock (state.Gate)
            return S3Answer.Xml($"<VersioningConfiguration>{(state.Bucket(request).Versioned ? "<Status>Enabled</Status>" : "")}</VersioningConfiguration>");
    }

    public S3Answer List()
    {
        lock (state.Gate)
        {
            string names = string.Concat(state.Buckets.Keys.Select(b => $"<Bucket><Name>{b}</Name><CreationDate>{S3Xml.Time(state.Now)}</CreationDate></Bucket>"));
            return S3Answer.Xml($"<ListAllMyBucketsResult><Owner><ID>{S3State.Owner}</ID></Owner><Buckets>{names}</Buckets></ListAllMyBucketsResult>");
        }
    }

    public S3Answer ListVersions(S3Request request)
    {
        lock (state.Gate)
        {
            var text = new StringBuilder();
            string prefix = request.Query.GetValueOrDefault("prefix", "");
            foreach ((string key, List<S3Version> versions) in state.Bucket(request).Objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)))
            {
                foreach (S3Version version in Enumerable.Reverse(versions))
                {
                    string kind = version.Content is null ? "DeleteMarker" : "Version";
                    string bytes = version.Content is { } content ? $"<ETag>&quot;{content.ETag}&quot;</ETag><Size>{content.Length}</Size>" : "";
                    text.Append($"<{kind}><Key>{SecurityElement.Escape(key)}</Key><VersionId>{version.Id}</VersionId>");
                    text.Append($"<IsLatest>{(version == versions[^1] ? "true" : "false")}</IsLatest><LastModified>{S3Xml.Time(version.Modified)}</LastModified>{bytes}</{kind}>");
                }
            }

            return S3Answer.Xml($"<ListVersionsResult><Name>{request.Bucket}</Name><IsTruncated>false</IsTruncated>{text}</ListVersionsResult>");
        }
    }
}
