using Amazon.S3;
using Amazon.S3.Model;

namespace Bulwark.Aws.Buckets;

/// <summary>One bucket: its options on every request, and its failures in the port's words.</summary>
internal sealed class Bucket(IAmazonS3 s3, string name, S3BucketOptions options, TimeProvider clock)
{
    private const string WriteIdHeader = "x-amz-meta-bulwark-write";

    /// <summary>The bucket's name.</summary>
    public string Name => name;

    /// <summary>Its options.</summary>
    public S3BucketOptions Options => options;

    /// <summary>
    /// Whether the line itself protects what is sent, so that hashing it once more for the signature is a waste.
    /// The checksum of the content is sent and checked either way.
    /// </summary>
    public bool LineIsProtected { get; } = s3.Config.ServiceURL is { } url ? url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) : !s3.Config.UseHttp;

    /// <summary>An object, for messages.</summary>
    public string What(string key) => $"{S3ObjectStore.Scheme}://{name}/{key}";

    /// <summary>Calls the service and translates its failures.</summary>
    /// <param name="what">The object or bucket, for messages.</param>
    /// <param name="permission">The IAM actions that the call needs.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">The token that the call was given.</param>
    public async Task<T> CallAsync<T>(string what, string permission, Func<IAmazonS3, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(s3);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception error) when (S3Failure.Of(error, what, permission) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Calls the service as it is.</summary>
    public Task<T> CallAsync<T>(Func<IAmazonS3, Task<T>> call) => call(s3);

    /// <summary>Looks at the present version of an object. Null when there is none.</summary>
    public Task<PresentObject?> LookAsync(string key, CancellationToken cancellationToken) => CallAsync(
        What(key),
        "s3:GetObject on it, and s3:ListBucket on the bucket to learn that it is missing",
        async client =>
        {
            try
            {
                GetObjectMetadataResponse head = await client.GetObjectMetadataAsync(
                    new GetObjectMetadataRequest { BucketName = name, Key = key, ExpectedBucketOwner = options.ExpectedOwner }, cancellationToken);
                return new PresentObject(S3Version.Of(head.ETag, head.VersionId), head.ContentLength, head.Metadata[WriteIdHeader]);
            }
            catch (AmazonS3Exception error) when (S3Failure.IsMissing(error))
            {
                return (PresentObject?)null;
            }
        },
        cancellationToken);

    /// <summary>Fills in what a new object has besides its bytes.</summary>
    public void Describe(PutObjectRequest request, string writeId)
    {
        request.BucketName = name;
        request.ExpectedBucketOwner = options.ExpectedOwner;
        request.Metadata[WriteIdHeader] = writeId;
        request.TagSet = Tags();
        if (options.KmsKeyId is { } kmsKey)
        {
            request.ServerSideEncryptionMethod = ServerSideEncryptionMethod.AWSKMS;
            request.ServerSideEncryptionKeyManagementServiceKeyId = kmsKey;
            request.BucketKeyEnabled = options.UseBucketKey;
        }

        if (LockMode() is { } mode)
        {
            request.ObjectLockMode = mode;
            request.ObjectLockRetainUntilDate = LockedUntil();
        }
    }

    /// <summary>Fills in what a new object has besides its bytes.</summary>
    public void Describe(InitiateMultipartUploadRequest request, string writeId)
    {
        request.BucketName = name;
        request.ExpectedBucketOwner = options.ExpectedOwner;
        request.Metadata[WriteIdHeader] = writeId;
        request.TagSet = Tags();
        if (options.KmsKeyId is { } kmsKey)
        {
            request.ServerSideEncryptionMethod = ServerSideEncryptionMethod.AWSKMS;
            request.ServerSideEncryptionKeyManagementServiceKeyId = kmsKey;
            request.BucketKeyEnabled = options.UseBucketKey;
        }

        if (LockMode() is { } mode)
        {
            request.ObjectLockMode = mode;
            request.ObjectLockRetainUntilDate = LockedUntil();
        }
    }

    private List<Tag>? Tags() => options.Tags.Count == 0 ? null : [.. options.Tags.Select(t => new Tag { Key = t.Key, Value = t.Value })];

    private ObjectLockMode? LockMode() => options.ObjectLock switch
    {
        S3ObjectLock.Governance => ObjectLockMode.Governance,
        S3ObjectLock.Compliance => ObjectLockMode.Compliance,
        _ => null,
    };

    private DateTime LockedUntil() => (clock.GetUtcNow() + options.Retention).UtcDateTime;
}
