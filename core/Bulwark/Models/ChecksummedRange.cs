namespace Bulwark.Models;

/// <summary>Bytes whose CRC-32 is stored elsewhere in the file; whoever edits them rewrites it there.</summary>
/// <param name="Name">What the bytes are, such as the member of an archive; for messages.</param>
/// <param name="Offset">First byte of the range, from the start of the file.</param>
/// <param name="Length">Its length.</param>
/// <param name="StoredAt">Offsets of the four little-endian bytes that hold the CRC-32 (ISO-HDLC, as in zip), before or after the range.</param>
public sealed record ChecksummedRange(string Name, long Offset, long Length, IReadOnlyList<long> StoredAt)
{
    /// <summary>First byte after the range.</summary>
    public long End => Offset + Length;

    /// <summary>True when a copy of the checksum is written before the bytes it is about.</summary>
    public bool IsStoredAhead => StoredAt.Any(at => at < Offset);
}
