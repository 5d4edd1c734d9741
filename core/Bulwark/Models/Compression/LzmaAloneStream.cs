namespace Bulwark.Models.Compression;

/// <summary>The old .lzma format: properties u8, window u32, length u64 or -1, LZMA.</summary>
internal sealed class LzmaAloneStream : DecodingStream
{
    private readonly LzmaDecoder _lzma;
    private readonly ByteSource _source;
    private long _left;
    private bool _begun;

    /// <summary>Decodes a stream.</summary>
    public LzmaAloneStream(Stream compressed)
    {
        _source = new ByteSource(compressed);
        _lzma = new LzmaDecoder(_source);
    }

    /// <inheritdoc />
    protected override int Decode(Span<byte> output)
    {
        if (!_begun)
        {
            _lzma.SetProperties(_source.Next());
            uint dictionary = _source.UInt32();
            _left = (long)(_source.UInt32() | ((ulong)_source.UInt32() << 32));
            if (_left < -1)
                throw new InvalidDataException("The length cannot be.");
            const int LeastDictionary = 4096;
            _lzma.Window.Reset(Math.Max(LeastDictionary, dictionary));
            _lzma.ResetState();
            _lzma.Begin();
            _begun = true;
        }

        if (_left == 0 || _lzma.Ended)
            return 0;
        int count = _lzma.Decode(_left < 0 ? output : output[..(int)Math.Min(output.Length, _left)]);
        if (_left > 0)
        {
            _left -= count;
            if (_lzma.Ended && _left > 0)
                throw new InvalidDataException("The data ends early.");
        }

        return count;
    }
}
