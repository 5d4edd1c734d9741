namespace Bulwark.Models.Compression;

/// <summary>The last bytes that LZMA put out, to copy from. Grows with the output, not with what a header declares.</summary>
internal sealed class LzmaWindow
{
    /// <summary>The largest window. Matches from further back cannot be followed.</summary>
    public const int MaxLength = 64 << 20;

    private const int FirstLength = 1 << 16;

    private byte[] _bytes = new byte[FirstLength];
    private long _dictionary;
    private int _at;

    /// <summary>Bytes put out since the last reset.</summary>
    public long Total { get; private set; }

    /// <summary>The byte before the next; 0 when there is none.</summary>
    public byte Last => Total == 0 ? (byte)0 : _bytes[_at == 0 ? _bytes.Length - 1 : _at - 1];

    /// <summary>Forgets everything.</summary>
    /// <param name="dictionary">How far matches may go back.</param>
    public void Reset(long dictionary)
    {
        _dictionary = dictionary;
        _at = 0;
        Total = 0;
    }

    /// <summary>Puts out a byte.</summary>
    public void Put(byte value)
    {
        if (_at == _bytes.Length)
        {
            if (_bytes.Length < MaxLength && _bytes.Length < _dictionary)
                Array.Resize(ref _bytes, _bytes.Length * 2);
            else
                _at = 0;
        }

        _bytes[_at++] = value;
        Total++;
    }

    /// <summary>The byte at a distance of <paramref name="distance"/> + 1 before the next.</summary>
    public byte Get(uint distance)
    {
        int index = _at - 1 - (int)distance;
        return _bytes[index < 0 ? index + _bytes.Length : index];
    }

    /// <summary>Checks a distance.</summary>
    public void Check(uint distance)
    {
        if (distance >= Total || distance >= _dictionary)
            throw new InvalidDataException("A match goes back before the beginning.");
        if (distance >= _bytes.Length)
            throw new NotSupportedException("A match goes back further than is held.");
    }
}
