namespace Bulwark.Models.Compression;

/// <summary>Hands out the bytes of a stream one by one from a buffer.</summary>
/// <param name="stream">The stream; stays open.</param>
internal sealed class ByteSource(Stream stream)
{
    private readonly byte[] _buffer = new byte[1 << 14];
    private int _at;
    private int _end;
    private long _before;

    /// <summary>Bytes handed out so far.</summary>
    public long Position => _before + _at;

    /// <summary>The next byte.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public byte Next() => _at < _end || Fill() ? _buffer[_at++] : throw new InvalidDataException("The data ends early.");

    /// <summary>The next byte; -1 at the end.</summary>
    public int TryNext() => _at < _end || Fill() ? _buffer[_at++] : -1;

    /// <summary>Fills a span.</summary>
    public void Read(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_at == _end && !Fill())
                throw new InvalidDataException("The data ends early.");
            int taken = Math.Min(bytes.Length, _end - _at);
            _buffer.AsSpan(_at, taken).CopyTo(bytes);
            _at += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>Steps over bytes.</summary>
    public void Skip(int count)
    {
        for (int i = 0; i < count; i++)
            Next();
    }

    /// <summary>The next four bytes, little-endian.</summary>
    public uint UInt32() => (uint)(Next() | (Next() << 8) | (Next() << 16) | (Next() << 24));

    private bool Fill()
    {
        _before += _at;
        _at = 0;
        _end = stream.Read(_buffer, 0, _buffer.Length);
        return _end > 0;
    }
}
