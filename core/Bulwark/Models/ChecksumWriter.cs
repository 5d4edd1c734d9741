using Bulwark.Storage;

namespace Bulwark.Models;

/// <summary>
/// Makes the checksums that a file stores those of its edited bytes, while they stream by in file order. A checksum that stands
/// behind its bytes is known when its place comes by; one that stands ahead of them has to be known from a pass before.
/// </summary>
/// <param name="source">The file, for messages.</param>
/// <param name="ranges">What has a checksum, in file order, not overlapping.</param>
/// <param name="known">The checksums of the edited ranges of <see cref="ChecksummedRange.IsStoredAhead"/>, in their order.</param>
internal sealed class ChecksumWriter(ObjectRef source, IReadOnlyList<ChecksummedRange> ranges, RangeSums? known)
{
    private readonly RangeSums _sums = new(ranges);
    private readonly StoredChecksums _places = new(ranges);
    private readonly uint?[] _ahead = Spread(ranges, known);
    private int _compared;

    /// <summary>Rewrites the places in a window whose other edits are done.</summary>
    /// <exception cref="StorageException">BW1004: the bytes are not those of the pass before.</exception>
    public void Rewrite(FileWindow window, Span<byte> bytes)
    {
        _sums.Add(window.Offset, bytes);
        for (; _compared < _sums.Completed; _compared++)
        {
            if (_ahead[_compared] is { } due && due != _sums[_compared])
                throw StorageException.Changed(source.ToString());
        }

        foreach ((_, int range, int at, int shift) in _places.In(window.Offset, bytes.Length))
            bytes[at] = (byte)((range < _sums.Completed ? _sums[range] : _ahead[range]!.Value) >> shift);
    }

    private static uint?[] Spread(IReadOnlyList<ChecksummedRange> ranges, RangeSums? known)
    {
        uint?[] ahead = new uint?[ranges.Count];
        int next = 0;
        for (int i = 0; i < ahead.Length; i++)
            ahead[i] = ranges[i].IsStoredAhead ? known![next++] : null;
        return ahead;
    }
}
