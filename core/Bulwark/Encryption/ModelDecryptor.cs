using System.Buffers;
using System.Security.Cryptography;
using Bulwark.Keys;
using Bulwark.Storage;

namespace Bulwark.Encryption;

/// <summary>
/// Opens an encrypted body: whole, in parallel and in order, or any range of it. Plaintext leaves it only after the tag of its segment
/// verified. Safe for concurrent range reads.
/// </summary>
public sealed class ModelDecryptor : IDisposable
{
    private readonly IObjectReader _body;
    private readonly SegmentDecryptor _segments;
    private readonly byte[]? _digest;
    private readonly long _last;

    private ModelDecryptor(IObjectReader body, SegmentDecryptor segments, long plaintextLength, byte[]? digest)
    {
        _body = body;
        _segments = segments;
        _digest = digest;
        Length = plaintextLength;
        _last = segments.Layout.SegmentCount(plaintextLength) - 1;
        // Tink allows segments of 2^31 - 1 bytes; one that is really that long does not fit into an array.
        if (Layout.PlaintextLengthOf(Math.Min(_last, 1), plaintextLength) > Array.MaxLength - SegmentLayout.TagLength)
            throw EncryptionException.BadParameters($"a segment of {Layout.SegmentSize} bytes does not fit into memory");
    }

    /// <summary>Length of the plaintext in bytes.</summary>
    public long Length { get; }

    /// <summary>Where the segments lie.</summary>
    public SegmentLayout Layout => _segments.Layout;

    /// <summary>
    /// Opens a body by its sidecar. Before any segment is touched: the sizes agree, the header is the sidecar's, a wrap opens, and
    /// the key commitment holds.
    /// </summary>
    /// <param name="body">The body. It stays the caller's, and must live as long as this.</param>
    /// <param name="sidecar">Its sidecar.</param>
    /// <param name="available">The wrapping keys at hand; only those that answer to the name of a wrap are asked.</param>
    /// <param name="expectedAssociatedData">What the body must be bound to, or null to take the sidecar's word.</param>
    /// <param name="cancellationToken">Cancels reads and calls to key services.</param>
    /// <exception cref="EncryptionException">
    /// BW1901 wrong key, BW1902 wrong associated data, BW1903 truncated, BW1904 appended, BW1907 header altered or another body's
    /// sidecar, BW1909 swapped keyset or altered associated data, BW1913 a keyset with parameters Tink refuses.
    /// </exception>
    public static async Task<ModelDecryptor> OpenAsync(
        IObjectReader body,
        EnvelopeSidecar sidecar,
        IReadOnlyList<IWrappingKey> available,
        string? expectedAssociatedData,
        CancellationToken cancellationToken)
    {
        if (expectedAssociatedData is not null && expectedAssociatedData != sidecar.AssociatedData)
            throw EncryptionException.WrongAssociatedData(expectedAssociatedData, sidecar.AssociatedData);
        long expected = sidecar.CiphertextSize, found = body.Source.Size;
        if (found < expected)
            throw EncryptionException.Truncated(expected, found);
        if (found > expected)
            throw EncryptionException.Appended(expected, found);
        byte[] header = new byte[sidecar.Layout.HeaderLength];
        await body.ReadAsync(0, header, cancellationToken);
        if (!header.AsSpan().SequenceEqual(sidecar.HeaderBytes))
            throw EncryptionException.OtherBody();
        using StreamingKeyset keyset = await sidecar.UnwrapAsync(available, cancellationToken);
        StreamingAeadKey key = sidecar.Committed(keyset) ?? throw EncryptionException.CommitmentMismatch();
        return new ModelDecryptor(
            body, new SegmentDecryptor(key, header, sidecar.AssociatedDataBytes), sidecar.PlaintextSize, Convert.FromHexString(sidecar.PlaintextSha256));
    }

