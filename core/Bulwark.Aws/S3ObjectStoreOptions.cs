namespace Bulwark.Aws;

/// <summary>How an <see cref="S3ObjectStore"/> writes and deletes, bucket by bucket.</summary>
public sealed record S3ObjectStoreOptions
{
    /// <summary>The buckets that have options of their own, by name.</summary>
    public IReadOnlyDictionary<string, S3BucketOptions> Buckets { get; init; } = new Dictionary<string, S3BucketOptions>(StringComparer.Ordinal);

    /// <summary>The options of every other bucket.</summary>
    public S3BucketOptions Default { get; init; } = new();

    /// <summary>The options of a bucket.</summary>
    public S3BucketOptions For(string bucket) => Buckets.TryGetValue(bucket, out S3BucketOptions? found) ? found : Default;
}
