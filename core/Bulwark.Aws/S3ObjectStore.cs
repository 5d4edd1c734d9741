using System.Net;
using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;
using Bulwark.Aws.Buckets;
using Bulwark.Storage;

namespace Bulwark.Aws;

/// <summary>An object store in S3: the container is the bucket, the name is the key.</summary>
/// <remarks>
/// <para>
/// Works with and without versions in the bucket, and with object lock. Writes are conditional by entity tag (If-None-Match, If-Match)
/// and safe to repeat: each carries an id of its own, by which a write whose answer was lost is known again. Reads are pinned to the
/// version.
/// </para>
/// <para>
/// What was sent is checked by S3 against the CRC-32 of each part and of the whole object. What was read is covered by TLS only;
/// what stands on this store verifies signatures and digests.
/// </para>
/// </remarks>
/// <param name="s3">The client, see <see cref="AwsClients"/>; the caller disposes it.</param>
/// <param name="options">Options of the buckets.</param>
/// <param name="clock">Tells how long objects are locked; the system's by default.</param>
public sealed class S3ObjectStore(IAmazonS3 s3, S3ObjectStoreOptions? options = null, TimeProvider? clock = null) : IObjectStore
{
    /// <summary>The store's scheme in an <see cref="ObjectRef"/>.</summary>
    public const string Scheme = "s3";

    private readonly S3ObjectStoreOptions _options = options ?? new S3ObjectStoreOptions();
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>The <see cref="ObjectRef.Version"/> of an object that an event names.</summary>
    /// <param name="eTag">The event's entity tag, with or without quotes.</param>
    /// <param name="versionId">The event's version id; null or empty when the bucket has no versions.</param>
    public static string VersionOf(string eTag, string? versionId) => S3Version.Of(eTag, versionId).ToString();

    /// <summary>Whether two versions can be the same: where either lacks the version's id, the entity tag decides.</summary>
    public static bool IsSameVersion(string one, string other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return S3Version.Parse(one).Matches(S3Version.Parse(other));
    }

    /// <inheritdoc />
    /// <exception cref="StorageException">BW1002 for a name that S3 refuses, BW1007 without permission, BW1009 for any other failure.</exception>
    public async Task<ObjectRef?> FindAsync(string container, string name, CancellationToken cancellationToken)
    {
        S3Name.Check(name);
        PresentObject? present = await BucketOf(container).LookAsync(name, cancellationToken);
        return present is null ? null : new ObjectRef(Scheme, container, name, present.Version.ToString(), present.Size);
    }

