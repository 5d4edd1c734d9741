using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Bulwark.CloudDoubles.S3;

/// <summary>A request by path (<c>/bucket/key</c>), taken apart.</summary>
internal sealed class S3Request
{
    public S3Request(HttpContext context)
    {
        Http = context.Request;
        string target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        int end = target.IndexOf('?', StringComparison.Ordinal);
        string path = (end < 0 ? target : target[..end])[1..];
        int slash = path.IndexOf('/', StringComparison.Ordinal);
        Bucket = slash < 0 ? path : path[..slash];
        Key = slash < 0 ? "" : Uri.UnescapeDataString(path[(slash + 1)..]);
        foreach ((string name, var value) in QueryHelpers.ParseQuery(end < 0 ? "" : target[end..]))
            Query[name] = value.ToString();
        Operation = Name(context.Request.Method);
    }

    public HttpRequest Http { get; }

    public string Bucket { get; }

    public string Key { get; }

    public Dictionary<string, string> Query { get; } = [];

    public string Operation { get; }

    public string? Header(string name) => Http.Headers.TryGetValue(name, out var value) ? value.ToString() : null;

    private bool Has(string name) => Query.ContainsKey(name);

    private string Name(string method) => (method, Bucket, Key) switch
    {
        ("GET", "", _) => "ListBuckets",
        ("PUT", _, "") => Has("versioning") ? "PutBucketVersioning" : Query.Count == 0 ? "CreateBucket" : "",
        ("HEAD", _, "") => "HeadBucket",
        ("GET", _, "") when Has("versioning") => "GetBucketVersioning",
        ("GET", _, "") when Has("location") => "GetBucketLocation",
        ("GET", _, "") when Has("uploads") => "ListMultipartUploads",
        ("GET", _, "") when Has("versions") => "ListObjectVersions",
        ("GET", _, "") when Query.GetValueOrDefault("list-type") == "2" => "ListObjectsV2",
        ("PUT", _, _) when Header("x-amz-copy-source") is not null => "CopyObject",
        ("PUT", _, _) when Has("uploadId") => "UploadPart",
        ("PUT", _, _) when Query.Keys.All(k => k == "x-id") => "PutObject",
        ("POST", _, not "") when Has("uploads") => "CreateMultipartUpload",
        ("POST", _, not "") when Has("uploadId") => "CompleteMultipartUpload",
        ("DELETE", _, not "") when Has("uploadId") => "AbortMultipartUpload",
        ("DELETE", _, not "") => "DeleteObject",
        ("HEAD", _, _) => "HeadObject",
        ("GET", _, _) when Has("tagging") => "GetObjectTagging",
        ("GET", _, _) when Has("uploadId") => "ListParts",
        ("GET", _, _) => "GetObject",
        _ => "",
    };
}
