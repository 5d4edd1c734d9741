namespace Bulwark.Aws;

/// <summary>How objects of one bucket are written and deleted.</summary>
public sealed record S3BucketOptions
{
    /// <summary>Tags of new objects (needs <c>s3:PutObjectTagging</c>); none by default.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The KMS key that S3 encrypts new objects with; null leaves it to the bucket's default.</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>Whether S3 derives the objects' keys from one key per bucket, which saves calls to KMS. Only with <see cref="KmsKeyId"/>.</summary>
    public bool UseBucketKey { get; init; } = true;

    /// <summary>How new objects are locked; needs a bucket with object lock.</summary>
    public S3ObjectLock ObjectLock { get; init; }

    /// <summary>How long new objects are locked; only with <see cref="ObjectLock"/>.</summary>
    public TimeSpan Retention { get; init; }

    /// <summary>
    /// What a delete does in a bucket with versions. True: the deleted version is gone for good, which is what a bucket of plaintext
    /// wants (needs <c>s3:DeleteObjectVersion</c>). False: it is hidden under a delete marker, which also a locked object allows.
    /// Either way no older version comes to light.
    /// </summary>
    public bool PermanentDeletes { get; init; }

    /// <summary>The account that must own the bucket, so that a bucket that someone else made under its name is refused; null for any.</summary>
    public string? ExpectedOwner { get; init; }
}
