using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Bulwark.Storage;

namespace Bulwark.Models;

/// <summary>
/// Walks an object front to back through a small window, for formats whose header is a long chain of fields between which
/// large data is stepped over unread. Every read is checked against what is left before anything is allocated.
/// </summary>
/// <param name="reader">The object.</param>
/// <param name="endsEarly">Makes the error for a read past the end, from the offset of the read.</param>
internal sealed class ObjectCursor(IObjectReader reader, Func<long, ModelFormatException> endsEarly)
{
    private const int WindowLength = 1 << 16;

    private byte[] _window = [];
    private int _start;
    private int _end;
    private long _base;

    /// <summary>Size of the object.</summary>
    public long Size { get; } = reader.Source.Size;

    /// <summary>Offset of the next byte.</summary>
    public long Position => _base + _start;

    /// <summary>Bytes after <see cref="Position"/>.</summary>
    public long Remaining => Size - Position;

    /// <summary>Bytes that are in the window already and can be looked at without reading.</summary>
    public ReadOnlySpan<byte> Buffered => _window.AsSpan(_start, _end - _start);

    /// <summary>Brings the next bytes into the window; fails when the object ends before them.</summary>
    public ValueTask RequireAsync(int count, CancellationToken cancellationToken)
    {
        if (_end - _start >= count)
            return ValueTask.CompletedTask;
        if (count > Remaining)
            Fail();
        return FillAsync(count, cancellationToken);
    }

    /// <summary>Brings up to so many of the next bytes into the window: fewer only at the end of the object.</summary>
    public ValueTask PeekAsync(int count, CancellationToken cancellationToken) => RequireAsync((int)Math.Min(count, Remaining), cancellationToken);

    /// <summary>Takes bytes that <see cref="RequireAsync"/> brought in. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        ReadOnlySpan<byte> taken = _window.AsSpan(_start, count);
        _start += count;
        return taken;
    }

    /// <summary>Steps over bytes without reading them.</summary>
    public void Skip(long count)
    {
        if (count < 0 || count > Remaining)
            Fail();
        if (count <= _end - _start)
        {
            _start += (int)count;
            return;
        }

        _base = Position + count;
        _start = _end = 0;
    }

    /// <summary>Reads one byte.</summary>
    public async ValueTask<byte> ByteAsync(CancellationToken cancellationToken)
    {
        await RequireAsync(1, cancellationToken).ConfigureAwait(false);
        return Take(1)[0];
    }

    /// <summary>Reads four little-endian bytes.</summary>
    public async ValueTask<uint> UInt32Async(CancellationToken cancellationToken)
    {
        await RequireAsync(sizeof(uint), cancellationToken).ConfigureAwait(false);
        return BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
    }

    /// <summary>Reads eight little-endian bytes.</summary>
    public async ValueTask<ulong> UInt64Async(CancellationToken cancellationToken)
    {
        await RequireAsync(sizeof(ulong), cancellationToken).ConfigureAwait(false);
        return BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
    }

    /// <summary>Reads a number of seven bits a byte, least significant first; null when it has more than 64 bits.</summary>
    public async ValueTask<ulong?> VarintAsync(CancellationToken cancellationToken)
    {
        const int MaximumLength = 10;
        await PeekAsync(MaximumLength, cancellationToken).ConfigureAwait(false);
        return Varint(MaximumLength);
    }

    private ulong? Varint(int maximumLength)
    {
        ulong value = 0;
        ReadOnlySpan<byte> bytes = Buffered;
        for (int i = 0; i < maximumLength; i++)
        {
            if (i >= bytes.Length)
                Fail();
            if (i == maximumLength - 1 && bytes[i] > 1)
                return null;
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                _start += i + 1;
                return value;
            }
        }

        return null;
    }

    private async ValueTask FillAsync(int count, CancellationToken cancellationToken)
    {
        int kept = _end - _start;
        if (_window.Length < count)
            Array.Resize(ref _window, (int)Math.Min(Math.Max(count, WindowLength), Math.Max(count, kept + (Size - (_base + _end)))));
        _window.AsSpan(_start, kept).CopyTo(_window);
        _base += _start;
        (_start, _end) = (0, kept);
        int wanted = (int)Math.Min(_window.Length - kept, Size - _base - kept);
        await reader.ReadAsync(_base + kept, _window.AsMemory(kept, wanted), cancellationToken).ConfigureAwait(false);
        _end = kept + wanted;
    }

    [DoesNotReturn]
    private void Fail() => throw endsEarly(Position);
}
