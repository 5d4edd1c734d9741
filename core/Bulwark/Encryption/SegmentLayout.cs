namespace Bulwark.Encryption;

/// <summary>
/// Where the bytes of a Tink AES-GCM-HKDF body lie: pure, checked arithmetic over lengths and offsets.
/// </summary>
/// <remarks>
/// With D the derived key size, S the segment size, H = D + 8 the header length and n the number of segments:
/// <code>
/// body offset   length              what
/// 0             H                   header: H (1 byte) | salt (D) | nonce prefix (7)
/// H             at most S - H       segment 0: ciphertext of at most S - H - 16 bytes | tag (16)
/// i * S         at most S           segment i, 0 &lt; i &lt; n: ciphertext of at most S - 16 bytes | tag (16)
/// </code>
/// All segments but the last are full. The last one has at least one byte of plaintext unless the whole plaintext is empty
/// (one segment: a bare tag). The body therefore has H + plaintext + 16 n bytes. n is at most 2^32.
/// Source: github.com/tink-crypto/tink-java, AesGcmHkdfStreaming; developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming.
/// </remarks>
public readonly record struct SegmentLayout
{
    /// <summary>Length of a segment's tag in bytes.</summary>
    public const int TagLength = 16;

    /// <summary>Length of the random nonce prefix in the header, in bytes.</summary>
    public const int NoncePrefixLength = 7;

    /// <summary>The most segments a body may have: their number is 4 bytes of the nonce.</summary>
    public const long MaximumSegments = 1L << 32;

    /// <summary>What segment 0 spends beside the salt: the length byte, the nonce prefix and the tag.</summary>
    internal const int FixedOverhead = 1 + NoncePrefixLength + TagLength;

    internal SegmentLayout(int segmentSize, int derivedKeySize)
    {
        SegmentSize = segmentSize;
        HeaderLength = 1 + derivedKeySize + NoncePrefixLength;
    }

    /// <summary>S: bytes of body a full segment takes (segment 0: with the header).</summary>
    public int SegmentSize { get; }

    /// <summary>H: 24 or 40 bytes.</summary>
    public int HeaderLength { get; }

    /// <summary>Plaintext bytes in a full segment 0.</summary>
    public int FirstCapacity => SegmentSize - HeaderLength - TagLength;

    /// <summary>Plaintext bytes in every other full segment.</summary>
    public int Capacity => SegmentSize - TagLength;

    /// <summary>Number of segments for a plaintext: at least 1.</summary>
    /// <exception cref="EncryptionException">BW1914 when the plaintext is too long.</exception>
    public long SegmentCount(long plaintextLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plaintextLength);
        if (plaintextLength <= FirstCapacity)
            return 1;
        long count = 1 + ((plaintextLength - FirstCapacity - 1) / Capacity) + 1;
        return count <= MaximumSegments ? count : throw EncryptionException.TooLong(plaintextLength, SegmentSize);
    }

    /// <summary>Length of the body for a plaintext.</summary>
    /// <exception cref="EncryptionException">BW1914 when the plaintext is too long.</exception>
    public long CiphertextLength(long plaintextLength)
    {
        long overhead = HeaderLength + (TagLength * SegmentCount(plaintextLength));
        return plaintextLength <= long.MaxValue - overhead
            ? plaintextLength + overhead
            : throw EncryptionException.TooLong(plaintextLength, SegmentSize);
    }

    /// <summary>Length of the plaintext in a body of a given length.</summary>
    /// <exception cref="EncryptionException">BW1903 when no body has that length: something is cut off. BW1914 when there are more than 2^32 segments.</exception>
    public long PlaintextLength(long ciphertextLength)
    {
        if (ciphertextLength < HeaderLength + TagLength)
            throw EncryptionException.Truncated(HeaderLength + TagLength, ciphertextLength);
        long count = ((ciphertextLength - 1) / SegmentSize) + 1;
        if (count > MaximumSegments)
            throw EncryptionException.TooLong(ciphertextLength, SegmentSize);
        long inLast = ciphertextLength - ((count - 1) * SegmentSize);
        if (count > 1 && inLast <= TagLength)
            throw EncryptionException.Truncated(((count - 1) * SegmentSize) + TagLength + 1, ciphertextLength);
        return ciphertextLength - HeaderLength - (TagLength * count);
    }

    /// <summary>Offset in the plaintext of the first byte of a segment.</summary>
    public long PlaintextOffset(long index) => index == 0 ? 0 : FirstCapacity + ((index - 1) * Capacity);

    /// <summary>Number of plaintext bytes in a segment.</summary>
    public int PlaintextLengthOf(long index, long plaintextLength) =>
        (int)Math.Min(index == 0 ? FirstCapacity : Capacity, plaintextLength - PlaintextOffset(index));

    /// <summary>Offset in the body of the first byte of a segment's ciphertext (after the header, for segment 0).</summary>
    public long CiphertextOffset(long index) => index == 0 ? HeaderLength : index * SegmentSize;

    /// <summary>Index of the segment that holds a byte of the plaintext.</summary>
    public long SegmentAt(long plaintextOffset) =>
        plaintextOffset < FirstCapacity ? 0 : 1 + ((plaintextOffset - FirstCapacity) / Capacity);
}
