using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>Walks a part of an object front to back in pieces of 64 KiB, of which the next bytes can be looked at whole.</summary>
/// <param name="reader">The object.</param>
/// <param name="start">The part's first byte.</param>
/// <param name="end">The first byte after it; inside the object.</param>
internal sealed class DirectoryWindow(IObjectReader reader, long start, long end)
{
    private const int PieceLength = 1 << 16;

    private byte[] _buffer = [];
    private int _from;
    private int _to;

    /// <summary>Offset of the next byte.</summary>
    public long Position { get; private set; } = start;

    /// <summary>Bytes left.</summary>
    public long Remaining => end - Position;

    /// <summary>The next bytes: as many as asked for, or all that are left.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(int length, CancellationToken cancellationToken)
    {
        length = (int)Math.Min(length, Remaining);
        if (_to - _from < length)
        {
            int held = _to - _from;
            int wanted = (int)Math.Min(Math.Max(length, PieceLength), Remaining);
            byte[] buffer = _buffer.Length >= wanted ? _buffer : new byte[wanted];
            _buffer.AsSpan(_from, held).CopyTo(buffer);
            _buffer = buffer;
            (_from, _to) = (0, wanted);
            await reader.ReadAsync(Position + held, buffer.AsMemory(held, wanted - held), cancellationToken).ConfigureAwait(false);
        }

        return _buffer.AsMemory(_from, length);
    }

    /// <summary>Steps over bytes that were looked at.</summary>
    public void Advance(int length)
    {
        _from += length;
        Position += length;
    }
}
