using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Bulwark.Keys;

namespace Bulwark.Encryption;

/// <summary>AES-GCM over the segments of one body: the mechanics that encryptor and decryptor share.</summary>
internal sealed class SegmentCipher : IDisposable
{
    private const int NonceLength = 12;

    private readonly byte[] _noncePrefix;
    private readonly SecretBytes _derivedKey;

    // An AesGcm holds one cipher context, which threads must not share; expanding the key for each segment would cost more than a small one.
    private readonly ConcurrentQueue<AesGcm> _idle = new();
    private volatile bool _disposed;

    public SegmentCipher(StreamingAeadKey key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> associatedData)
    {
        Layout = key.Parameters.Layout;
        _noncePrefix = header[(1 + key.Parameters.DerivedKeySize)..].ToArray();
        _derivedKey = key.Derive(header.Slice(1, key.Parameters.DerivedKeySize), associatedData);
    }

    public SegmentLayout Layout { get; }

    public void Encrypt(long index, bool last, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        WriteNonce(nonce, index, last);
        AesGcm aes = Rent();
        try
        {
            aes.Encrypt(nonce, plaintext, destination[..plaintext.Length], destination.Slice(plaintext.Length, SegmentLayout.TagLength));
        }
        finally
        {
            Return(aes);
        }
    }

    public void Decrypt(long index, bool last, ReadOnlySpan<byte> segment, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        WriteNonce(nonce, index, last);
        int length = segment.Length - SegmentLayout.TagLength;
        AesGcm aes = Rent();
        try
        {
            aes.Decrypt(nonce, segment[..length], segment[length..], destination[..length]);
        }
        catch (AuthenticationTagMismatchException e)
        {
            CryptographicOperations.ZeroMemory(destination[..length]);
            throw EncryptionException.SegmentRefused(index, last, e);
        }
        finally
        {
            Return(aes);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryDequeue(out AesGcm? aes))
            aes.Dispose();
        _derivedKey.Dispose();
    }

    private void WriteNonce(Span<byte> nonce, long index, bool last)
    {
        _noncePrefix.CopyTo(nonce);
        BinaryPrimitives.WriteUInt32BigEndian(nonce[SegmentLayout.NoncePrefixLength..], checked((uint)index));
        nonce[^1] = last ? (byte)1 : (byte)0;
    }

    private AesGcm Rent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _idle.TryDequeue(out AesGcm? aes) ? aes : new AesGcm(_derivedKey.Span, SegmentLayout.TagLength);
    }

    private void Return(AesGcm aes)
    {
        _idle.Enqueue(aes);
        // A thread that comes back after the disposal must not leave its context behind.
        if (_disposed && _idle.TryDequeue(out AesGcm? late))
            late.Dispose();
    }
}
