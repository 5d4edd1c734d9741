using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>Small reads here and there in an object, mostly forward: neighbours are served from one block.</summary>
/// <param name="reader">The object.</param>
internal sealed class RangeWindow(IObjectReader reader)
{
    private const int BlockLength = 4096;

    private byte[] _block = [];
    private long _start;
    private int _length;

    /// <summary>Bytes from an offset: as many as asked for, or fewer at the end of the object. Valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> GetAsync(long offset, int length, CancellationToken cancellationToken)
    {
        long size = reader.Source.Size;
        if (offset < 0 || offset >= size)
            return ReadOnlyMemory<byte>.Empty;
        length = (int)Math.Min(length, size - offset);
        if (offset < _start || offset + length > _start + _length)
        {
            int wanted = (int)Math.Min(Math.Max(length, BlockLength), size - offset);
            if (_block.Length < wanted)
                _block = new byte[wanted];
            _length = 0;
            await reader.ReadAsync(offset, _block.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
            (_start, _length) = (offset, wanted);
        }

        return _block.AsMemory((int)(offset - _start), length);
    }
}
