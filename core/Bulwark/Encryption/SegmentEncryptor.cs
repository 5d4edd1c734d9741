using System.Security.Cryptography;

namespace Bulwark.Encryption;

/// <summary>
/// Encrypts the segments of one new body, in any order and on any number of threads. Write <see cref="Header"/> first, then the
/// segments in order. The layout stands at <see cref="SegmentLayout"/>.
/// </summary>
/// <remarks>
/// <code>
/// nonce of segment i (12 bytes) = nonce prefix (7) | i (4, big-endian) | 1 if it is the last segment, else 0
/// </code>
/// Segments carry no associated data of their own: the body's went into the key derivation. A segment can be encrypted once only:
/// a second plaintext under the same nonce would give both away, so a retry starts a new encryptor.
/// </remarks>
public sealed class SegmentEncryptor : IDisposable
{
    private readonly SegmentCipher _cipher;
    private readonly HashSet<long> _usedAhead = [];
    private readonly Lock _lock = new();
    private long _firstUnused;
    private long _last = -1;

    /// <summary>Draws a salt and a nonce prefix and derives the body's key.</summary>
    /// <param name="key">The streaming key.</param>
    /// <param name="associatedData">What the body is bound to; whoever opens it must give the same bytes. May be empty.</param>
    public SegmentEncryptor(StreamingAeadKey key, ReadOnlySpan<byte> associatedData)
    {
        byte[] header = new byte[key.Parameters.Layout.HeaderLength];
        header[0] = (byte)header.Length;
        RandomNumberGenerator.Fill(header.AsSpan(1));
        Header = header;
        KeyCommitment = key.Commit(header, associatedData);
        _cipher = new SegmentCipher(key, header, associatedData);
    }

    /// <summary>The bytes the body starts with: 40, or 24 for 16-byte keys.</summary>
    public ReadOnlyMemory<byte> Header { get; }

    /// <summary>HMAC-SHA-256 over header and associated data under the key value, 32 bytes, for the sidecar.</summary>
    public ReadOnlyMemory<byte> KeyCommitment { get; }

    /// <summary>Where the segments lie.</summary>
    public SegmentLayout Layout => _cipher.Layout;

    /// <summary>Encrypts one segment.</summary>
    /// <param name="index">Number of the segment, from 0.</param>
    /// <param name="last">Whether it is the last one.</param>
    /// <param name="plaintext">
    /// Exactly <see cref="SegmentLayout.FirstCapacity"/> (segment 0) or <see cref="SegmentLayout.Capacity"/> bytes; the last segment may
    /// be shorter, and is empty only when the whole plaintext is.
    /// </param>
    /// <param name="destination">
    /// Receives <c>plaintext.Length + 16</c> bytes: ciphertext and tag. It may begin at the same address as the plaintext; it must not
    /// overlap it otherwise.
    /// </param>
    /// <exception cref="InvalidOperationException">The segment was encrypted before, or another one was the last.</exception>
    public void Encrypt(long index, bool last, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, SegmentLayout.MaximumSegments);
        int capacity = index == 0 ? Layout.FirstCapacity : Layout.Capacity;
        if (plaintext.Length > capacity || (!last && plaintext.Length != capacity) || (index > 0 && plaintext.IsEmpty))
            throw new ArgumentException($"Segment {index} takes {capacity} bytes of plaintext, not {plaintext.Length}.", nameof(plaintext));
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, plaintext.Length + SegmentLayout.TagLength);
        MarkUsed(index, last);
        _cipher.Encrypt(index, last, plaintext, destination);
    }

    /// <summary>Zeroes the body's key.</summary>
    public void Dispose() => _cipher.Dispose();

    private void MarkUsed(long index, bool last)
    {
        lock (_lock)
        {
            if (index < _firstUnused || (_last >= 0 && (last || index > _last)) || !_usedAhead.Add(index))
                throw new InvalidOperationException($"Segment {index} was encrypted before, or does not come before the last one; start a new encryptor.");
            if (last)
                _last = index;
            while (_usedAhead.Remove(_firstUnused))
                _firstUnused++;
        }
    }
}
