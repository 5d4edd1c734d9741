using System.Security.Cryptography;

namespace Bulwark.Fingerprinting;

/// <summary>
/// Hashes the chunks of a tensor: SHA-256(0x00 ‖ chunk) of each. It is handed as many whole chunks at once as there are, so that
/// several can be hashed side by side. Not safe for concurrent use.
/// </summary>
internal sealed class ChunkHasher : IDisposable
{
    /// <summary>Bytes in a digest.</summary>
    public const int DigestLength = SHA256.HashSizeInBytes;

    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Hashes chunks of one length that lie one behind the other.</summary>
    /// <param name="chunks">n chunks, up to 16 from a full window.</param>
    /// <param name="chunkLength">Bytes of each, above zero; divides the length of <paramref name="chunks"/>.</param>
    /// <param name="digests">Receives n digests of 32 bytes.</param>
    public void HashChunks(ReadOnlySpan<byte> chunks, int chunkLength, Span<byte> digests)
    {
        int count = Math.DivRem(chunks.Length, chunkLength, out int rest);
        if (rest != 0 || digests.Length != count * DigestLength)
            throw new ArgumentException("The spans do not hold the same number of whole chunks.", nameof(chunks));
        for (int i = 0; i < count; i++)
        {
            _sha256.AppendData([0]);
            _sha256.AppendData(chunks.Slice(i * chunkLength, chunkLength));
            _sha256.GetHashAndReset(digests.Slice(i * DigestLength, DigestLength));
        }
    }

    public void Dispose() => _sha256.Dispose();
}
