using System.IO.Hashing;

namespace Bulwark.Models;

/// <summary>CRC-32 of ranges of a file whose bytes stream by in order.</summary>
/// <param name="ranges">The ranges, in file order, not overlapping.</param>
internal sealed class RangeSums(IReadOnlyList<ChecksummedRange> ranges)
{
    private readonly uint[] _sums = new uint[ranges.Count];
    private readonly Crc32 _running = new();

    /// <summary>How many ranges went by to their ends: the first so many.</summary>
    public int Completed { get; private set; }

    /// <summary>The checksum of a range that is complete.</summary>
    public uint this[int range] => _sums[range];

    /// <summary>Adds the next bytes of the file. Bytes may be left out between two calls where no range lies.</summary>
    /// <param name="offset">Where they lie.</param>
    /// <param name="bytes">The bytes.</param>
    public void Add(long offset, ReadOnlySpan<byte> bytes)
    {
        long end = offset + bytes.Length;
        while (Completed < ranges.Count && ranges[Completed] is { } range && range.Offset <= end)
        {
            long from = Math.Max(range.Offset, offset);
            long to = Math.Min(range.End, end);
            if (from < to)
                _running.Append(bytes[(int)(from - offset)..(int)(to - offset)]);
            if (range.End > end)
                return;
            _sums[Completed++] = _running.GetCurrentHashAsUInt32();
            _running.Reset();
        }
    }
}