    /// <summary>
    /// Opens a bare Tink ciphertext, without a sidecar: the enabled key that opens segment 0 is taken. There is no key commitment then,
    /// and no digest: who chose the keyset must be trusted.
    /// </summary>
    /// <exception cref="EncryptionException">BW1903 truncated, BW1906 header altered, BW1912 no key opens it.</exception>
    public static async Task<ModelDecryptor> OpenTinkAsync(
        IObjectReader body, StreamingKeyset keyset, ReadOnlyMemory<byte> associatedData, CancellationToken cancellationToken)
    {
        EncryptionException? refusal = null;
        foreach (StreamingAeadKey key in keyset.Keys)
        {
            ModelDecryptor? opened = null;
            try
            {
                SegmentLayout layout = key.Parameters.Layout;
                long length = layout.PlaintextLength(body.Source.Size);
                byte[] header = new byte[layout.HeaderLength];
                await body.ReadAsync(0, header, cancellationToken);
                opened = new ModelDecryptor(body, new SegmentDecryptor(key, header, associatedData.Span), length, null);
                await opened.ReadSegmentAsync(0, 0, Memory<byte>.Empty, cancellationToken);
                return opened;
            }
            catch (EncryptionException e)
            {
                opened?.Dispose();
                refusal = keyset.Keys.Count == 1 && e.Code != "BW1905" ? e : EncryptionException.NoKeyOpens();
            }
            catch
            {
                opened?.Dispose();
                throw;
            }
        }

        throw refusal!;
    }

