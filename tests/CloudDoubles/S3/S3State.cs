namespace Bulwark.CloudDoubles.S3;

/// <summary>Everything the double knows.</summary>
internal sealed class S3State
{
    public const string Owner = "123456789012";

    public Lock Gate { get; } = new();

    public SortedDictionary<string, S3Bucket> Buckets { get; } = new(StringComparer.Ordinal);

    public int PageSize { get; set; } = 1000;

    public TimeSpan ClockOffset { get; set; }

    public DateTimeOffset Now => DateTimeOffset.UtcNow + ClockOffset;

    public S3Bucket Bucket(S3Request request)
    {
        if (request.Header("x-amz-expected-bucket-owner") is { } expected && expected != Owner)
            throw new S3Error(403, "AccessDenied", "Access Denied");
        return Buckets.TryGetValue(request.Bucket, out S3Bucket? bucket) ? bucket : throw S3Error.NoSuchBucket();
    }
}
