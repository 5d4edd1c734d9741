namespace Bulwark.Models;

/// <summary>Bytes whose CRC-32 is stored elsewhere in the file; whoever edits them rewrites it there.</summary>
/// <param name="Offset">First byte of the range, from the start of the file.</param>
/// <param name="Length">Its length.</param>
/// <param name="StoredAt">Offsets of the four little-endian bytes that hold the CRC-32 (ISO-HDLC, as in zip), before or after the range.</param>
public sealed record ChecksummedRange(long Offset, long Length, IReadOnlyList<long> StoredAt);
