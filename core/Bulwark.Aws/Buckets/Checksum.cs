using System.Buffers.Binary;
using System.IO.Hashing;
using Bulwark.Storage;

namespace Bulwark.Aws.Buckets;

/// <summary>
/// CRC-32 as S3 takes it: big-endian, in base64; of every part, and of the whole object when a multipart upload is completed.
/// It guards the way and the disk; what guards against people is the signature. S3's own favourite, CRC-64/NVME, is not among the
/// hashes of the packages that can be had.
/// </summary>
internal sealed class Checksum
{
    private readonly Crc32 _crc = new();

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => _crc.Append(bytes);

    /// <summary>The checksum of all bytes so far.</summary>
    public override string ToString() => Text(_crc.GetCurrentHashAsUInt32());

    /// <summary>The checksum of some bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Text(Crc32.HashToUInt32(bytes));

    /// <summary>Insists on what the service says it received; a service that says nothing is believed.</summary>
    /// <exception cref="StorageException">BW1009.</exception>
    public static void Require(string? answered, string expected, string what)
    {
        if (answered is { Length: > 0 } && answered != expected)
            throw StorageException.Failed(what, new InvalidDataException("the store received other bytes than were sent"));
    }

    private static string Text(uint crc)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, crc);
        return Convert.ToBase64String(bytes);
    }
}
