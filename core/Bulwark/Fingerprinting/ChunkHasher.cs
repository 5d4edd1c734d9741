using System.Security.Cryptography;

namespace Bulwark.Fingerprinting;

/// <summary>
/// Hashes the chunks of a tensor: SHA-256(0x00 ‖ chunk) of each. It is handed as many whole chunks at once as there are, so that
/// two threads can share them. Not safe for concurrent use.
/// </summary>
internal sealed class ChunkHasher : IDisposable
{
    /// <summary>Bytes in a digest.</summary>
    public const int DigestLength = SHA256.HashSizeInBytes;

    /// <summary>Threads that share a batch: the whole work on one is the longest of the first pass, where nothing else fills a second core.</summary>
    private const int Lanes = 2;

    private readonly IncrementalHash[] _lanes = [.. Enumerable.Range(0, Lanes).Select(_ => IncrementalHash.CreateHash(HashAlgorithmName.SHA256))];

    /// <summary>Hashes chunks of one length that lie one behind the other.</summary>
    /// <param name="chunks">n chunks, up to 16 from a full window.</param>
    /// <param name="chunkLength">Bytes of each, above zero; divides the length of <paramref name="chunks"/>.</param>
    /// <param name="digests">Receives n digests of 32 bytes.</param>
    public unsafe void HashChunks(ReadOnlySpan<byte> chunks, int chunkLength, Span<byte> digests)
    {
        int count = Math.DivRem(chunks.Length, chunkLength, out int rest);
        if (rest != 0 || digests.Length != count * DigestLength)
            throw new ArgumentException("The spans do not hold the same number of whole chunks.", nameof(chunks));
        if (count == 0)
            return;
        int lanes = Math.Min(count, Lanes);
        fixed (byte* input = chunks, output = digests)
        {
            byte* from = input, to = output;
            Parallel.For(0, lanes, lane => HashLane(
                _lanes[lane], from, chunkLength, to, count * lane / lanes, count * (lane + 1) / lanes));
        }
    }

    public void Dispose() => Array.ForEach(_lanes, l => l.Dispose());

    private static unsafe void HashLane(IncrementalHash sha256, byte* chunks, int chunkLength, byte* digests, int first, int end)
    {
        for (int i = first; i < end; i++)
        {
            sha256.AppendData([0]);
            sha256.AppendData(new ReadOnlySpan<byte>(chunks + (long)i * chunkLength, chunkLength));
            sha256.GetHashAndReset(new Span<byte>(digests + i * DigestLength, DigestLength));
        }
    }
}
