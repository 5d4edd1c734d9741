namespace Bulwark.Models.Compression;

/// <summary>Decodes LZMA2: chunks of LZMA and of plain bytes.</summary>
/// <remarks>
/// <code>
/// 00            end
/// 01, 02        plain chunk, with or without a reset of the window; length - 1 u16 big-endian
/// 80..FF        LZMA chunk: bits 5-6 what is reset, bits 0-4 and u16 the length - 1, u16 the coded length - 1, properties when bit 6 is set
/// </code>
/// Source: the LZMA SDK, Lzma2Dec.c; xz file format 1.2.1, 5.3.1.
/// </remarks>
internal sealed class Lzma2Decoder(ByteSource source, long dictionary)
{
    private readonly LzmaDecoder _lzma = new(source);
    private int _left;
    private bool _plain;
    private bool _hasWindow;
    private bool _hasProperties;
    private bool _hasState;
    private bool _ended;

    /// <summary>The size of the window that one byte of properties declares.</summary>
    public static long Dictionary(int property) => property switch
    {
        > 40 => throw new InvalidDataException("The size of the window cannot be."),
        40 => uint.MaxValue,
        _ => (2L | (property & 1)) << ((property / 2) + 11),
    };

    /// <summary>Decodes some bytes; 0 at the end.</summary>
    public int Decode(Span<byte> output)
    {
        int at = 0;
        while (at < output.Length && !_ended)
        {
            if (_left == 0)
            {
                NextChunk();
                continue;
            }

            int count = Math.Min(_left, output.Length - at);
            if (_plain)
            {
                for (int i = 0; i < count; i++)
                    output[at + i] = _lzma.PutPlain(source.Next());
            }
            else if (_lzma.Decode(output.Slice(at, count)) != count)
            {
                throw new InvalidDataException("A chunk ends early.");
            }

            at += count;
            _left -= count;
        }

        return at;
    }

    private void NextChunk()
    {
        int control = source.Next();
        if (control == 0)
        {
            _ended = true;
            return;
        }

        bool resetsWindow = control is 1 or >= 0xE0;
        if (resetsWindow)
        {
            _lzma.Window.Reset(dictionary);
            _hasWindow = true;
        }

        if (!_hasWindow || control is > 2 and < 0x80)
            throw new InvalidDataException("A chunk of LZMA2 cannot be.");
        _plain = control < 0x80;
        _left = ((control < 0x80 ? 0 : control & 0x1F) << 16) + (source.Next() << 8) + source.Next() + 1;
        if (_plain)
            return;
        source.Skip(2);
        int reset = (control >> 5) & 3;
        if (reset >= 2)
        {
            _lzma.SetProperties(source.Next());
            _hasProperties = true;
        }

        if (reset >= 1 && _hasProperties)
        {
            _lzma.ResetState();
            _hasState = true;
        }

        if (!_hasProperties || !_hasState)
            throw new InvalidDataException("A chunk of LZMA2 has no properties.");
        _lzma.Begin();
    }
}
