using System.Collections.Concurrent;
using Amazon.S3;
using Amazon.S3.Model;
using Bulwark.Storage;

namespace Bulwark.Aws.Buckets;

/// <summary>One multipart upload: parts on their way, and its end, good or bad.</summary>
internal sealed class MultipartUpload : IAsyncDisposable
{
    private const string Permission = "s3:PutObject, and kms:GenerateDataKey and kms:Decrypt on the bucket's key";
    private static readonly TimeSpan AbortTime = TimeSpan.FromSeconds(30);

    private readonly Bucket _bucket;
    private readonly string _key;
    private readonly string _uploadId;
    private readonly ConcurrentDictionary<int, string> _eTags = new();
    private readonly List<Task> _onTheirWay = [];
    private readonly CancellationTokenSource _stop = new();
    private bool _ended;

    private MultipartUpload(Bucket bucket, string key, string uploadId)
    {
        _bucket = bucket;
        _key = key;
        _uploadId = uploadId;
    }

    /// <summary>Begins one.</summary>
    public static async Task<MultipartUpload> BeginAsync(Bucket bucket, string key, string writeId, CancellationToken cancellationToken)
    {
        InitiateMultipartUploadRequest request = new() { Key = key, ChecksumAlgorithm = ChecksumAlgorithm.CRC32, ChecksumType = ChecksumType.FULL_OBJECT };
        bucket.Describe(request, writeId);
        InitiateMultipartUploadResponse begun = await bucket.CallAsync(
            bucket.What(key), Permission, client => client.InitiateMultipartUploadAsync(request, cancellationToken), cancellationToken);
        return new MultipartUpload(bucket, key, begun.UploadId);
    }

    /// <summary>Waits until fewer than so many parts are on their way.</summary>
    /// <exception cref="StorageException">Why one of them failed.</exception>
    public async Task WaitForRoomAsync(int fewerThan, CancellationToken cancellationToken)
    {
        while (_onTheirWay.Count >= fewerThan)
        {
            Task first = await Task.WhenAny(_onTheirWay).WaitAsync(cancellationToken);
            await first;
            _onTheirWay.Remove(first);
        }
    }

    /// <summary>Sends a part; a later one of the same number takes its place.</summary>
    /// <param name="number">Counted from 1.</param>
    /// <param name="bytes">The part; must not change until <paramref name="release"/> was called.</param>
    /// <param name="length">How many of the bytes.</param>
    /// <param name="release">Called when the bytes are not needed any more.</param>
    public void Send(int number, byte[] bytes, int length, Action<byte[]>? release) => _onTheirWay.Add(Task.Run(() => SendAsync(number, bytes, length, release)));

    /// <summary>Makes the parts one object.</summary>
    /// <param name="condition">When it may be published.</param>
    /// <param name="size">The object's size.</param>
    /// <param name="checksum">CRC32 of the whole object, big-endian, in base64.</param>
    /// <param name="cancellationToken">A cancellation token.</param>
    /// <exception cref="AmazonS3Exception">As the service says it.</exception>
    public async Task<S3Version> CompleteAsync(WriteCondition condition, long size, string checksum, CancellationToken cancellationToken)
    {
        CompleteMultipartUploadRequest request = new()
        {
            BucketName = _bucket.Name,
            Key = _key,
            UploadId = _uploadId,
            ExpectedBucketOwner = _bucket.Options.ExpectedOwner,
            PartETags = [.. _eTags.OrderBy(p => p.Key).Select(p => new PartETag(p.Key, p.Value))],
            ChecksumCRC32 = checksum,
            ChecksumType = ChecksumType.FULL_OBJECT,
            MpuObjectSize = size,
            IfNoneMatch = condition.MustNotExist ? "*" : null,
            IfMatch = condition.MustMatch is { } version ? S3Version.Parse(version).QuotedETag : null,
        };
        CompleteMultipartUploadResponse done = await _bucket.CallAsync(client => client.CompleteMultipartUploadAsync(request, cancellationToken));
        _ended = true;
        return S3Version.Of(done.ETag, done.VersionId);
    }

    /// <summary>Says that the object is published although no answer said so.</summary>
    public void MarkPublished() => _ended = true;

    /// <summary>Aborts the upload, unless it became an object. What cannot be aborted is left to <see cref="S3ObjectStore.SweepAbandonedAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_onTheirWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        if (_ended)
            return;
        _ended = true;
        using CancellationTokenSource time = new(AbortTime);
        try
        {
            await AbortAsync(_bucket, _key, _uploadId, time.Token);
        }
        catch (Exception error) when (error is StorageException or OperationCanceledException)
        {
            // The failure that led here is the one to report.
        }
    }

    /// <summary>Aborts an upload; one that is gone is no error.</summary>
    public static Task AbortAsync(Bucket bucket, string key, string uploadId, CancellationToken cancellationToken)
    {
        AbortMultipartUploadRequest request = new()
        {
            BucketName = bucket.Name,
            Key = key,
            UploadId = uploadId,
            ExpectedBucketOwner = bucket.Options.ExpectedOwner,
        };
        return bucket.CallAsync(
            bucket.What(key),
            "s3:AbortMultipartUpload",
            async client =>
            {
                try
                {
                    return await client.AbortMultipartUploadAsync(request, cancellationToken);
                }
                catch (AmazonS3Exception error) when (S3Failure.IsMissing(error))
                {
                    return null;
                }
            },
            cancellationToken);
    }

    private async Task SendAsync(int number, byte[] bytes, int length, Action<byte[]>? release)
    {
        string checksum = Checksum.Of(bytes.AsSpan(0, length));
        using MemoryStream stream = new(bytes, 0, length, writable: false);
        UploadPartRequest request = new()
        {
            BucketName = _bucket.Name,
            Key = _key,
            UploadId = _uploadId,
            ExpectedBucketOwner = _bucket.Options.ExpectedOwner,
            PartNumber = number,
            PartSize = length,
            InputStream = stream,
            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
            ChecksumCRC32 = checksum,
            DisablePayloadSigning = _bucket.LineIsProtected,
        };
        UploadPartResponse sent = await _bucket.CallAsync(
            _bucket.What(_key), Permission, client => client.UploadPartAsync(request, _stop.Token), _stop.Token);
        Checksum.Require(sent.ChecksumCRC32, checksum, _bucket.What(_key));
        _eTags[number] = sent.ETag;
        release?.Invoke(bytes);
    }
}
