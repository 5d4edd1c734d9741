using System.Globalization;
using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Bulwark.Storage;

namespace Bulwark.Aws.Buckets;

/// <summary>
/// Ranges of one version of an object. Every GET names the entity tag, and the version id where there is one, so the answer has bytes
/// of that version or none. Large reads are split and fetched in parallel; an answer that breaks off is continued where it broke.
/// </summary>
/// <param name="bucket">The bucket.</param>
/// <param name="source">The object as it was asked for.</param>
/// <param name="pinned">The version that is read.</param>
internal sealed class S3ObjectReader(Bucket bucket, ObjectRef source, S3Version pinned) : IObjectReader
{
    private const string Permission = "s3:GetObject (s3:GetObjectVersion with versions), and kms:Decrypt on the key it is encrypted with";
    private const int PieceBytes = 8 << 20;
    private const int PiecesAtOnce = 4;
    private const int MostBreaks = 6;
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private readonly string _what = source.ToString();

    /// <inheritdoc />
    public ObjectRef Source => source;

    /// <inheritdoc />
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (offset < 0 || offset > source.Size - buffer.Length)
            throw StorageException.OutOfRange(_what, offset, buffer.Length);
        if (buffer.Length <= PieceBytes)
        {
            await ReadPieceAsync(offset, buffer, cancellationToken);
            return;
        }

        int pieces = (buffer.Length + PieceBytes - 1) / PieceBytes;
        await Parallel.ForAsync(
            0,
            pieces,
            new ParallelOptions { MaxDegreeOfParallelism = PiecesAtOnce, CancellationToken = cancellationToken },
            (piece, token) =>
            {
                int start = piece * PieceBytes;
                return ReadPieceAsync(offset + start, buffer.Slice(start, Math.Min(PieceBytes, buffer.Length - start)), token);
            });
    }

    /// <inheritdoc />
    public async ValueTask EnsureUnchangedAsync(CancellationToken cancellationToken)
    {
        PresentObject? present = await bucket.LookAsync(source.Name, cancellationToken);
        if (present is null || !present.Version.Matches(pinned))
            throw StorageException.Changed(_what);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask ReadPieceAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int done = 0;
        for (int breaks = 0; done < buffer.Length;)
        {
            using GetObjectResponse answer = await AskAsync(offset + done, buffer.Length - done, cancellationToken);
            int before = done;
            try
            {
                done += await ReceiveAsync(answer, buffer[done..], cancellationToken);
                breaks = done > before ? 1 : breaks + 1;
                if (done < buffer.Length && breaks > MostBreaks)
                    throw StorageException.Failed(_what, new EndOfStreamException("the answers break off"));
            }
            catch (Exception error) when (error is not StorageException && !cancellationToken.IsCancellationRequested)
            {
                throw S3Failure.Of(error, _what, Permission) ?? StorageException.Failed(_what, error);
            }

            if (done < buffer.Length)
                await Task.Delay(FirstPause * breaks, cancellationToken);
        }
    }

    private async Task<GetObjectResponse> AskAsync(long offset, int length, CancellationToken cancellationToken)
    {
        GetObjectRequest request = new()
        {
            BucketName = bucket.Name,
            Key = source.Name,
            VersionId = pinned.Id,
            EtagToMatch = pinned.QuotedETag,
            ByteRange = new ByteRange(offset, offset + length - 1),
            ExpectedBucketOwner = bucket.Options.ExpectedOwner,
        };
        GetObjectResponse answer = await bucket.CallAsync(
            _what,
            Permission,
            async client =>
            {
                try
                {
                    return await client.GetObjectAsync(request, cancellationToken);
                }
                catch (AmazonS3Exception error) when (S3Failure.IsMissing(error) || S3Failure.IsConditionFailed(error) || error.StatusCode == HttpStatusCode.MethodNotAllowed)
                {
                    // 405: the version id is a delete marker's.
                    throw StorageException.Changed(_what);
                }
                catch (AmazonS3Exception error) when (error.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                {
                    throw StorageException.OutOfRange(_what, offset, length);
                }
            },
            cancellationToken);
        string expected = string.Create(CultureInfo.InvariantCulture, $"bytes {offset}-{offset + length - 1}/{source.Size}");
        if (answer.ContentLength == length && answer.ContentRange == expected)
            return answer;
        answer.Dispose();
        throw StorageException.OutOfRange(_what, offset, length);
    }

    /// <summary>Takes what comes, up to where it ends or breaks off.</summary>
    private static async Task<int> ReceiveAsync(GetObjectResponse answer, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int done = 0;
        try
        {
            while (done < buffer.Length)
            {
                silence.CancelAfter(LongestSilence);
                int count = await answer.ResponseStream.ReadAsync(buffer[done..], silence.Token);
                if (count == 0)
                    break;
                done += count;
            }
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested && error is IOException or HttpRequestException or OperationCanceledException)
        {
            // What came before is good; the rest is asked for again.
        }

        return done;
    }
}
