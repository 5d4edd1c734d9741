using System.Buffers;
using System.Collections.Concurrent;
using Amazon.S3;
using Amazon.S3.Model;
using Bulwark.Storage;

namespace Bulwark.Aws.Buckets;

/// <summary>
/// Writes an object that fits one part with one PUT, and a larger one as a multipart upload whose parts leave as they fill.
/// <code>
/// answer to the publishing call              what it means
/// 200                                        published
/// 412, 404, 5xx, no answer                   look: does the object carry our write id? Then an earlier attempt had published it
/// 409 ConditionalRequestConflict             someone writes or deletes there right now: again, then BW1005
/// 412, 404 and not our write id              BW1005
/// </code>
/// A write that was published, whose answer was lost, and that someone replaced before we looked, is reported as BW1005; it came to be,
/// and is no more.
/// </summary>
internal sealed class S3ObjectWriter(Bucket bucket, string name, WriteCondition condition) : IObjectWriter
{
    private const string Permission = "s3:PutObject, and kms:GenerateDataKey on the bucket's key";
    private const int FirstBufferBytes = 64 << 10;
    private const int BufferGrowth = 8;
    private const int MostRaces = 6;
    private static readonly TimeSpan RacePause = TimeSpan.FromMilliseconds(50);

    private readonly string _what = bucket.What(name);
    private readonly string _writeId = Guid.NewGuid().ToString("N");
    private readonly Checksum _checksum = new();
    private readonly ConcurrentBag<byte[]> _free = [];
    private MultipartUpload? _upload;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
    private bool _bufferIsPooled = true;
    private int _filled;
    private int _flushed;
    private int _number = 1;
    private long _size;
    private bool _committed;
    private bool _disposed;

    /// <inheritdoc />
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        if (bytes.Length > PartPlan.MaxObjectBytes - _size)
            throw StorageException.TooLarge(_what, PartPlan.MaxObjectInWords);
        while (bytes.Length > 0)
        {
            int partSize = PartPlan.Of(_number).Size;
            if (_filled == partSize)
            {
                await SendFullPartAsync(cancellationToken);
                continue;
            }

            int count = Math.Min(bytes.Length, partSize - _filled);
            MakeRoom(_filled + count, partSize);
            bytes.Span[..count].CopyTo(_buffer.AsSpan(_filled));
            _checksum.Append(bytes.Span[..count]);
            _filled += count;
            _size += count;
            bytes = bytes[count..];
        }
    }

    /// <inheritdoc />
    /// <remarks>
    /// An object that fits one part is published by one call anyway, and is not sent before. The last part of a larger one is sent,
    /// and sent again under the same number when more is written.
    /// </remarks>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        if (_upload is null)
            return;
        if (_filled > 0)
            _upload.Send(_number, _buffer, _filled, release: null);
        await _upload.WaitForRoomAsync(1, cancellationToken);
        _flushed = _filled;
    }

    /// <inheritdoc />
    public async Task<ObjectRef> CommitAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        S3Version version;
        if (_upload is { } upload)
        {
            if (_flushed != _filled)
                await FlushAsync(cancellationToken);
            version = await PublishAsync(() => upload.CompleteAsync(condition, _size, _checksum.ToString(), cancellationToken), cancellationToken);
            upload.MarkPublished();
        }
        else
        {
            version = await PublishAsync(() => PutAsync(cancellationToken), cancellationToken);
        }

        _committed = true;
        return new ObjectRef(S3ObjectStore.Scheme, bucket.Name, name, version.ToString(), _size);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_upload is not null)
            await _upload.DisposeAsync();
        _free.Clear();
        GiveBack();
    }

    private async Task SendFullPartAsync(CancellationToken cancellationToken)
    {
        _upload ??= await MultipartUpload.BeginAsync(bucket, name, _writeId, cancellationToken);
        PartPlan next = PartPlan.Of(_number + 1);
        await _upload.WaitForRoomAsync(next.AtOnce - 1, cancellationToken);
        _upload.Send(_number, _buffer, _filled, _free.Add);
        _number++;
        _filled = 0;
        _flushed = 0;
        _bufferIsPooled = false;
        _buffer = [];
    }

    private void MakeRoom(int needed, int partSize)
    {
        if (needed <= _buffer.Length)
            return;
        if (_number > 1)
        {
            // Buffers of an earlier, smaller size are dropped on the way.
            byte[]? free;
            while (_free.TryTake(out free) && free.Length < partSize)
            {
            }

            _buffer = free is not null && free.Length >= partSize ? free : GC.AllocateUninitializedArray<byte>(partSize);
            return;
        }

        int size = Math.Min(partSize, Math.Max(needed, _buffer.Length * BufferGrowth));
        byte[] larger = size == partSize ? GC.AllocateUninitializedArray<byte>(size) : ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        GiveBack();
        _buffer = larger;
        _bufferIsPooled = size != partSize;
    }

    private void GiveBack()
    {
        if (_bufferIsPooled)
            ArrayPool<byte>.Shared.Return(_buffer);
        _bufferIsPooled = false;
        _buffer = [];
    }

    private async Task<S3Version> PutAsync(CancellationToken cancellationToken)
    {
        string checksum = _checksum.ToString();
        using MemoryStream stream = new(_buffer, 0, _filled, writable: false);
        PutObjectRequest request = new()
        {
            Key = name,
            InputStream = stream,
            AutoCloseStream = false,
            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
            ChecksumCRC32 = checksum,
            DisablePayloadSigning = bucket.LineIsProtected,
            IfNoneMatch = condition.MustNotExist ? "*" : null,
            IfMatch = condition.MustMatch is { } version ? S3Version.Parse(version).QuotedETag : null,
        };
        bucket.Describe(request, _writeId);
        PutObjectResponse put = await bucket.CallAsync(client => client.PutObjectAsync(request, cancellationToken));
        Checksum.Require(put.ChecksumCRC32, checksum, _what);
        return S3Version.Of(put.ETag, put.VersionId);
    }

    private async Task<S3Version> PublishAsync(Func<Task<S3Version>> publish, CancellationToken cancellationToken)
    {
        for (int race = 1; ; race++)
        {
            try
            {
                return await publish();
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (AmazonS3Exception error) when (S3Failure.IsRace(error) && race < MostRaces)
            {
                await Task.Delay(RacePause * race, cancellationToken);
            }
            catch (Exception error) when (S3Failure.Of(error, _what, Permission) is { } failure)
            {
                if (S3Failure.LeavesDoubt(error) && await FindOursAsync(cancellationToken) is { } ours)
                    return ours;
                throw error is AmazonS3Exception { ErrorCode: "NoSuchKey" } && condition.MustMatch is not null ? StorageException.Conflict(_what) : failure;
            }
        }
    }

    private async Task<S3Version?> FindOursAsync(CancellationToken cancellationToken)
    {
        try
        {
            PresentObject? present = await bucket.LookAsync(name, cancellationToken);
            return present?.WriteId == _writeId ? present.Version : null;
        }
        catch (StorageException)
        {
            return null;
        }
    }

    private void RequireOpen()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_committed)
            throw new InvalidOperationException("The object was committed already.");
    }
}
