using System.Buffers.Binary;

namespace Bulwark.Models.Compression;

/// <summary>Raw LZMA, as in 7z.</summary>
internal sealed class LzmaRawStream : DecodingStream
{
    private readonly LzmaDecoder _lzma;
    private readonly byte[] _properties;
    private long _left;
    private bool _begun;

    /// <summary>Decodes a stream.</summary>
    /// <param name="compressed">The coded bytes.</param>
    /// <param name="properties">lc, lp and pb in one byte; the size of the window in four.</param>
    /// <param name="length">Bytes to put out.</param>
    public LzmaRawStream(Stream compressed, byte[] properties, long length)
    {
        _lzma = new LzmaDecoder(new ByteSource(compressed));
        _properties = properties;
        _left = length;
    }

    /// <inheritdoc />
    protected override int Decode(Span<byte> output)
    {
        if (!_begun)
        {
            const int LeastDictionary = 4096;
            _lzma.SetProperties(_properties[0]);
            _lzma.Window.Reset(Math.Max(LeastDictionary, BinaryPrimitives.ReadUInt32LittleEndian(_properties.AsSpan(1))));
            _lzma.ResetState();
            _lzma.Begin();
            _begun = true;
        }

        int count = _left == 0 ? 0 : _lzma.Decode(output[..(int)Math.Min(output.Length, _left)]);
        _left -= count;
        return count;
    }
}
