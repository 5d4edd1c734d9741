using System.Buffers.Binary;
using System.IO.Hashing;

namespace Bulwark.Models.Compression;

/// <summary>The .xz format with LZMA2, one or more streams of one or more blocks. Checks of the content are not verified.</summary>
/// <remarks>
/// <code>
/// stream   FD 37 7A 58 5A 00 | 00, check type | crc u32 | blocks | index | crc u32, index size u32, flags u16, "YZ"
/// block    header length / 4 - 1 | flags | [coded size] | [size] | filters | zeros | crc u32 | LZMA2 | zeros to 4 | check
/// index    00 | records | (coded size, size) each | zeros to 4 | crc u32
/// </code>
/// Source: The .xz File Format 1.2.1.
/// </remarks>
internal sealed class XzStream(Stream compressed) : DecodingStream
{
    private const int Lzma2Filter = 0x21;
    private const int FooterRest = 4 + 2 + 2;

    private readonly ByteSource _source = new(compressed);
    private Lzma2Decoder? _block;
    private int _check;
    private bool _begun;
    private bool _inStream;
    private bool _ended;

    /// <inheritdoc />
    protected override int Decode(Span<byte> output)
    {
        while (!_ended)
        {
            if (_block is not null)
            {
                int count = _block.Decode(output);
                if (count > 0)
                    return count;
                EndBlock();
            }
            else if (_inStream)
            {
                BeginBlock();
            }
            else
            {
                BeginStream();
            }
        }

        return 0;
    }

    private void BeginStream()
    {
        int first;
        do
        {
            first = _source.TryNext();
        }
        while (first == 0 && _begun);
        if (first < 0 && _begun)
        {
            _ended = true;
            return;
        }

        Span<byte> head = stackalloc byte[12];
        head[0] = (byte)first;
        _source.Read(head[1..]);
        if (!head.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) || head[6] != 0 || head[7] > 15
            || BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) != Crc32.HashToUInt32(head.Slice(6, 2)))
            throw new InvalidDataException("The header of the stream is broken.");
        ReadOnlySpan<byte> sizes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
        _check = sizes[head[7]];
        _begun = true;
        _inStream = true;
    }

    private void BeginBlock()
    {
        int size = _source.Next();
        if (size == 0)
        {
            EndStream();
            return;
        }

        byte[] header = new byte[(size + 1) * 4];
        header[0] = (byte)size;
        _source.Read(header.AsSpan(1));
        if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(header.Length - 4)) != Crc32.HashToUInt32(header.AsSpan(0, header.Length - 4)))
            throw new InvalidDataException("The header of a block is broken.");
        int at = 2;
        int flags = header[1];
        if ((flags & 0x40) != 0)
            Number(header, ref at);
        if ((flags & 0x80) != 0)
            Number(header, ref at);
        if ((flags & 3) != 0 || Number(header, ref at) != Lzma2Filter || Number(header, ref at) != 1)
            throw new NotSupportedException("The block has other filters than LZMA2.");
        _block = new Lzma2Decoder(_source, Lzma2Decoder.Dictionary(header[at]));
    }

    private void EndBlock()
    {
        _block = null;
        SkipPadding();
        _source.Skip(_check);
    }

    private void EndStream()
    {
        long records = Number();
        for (long i = 0; i < 2 * records; i++)
            Number();
        SkipPadding();
        _source.Skip(4 + 4 + FooterRest);
        _inStream = false;
    }

    private void SkipPadding()
    {
        // Streams and their padding are multiples of four bytes, so counting from the first byte of all is enough.
        while (_source.Position % 4 != 0)
        {
            if (_source.Next() != 0)
                throw new InvalidDataException("The padding is not zero.");
        }
    }

    private long Number()
    {
        long value = 0;
        for (int i = 0; i < 9; i++)
        {
            byte part = _source.Next();
            value |= (long)(part & 0x7F) << (7 * i);
            if (part < 0x80)
                return value;
        }

        throw new InvalidDataException("A number is too long.");
    }

    private static long Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        long value = 0;
        for (int i = 0; i < 9 && at < bytes.Length; i++)
        {
            byte part = bytes[at++];
            value |= (long)(part & 0x7F) << (7 * i);
            if (part < 0x80)
                return value;
        }

        throw new InvalidDataException("A number is too long.");
    }
}
