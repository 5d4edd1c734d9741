namespace Bulwark.CloudDoubles.S3;

/// <summary>Bytes of an object or a part.</summary>
/// <param name="Pieces">The bytes; empty when the double forgets what it receives.</param>
/// <param name="Length">Their number.</param>
/// <param name="Crc32">Their CRC-32.</param>
/// <param name="ETag">Entity tag without quotes.</param>
internal sealed record S3Content(IReadOnlyList<ReadOnlyMemory<byte>> Pieces, long Length, uint Crc32, string ETag)
{
    /// <summary>A range of them.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Slice(long offset, long length)
    {
        if (Pieces.Count == 0 && Length > 0)
            throw S3Error.InvalidRequest("This double forgets what it receives.");
        List<ReadOnlyMemory<byte>> slice = [];
        foreach (ReadOnlyMemory<byte> piece in Pieces)
        {
            if (offset < piece.Length && length > 0)
            {
                ReadOnlyMemory<byte> taken = piece.Slice((int)offset, (int)Math.Min(length, piece.Length - offset));
                slice.Add(taken);
                length -= taken.Length;
                offset = 0;
            }
            else
            {
                offset -= Math.Min(offset, piece.Length);
            }
        }

        return slice;
    }
}
