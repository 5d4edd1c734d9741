namespace Bulwark.Models;

/// <summary>Compares the checksums that a file stores with its bytes while they stream by, in one pass and in file order.</summary>
/// <param name="ranges">What has a checksum, in file order, not overlapping.</param>
internal sealed class ChecksumReader(IReadOnlyList<ChecksummedRange> ranges)
{
    private readonly RangeSums _sums = new(ranges);
    private readonly StoredChecksums _places = new(ranges);
    private readonly uint[] _stored = new uint[ranges.Sum(r => r.StoredAt.Count)];

    /// <summary>Adds a window.</summary>
    public void Add(FileWindow window, ReadOnlySpan<byte> bytes)
    {
        _sums.Add(window.Offset, bytes);
        foreach ((int place, _, int at, int shift) in _places.In(window.Offset, bytes.Length))
            _stored[place] |= (uint)bytes[at] << shift;
    }

    /// <summary>After the last window: refuses a file that stores a checksum other than that of its bytes.</summary>
    /// <param name="file">Name for messages.</param>
    /// <exception cref="ModelFormatException">BW1427.</exception>
    public void ThrowIfWrong(string file)
    {
        for (int place = 0; place < _stored.Length; place++)
        {
            int range = _places.RangeOf(place);
            if (range >= _sums.Completed || _stored[place] != _sums[range])
                throw ModelFormatException.WrongChecksum(file, ranges[range].Name);
        }
    }
}
