namespace Bulwark.Models;

/// <summary>Where the checksums of ranges are stored, and their four bytes as they stream by.</summary>
internal sealed class StoredChecksums
{
    /// <summary>Bytes of one checksum.</summary>
    public const int Length = sizeof(uint);

    private readonly (long Offset, int Range)[] _places;
    private int _next;

    /// <summary>Sorts the places; no two overlap.</summary>
    public StoredChecksums(IReadOnlyList<ChecksummedRange> ranges)
    {
        _places = [.. ranges.SelectMany((range, i) => range.StoredAt.Select(at => (at, i)))];
        Array.Sort(_places);
    }

    /// <summary>The range a place is about.</summary>
    public int RangeOf(int place) => _places[place].Range;

    /// <summary>The bytes of stored checksums among the next bytes of the file; a place may be cut by the end of them.</summary>
    /// <param name="offset">Where the bytes lie in the file.</param>
    /// <param name="length">How many they are.</param>
    /// <returns>Number of the place, the range it is about, where the byte lies among the bytes, and its bits' place in the checksum: 0, 8, 16, 24.</returns>
    public IEnumerable<(int Place, int Range, int At, int Shift)> In(long offset, int length)
    {
        for (; _next < _places.Length && _places[_next] is var (at, range) && at < offset + length; _next++)
        {
            for (int i = 0; i < Length; i++)
            {
                long within = at + i - offset;
                if (within >= 0 && within < length)
                    yield return (_next, range, (int)within, 8 * i);
            }

            if (at + Length > offset + length)
                yield break;
        }
    }
}