    /// <summary>Reads a range of the plaintext; a range of up to a segment's length touches at most two segments.</summary>
    /// <param name="offset">Offset in the plaintext.</param>
    /// <param name="buffer">Is filled. When this throws, it holds only verified plaintext and what was in it before.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="EncryptionException">BW1905 when a segment is refused, BW1916 when the range is outside the plaintext.</exception>
    /// <exception cref="StorageException">The body cannot be read, or changed.</exception>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        CheckRange(offset, buffer.Length);
        while (!buffer.IsEmpty)
        {
            long index = Layout.SegmentAt(offset);
            long skip = offset - Layout.PlaintextOffset(index);
            int take = (int)Math.Min(buffer.Length, Layout.PlaintextLengthOf(index, Length) - skip);
            await ReadSegmentAsync(index, (int)skip, buffer[..take], cancellationToken);
            buffer = buffer[take..];
            offset += take;
        }
    }

    /// <summary>Decrypts the whole body to a new object; the caller commits it.</summary>
    /// <inheritdoc cref="DecryptAsync(Func{ReadOnlyMemory{byte}, CancellationToken, ValueTask}, bool, IProgress{long}?, CancellationToken)"/>
    public Task DecryptAsync(IObjectWriter sink, bool checkDigest, IProgress<long>? progress, CancellationToken cancellationToken) =>
        DecryptAsync(sink.WriteAsync, checkDigest, progress, cancellationToken);

    /// <summary>Decrypts the whole body, in parallel, and hands the plaintext out in order.</summary>
    /// <param name="sink">Receives verified plaintext; the memory may be reused once its task completes.</param>
    /// <param name="checkDigest">
    /// Whether to compare the plaintext's SHA-256 with the sidecar's at the end. False for a caller that computes and compares it
    /// anyway; the segments' tags are always checked.
    /// </param>
    /// <param name="progress">Told the number of plaintext bytes handed out so far.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="EncryptionException">
    /// BW1905 when a segment is refused: nothing of it or of later ones was handed out. BW1911 when the digest differs: what was handed
    /// out must be discarded.
    /// </exception>
    /// <exception cref="StorageException">The body cannot be read, or changed meanwhile.</exception>
    public async Task DecryptAsync(
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink, bool checkDigest, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using IncrementalHash? digest = checkDigest && _digest is not null ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        await DecryptSegmentsAsync(
            0,
            Length,
            async (plaintext, token) =>
            {
                digest?.AppendData(plaintext.Span);
                await sink(plaintext, token);
            },
            progress,
            cancellationToken);
        if (digest is not null && !CryptographicOperations.FixedTimeEquals(digest.GetHashAndReset(), _digest))
            throw EncryptionException.DigestMismatch();
    }

    /// <summary>Decrypts a range of any length, in parallel, and hands the plaintext out in order.</summary>
    /// <param name="offset">Offset in the plaintext.</param>
    /// <param name="length">Bytes to decrypt.</param>
    /// <param name="sink">Receives verified plaintext; the memory may be reused once its task completes.</param>
    /// <param name="progress">Told the number of plaintext bytes handed out so far.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="EncryptionException">BW1905 when a segment is refused, BW1916 when the range is outside the plaintext.</exception>
    /// <exception cref="StorageException">The body cannot be read, or changed meanwhile.</exception>
    public Task DecryptRangeAsync(
        long offset,
        long length,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink,
        IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        CheckRange(offset, length);
        return length == 0 ? Task.CompletedTask : DecryptSegmentsAsync(offset, length, sink, progress, cancellationToken);
    }

    /// <summary>Zeroes the body's key. The body itself stays open.</summary>
    public void Dispose() => _segments.Dispose();

    private async Task DecryptSegmentsAsync(
        long offset, long length, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        long end = offset + length;
        await new RunPipeline(Layout, Length).RunAsync(
            Layout.SegmentAt(offset),
            length == 0 ? 0 : Layout.SegmentAt(end - 1),
            fill: (_, _) => ValueTask.CompletedTask,
            transform: async (slot, token) =>
            {
                // Read here and not while filling: an object store gives its full speed only to several reads at once.
                await _body.ReadAsync(slot.Run.CiphertextOffset, slot.Ciphertext, token);
                Decrypt(slot);
            },
            drain: async (slot, token) =>
            {
                int from = (int)Math.Max(0, offset - slot.Run.PlaintextOffset);
                int to = (int)Math.Min(slot.Run.PlaintextLength, end - slot.Run.PlaintextOffset);
                if (to > from)
                    await sink(slot.Plaintext[from..to], token);
                progress?.Report(slot.Run.PlaintextOffset + to - offset);
            },
            cancellationToken);
        await _body.EnsureUnchangedAsync(cancellationToken);
    }

    private void Decrypt(RunPipeline.Slot slot)
    {
        Span<byte> plaintext = slot.Plaintext.Span;
        ReadOnlySpan<byte> ciphertext = slot.Ciphertext.Span;
        for (int i = 0; i < slot.Run.Count; i++)
        {
            long index = slot.Run.First + i;
            int length = Layout.PlaintextLengthOf(index, Length);
            _segments.Decrypt(index, index == _last, ciphertext[..(length + SegmentLayout.TagLength)], plaintext[..length]);
            plaintext = plaintext[length..];
            ciphertext = ciphertext[(length + SegmentLayout.TagLength)..];
        }
    }

    private async ValueTask ReadSegmentAsync(long index, int skip, Memory<byte> destination, CancellationToken cancellationToken)
    {
        int length = Layout.PlaintextLengthOf(index, Length);
        byte[] segment = ArrayPool<byte>.Shared.Rent(length + SegmentLayout.TagLength);
        Memory<byte> whole = segment.AsMemory(0, length + SegmentLayout.TagLength);
        try
        {
            await _body.ReadAsync(Layout.CiphertextOffset(index), whole, cancellationToken);
            // In place and in our own buffer: the caller's never holds plaintext that is not verified yet.
            _segments.Decrypt(index, index == _last, whole.Span, whole.Span);
            whole.Slice(skip, destination.Length).CopyTo(destination);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(whole.Span);
            ArrayPool<byte>.Shared.Return(segment);
        }
    }

    private void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
            throw EncryptionException.OutOfRange(offset, length, Length);
    }
}
