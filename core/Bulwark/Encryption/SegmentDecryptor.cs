namespace Bulwark.Encryption;

/// <summary>
/// Decrypts the segments of one body, in any order and on any number of threads. The layout stands at <see cref="SegmentLayout"/>,
/// the nonce at <see cref="SegmentEncryptor"/>.
/// </summary>
public sealed class SegmentDecryptor : IDisposable
{
    private readonly SegmentCipher _cipher;

    /// <summary>Derives the body's key.</summary>
    /// <param name="key">The streaming key.</param>
    /// <param name="header">The first bytes of the body: <see cref="SegmentLayout.HeaderLength"/> of them.</param>
    /// <param name="associatedData">What the body was bound to.</param>
    /// <exception cref="EncryptionException">BW1903 when the header is cut short, BW1906 when its first byte is not its length.</exception>
    public SegmentDecryptor(StreamingAeadKey key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> associatedData)
    {
        int length = key.Parameters.Layout.HeaderLength;
        if (header.Length < length)
            throw EncryptionException.Truncated(length, header.Length);
        if (header[0] != length)
            throw EncryptionException.HeaderAltered(length, header[0]);
        _cipher = new SegmentCipher(key, header[..length], associatedData);
    }

    /// <summary>Where the segments lie.</summary>
    public SegmentLayout Layout => _cipher.Layout;

    /// <summary>Decrypts one segment.</summary>
    /// <param name="index">Number of the segment, from 0.</param>
    /// <param name="last">Whether the body ends with it.</param>
    /// <param name="segment">Ciphertext and tag.</param>
    /// <param name="destination">
    /// Receives <c>segment.Length - 16</c> bytes. It may begin at the same address as the segment. When the tag does not verify it
    /// is zeroed; nobody else may read it before this method returned.
    /// </param>
    /// <exception cref="EncryptionException">BW1905 when the tag does not verify, BW1903 when the segment is shorter than a tag.</exception>
    public void Decrypt(long index, bool last, ReadOnlySpan<byte> segment, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, SegmentLayout.MaximumSegments);
        if (segment.Length < SegmentLayout.TagLength)
            throw EncryptionException.Truncated(SegmentLayout.TagLength, segment.Length);
        _cipher.Decrypt(index, last, segment, destination);
    }

    /// <summary>Zeroes the body's key.</summary>
    public void Dispose() => _cipher.Dispose();
}