    /// <inheritdoc />
    /// <exception cref="StorageException">BW1001 when it is gone, BW1003 when it has another size, BW1004 when it is another version.</exception>
    public async Task<IObjectReader> OpenReadAsync(ObjectRef reference, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reference);
        S3Name.Check(reference.Name);
        Bucket bucket = BucketOf(reference.Container);
        PresentObject present = await bucket.LookAsync(reference.Name, cancellationToken) ?? throw StorageException.NotFound(reference.ToString());
        if (!present.Version.Matches(S3Version.Parse(reference.Version)))
            throw StorageException.Changed(reference.ToString());
        if (present.Size != reference.Size)
            throw StorageException.OutOfRange(reference.ToString(), 0, reference.Size);
        return new S3ObjectReader(bucket, reference, present.Version);
    }

    /// <inheritdoc />
    public Task<IObjectWriter> CreateAsync(string container, string name, WriteCondition condition, CancellationToken cancellationToken)
    {
        S3Name.Check(name);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IObjectWriter>(new S3ObjectWriter(BucketOf(container), name, condition));
    }

    /// <inheritdoc />
    /// <remarks>
    /// The versions are entity tags alone, because a listing has no version ids. They serve everywhere, but are not equal to what
    /// <see cref="FindAsync"/> says in a bucket with versions. A key that <see cref="FindAsync"/> would refuse is an error (BW1002)
    /// raised after every good name was returned.
    /// </remarks>
    public async IAsyncEnumerable<ObjectRef> ListAsync(
        string container, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        S3Name.CheckPrefix(prefix);
        Bucket bucket = BucketOf(container);
        string? refused = null;
        string? continuation = null;
        do
        {
            ListObjectsV2Request request = new()
            {
                BucketName = container,
                Prefix = prefix,
                ContinuationToken = continuation,
                Encoding = EncodingType.Url,
                ExpectedBucketOwner = bucket.Options.ExpectedOwner,
            };
            ListObjectsV2Response page = await bucket.CallAsync(
                bucket.What(prefix), "s3:ListBucket", client => client.ListObjectsV2Async(request, cancellationToken), cancellationToken);
            foreach (S3Object found in page.S3Objects ?? [])
            {
                cancellationToken.ThrowIfCancellationRequested();
                string name = WebUtility.UrlDecode(found.Key);
                if (S3Name.Fault(name) is not null)
                    refused ??= name;
                else
                    yield return new ObjectRef(Scheme, container, name, S3Version.Of(found.ETag, null).ToString(), found.Size ?? 0);
            }

            continuation = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (continuation is not null);

        if (refused is not null)
            S3Name.Check(refused);
    }

    /// <inheritdoc />
    /// <remarks>
    /// In a bucket with versions the object is hidden under a delete marker, so that no older version comes to light, and then, with
    /// <see cref="S3BucketOptions.PermanentDeletes"/>, the version is deleted for good. The marker stays; a lifecycle rule
    /// (ExpiredObjectDeleteMarker) clears it away.
    /// </remarks>
    public async Task DeleteAsync(ObjectRef reference, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reference);
        S3Name.Check(reference.Name);
        Bucket bucket = BucketOf(reference.Container);
        S3Version version = S3Version.Parse(reference.Version);
        if (await bucket.LookAsync(reference.Name, cancellationToken) is { } present)
        {
            if (!present.Version.Matches(version))
                throw StorageException.Changed(reference.ToString());
            version = present.Version;
            await HideAsync(bucket, reference, version, cancellationToken);
        }

        // Also where it is hidden already: a crash may have come between.
        if (bucket.Options.PermanentDeletes && version.Id is { } id)
        {
            DeleteObjectRequest request = new()
            {
                BucketName = bucket.Name,
                Key = reference.Name,
                VersionId = id,
                ExpectedBucketOwner = bucket.Options.ExpectedOwner,
            };
            await DeleteAsync(bucket, reference, "s3:DeleteObjectVersion, and no lock on the object", request, cancellationToken);
        }
    }

    /// <summary>Aborts multipart uploads that writers that died left behind; a lifecycle rule on the bucket does the same.</summary>
    /// <param name="container">The bucket.</param>
    /// <param name="prefix">Only uploads of names that start with it.</param>
    /// <param name="olderThan">Only uploads that began so long ago.</param>
    /// <param name="cancellationToken">Stops between two uploads.</param>
    /// <returns>How many uploads were aborted.</returns>
    public async Task<int> SweepAbandonedAsync(string container, string prefix, TimeSpan olderThan, CancellationToken cancellationToken)
    {
        S3Name.CheckPrefix(prefix);
        Bucket bucket = BucketOf(container);
        DateTime newest = (_clock.GetUtcNow() - olderThan).UtcDateTime;
        int aborted = 0;
        ListMultipartUploadsRequest request = new() { BucketName = container, Prefix = prefix, ExpectedBucketOwner = bucket.Options.ExpectedOwner };
        ListMultipartUploadsResponse page;
        do
        {
            page = await bucket.CallAsync(
                bucket.What(prefix), "s3:ListBucketMultipartUploads", client => client.ListMultipartUploadsAsync(request, cancellationToken), cancellationToken);
            foreach (Amazon.S3.Model.MultipartUpload found in page.MultipartUploads ?? [])
            {
                // moto and others tell no time; what has none is not known to be old.
                if (found.Initiated is not { } begun || begun.ToUniversalTime() > newest)
                    continue;
                await Buckets.MultipartUpload.AbortAsync(bucket, found.Key, found.UploadId, cancellationToken);
                aborted++;
            }

            request.KeyMarker = page.NextKeyMarker;
            request.UploadIdMarker = page.NextUploadIdMarker;
        }
        while (page.IsTruncated == true);

        return aborted;
    }

    private static Task HideAsync(Bucket bucket, ObjectRef reference, S3Version version, CancellationToken cancellationToken)
    {
        DeleteObjectRequest request = new()
        {
            BucketName = bucket.Name,
            Key = reference.Name,
            IfMatch = version.QuotedETag,
            ExpectedBucketOwner = bucket.Options.ExpectedOwner,
        };
        return DeleteAsync(bucket, reference, "s3:DeleteObject", request, cancellationToken);
    }

    private static async Task DeleteAsync(
        Bucket bucket, ObjectRef reference, string permission, DeleteObjectRequest request, CancellationToken cancellationToken) => await bucket.CallAsync(
        reference.ToString(),
        permission,
        async client =>
        {
            try
            {
                return await client.DeleteObjectAsync(request, cancellationToken);
            }
            catch (AmazonS3Exception error) when (S3Failure.IsMissing(error))
            {
                return null;
            }
            catch (AmazonS3Exception error) when (S3Failure.IsConditionFailed(error) || S3Failure.IsRace(error))
            {
                throw StorageException.Changed(reference.ToString());
            }
        },
        cancellationToken);

    private Bucket BucketOf(string container)
    {
        ArgumentException.ThrowIfNullOrEmpty(container);
        return new Bucket(s3, container, _options.For(container), _clock);
    }
}
