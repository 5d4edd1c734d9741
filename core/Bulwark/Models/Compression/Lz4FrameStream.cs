namespace Bulwark.Models.Compression;

/// <summary>The LZ4 frame format, one or more frames. Checks of the content are not verified.</summary>
/// <remarks>
/// <code>
/// frame    04 22 4D 18 | flags: version 01, independent, block checks, size, check, -, dictionary | block size bits 4-6 | [size u64] | [dictionary u32] | u8 |
///          blocks | 0 u32 | [check u32]
/// block    length u32, bit 31 for plain | data | [check u32]
/// sequence token: literals, match - 4 | more literals | literals | distance u16 | more match
/// skipped  5x 2A 4D 18 | length u32 | data
/// </code>
/// Source: LZ4 Frame Format 1.6.4, LZ4 Block Format 1.5.1 (Y. Collet).
/// </remarks>
internal sealed class Lz4FrameStream(Stream compressed) : DecodingStream
{
    private const uint Magic = 0x184D2204;
    private const uint SkippedMagic = 0x184D2A50;
    private const int History = 1 << 16;

    private readonly ByteSource _source = new(compressed);
    private byte[] _block = [];
    private byte[] _output = [];
    private int _from;
    private int _to;
    private int _blockLength;
    private bool _checksBlocks;
    private bool _checksContent;
    private bool _begun;
    private bool _inFrame;
    private bool _ended;

    /// <inheritdoc />
    protected override int Decode(Span<byte> output)
    {
        while (!_ended)
        {
            if (_from < _to)
            {
                int count = Math.Min(output.Length, _to - _from);
                _output.AsSpan(_from, count).CopyTo(output);
                _from += count;
                return count;
            }

            if (_inFrame)
                NextBlock();
            else
                BeginFrame();
        }

        return 0;
    }

    private void BeginFrame()
    {
        int first = _source.TryNext();
        if (first < 0 && _begun)
        {
            _ended = true;
            return;
        }

        uint magic = (uint)first | ((uint)_source.Next() << 8) | ((uint)_source.Next() << 16) | ((uint)_source.Next() << 24);
        if ((magic & ~0xFu) == SkippedMagic)
        {
            for (uint left = _source.UInt32(); left > 0; left--)
                _source.Next();
            return;
        }

        if (magic != Magic)
            throw new InvalidDataException("A frame has no magic.");
        int flags = _source.Next();
        int size = (_source.Next() >> 4) & 7;
        if (flags >> 6 != 1 || size < 4)
            throw new InvalidDataException("The header of a frame cannot be.");
        _checksBlocks = (flags & 0x10) != 0;
        _checksContent = (flags & 4) != 0;
        _source.Skip(((flags & 8) != 0 ? 8 : 0) + ((flags & 1) != 0 ? 4 : 0) + 1);
        _blockLength = 1 << (8 + (2 * size));
        if (_output.Length < History + _blockLength)
            _output = new byte[History + _blockLength];
        (_from, _to) = (0, 0);
        _begun = true;
        _inFrame = true;
    }

    private void NextBlock()
    {
        uint head = _source.UInt32();
        if (head == 0)
        {
            _source.Skip(_checksContent ? 4 : 0);
            _inFrame = false;
            return;
        }

        int length = (int)(head & 0x7FFFFFFF);
        if (length > _blockLength)
            throw new InvalidDataException("A block is too long.");
        // What the next block may copy from goes to the front.
        int kept = Math.Min(_to, History);
        _output.AsSpan(_to - kept, kept).CopyTo(_output);
        (_from, _to) = (kept, kept);
        if (head >> 31 != 0)
        {
            _source.Read(_output.AsSpan(_to, length));
            _to += length;
        }
        else
        {
            if (_block.Length < length)
                _block = new byte[length];
            _source.Read(_block.AsSpan(0, length));
            Expand(_block.AsSpan(0, length));
        }

        _source.Skip(_checksBlocks ? 4 : 0);
    }

    private void Expand(ReadOnlySpan<byte> block)
    {
        int limit = _from + _blockLength;
        int at = 0;
        while (at < block.Length)
        {
            int token = block[at++];
            int literals = Count(block, ref at, token >> 4);
            if (literals > block.Length - at || literals > limit - _to)
                throw new InvalidDataException("Literals leave the block.");
            block.Slice(at, literals).CopyTo(_output.AsSpan(_to));
            at += literals;
            _to += literals;
            if (at == block.Length)
                return;
            if (block.Length - at < 2)
                throw new InvalidDataException("A block ends inside a match.");
            int distance = block[at] | (block[at + 1] << 8);
            at += 2;
            int match = Count(block, ref at, token & 15) + 4;
            if (distance == 0 || distance > _to || match > limit - _to)
                throw new InvalidDataException("A match leaves the block.");
            for (int i = 0; i < match; i++, _to++)
                _output[_to] = _output[_to - distance];
        }
    }

    private static int Count(ReadOnlySpan<byte> block, ref int at, int count)
    {
        if (count < 15)
            return count;
        byte more;
        do
        {
            if (at >= block.Length)
                throw new InvalidDataException("A block ends inside a length.");
            more = block[at++];
            count += more;
        }
        while (more == 255);
        return count;
    }
}
