using System.Buffers.Binary;

namespace Bulwark.Models.Compression;

/// <summary>Undoes the x86 branch filter (BCJ) that 7z puts before LZMA: absolute targets of calls and jumps become relative again.</summary>
/// <remarks>
/// After a byte E8 or E9 come four bytes of target, little-endian, whose highest is 00 or FF when it was converted. A mask of the
/// opcodes seen in the three bytes before tells which targets overlap another and were left alone (7-Zip, Bra86; the .xz format).
/// </remarks>
/// <param name="filtered">The bytes as the filter left them.</param>
internal sealed class X86BranchStream(Stream filtered) : DecodingStream
{
    private const int Lookahead = 4;
    private const int BlockLength = 1 << 16;

    private readonly byte[] _buffer = new byte[BlockLength];
    private int _start;
    private int _ready;
    private int _filled;
    private uint _position;
    private uint _mask;
    private bool _ended;

    /// <inheritdoc />
    protected override int Decode(Span<byte> output)
    {
        if (_start == _ready)
            Refill();
        int count = Math.Min(output.Length, _ready - _start);
        _buffer.AsSpan(_start, count).CopyTo(output);
        _start += count;
        return count;
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            filtered.Dispose();
        base.Dispose(disposing);
    }

    private void Refill()
    {
        _buffer.AsSpan(_ready, _filled - _ready).CopyTo(_buffer);
        _filled -= _ready;
        _start = _ready = 0;
        while (!_ended && _filled < _buffer.Length)
        {
            int read = filtered.Read(_buffer, _filled, _buffer.Length - _filled);
            _ended = read == 0;
            _filled += read;
        }

        _ready = Convert(_buffer.AsSpan(0, _filled));
        _position += (uint)_ready;
        // No target fits into the last bytes: they are as they were.
        if (_ended)
            _ready = _filled;
    }

    /// <summary>Converts what has all of its target here; returns how many bytes are done.</summary>
    private int Convert(Span<byte> bytes)
    {
        int end = bytes.Length - Lookahead;
        int last = -1;
        int i = 0;
        for (; i < end; i++)
        {
            if ((bytes[i] & 0xFE) != 0xE8)
                continue;
            int distance = i - last;
            last = i;
            _mask = distance > 3 ? 0 : (_mask << (distance - 1)) & 7;
            // Bits 0, 1, 2, 4 alone or the two lowest together: the target's bytes are its own.
            bool overlaps = _mask != 0 && (_mask is 3 or 5 or 6 or 7 || IsConverted(bytes[i + Lookahead - Ignored(_mask)]));
            if (overlaps || !IsConverted(bytes[i + Lookahead]))
            {
                _mask = (_mask << 1) | 1;
                continue;
            }

            Span<byte> target = bytes.Slice(i + 1, sizeof(uint));
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(target);
            uint relative;
            while (true)
            {
                relative = value - (_position + (uint)i + 5);
                if (_mask == 0)
                    break;
                int bits = 8 * Ignored(_mask);
                if (!IsConverted((byte)(relative >> (24 - bits))))
                    break;
                value = relative ^ ((1u << (32 - bits)) - 1);
            }

            relative &= 0x01FFFFFF;
            BinaryPrimitives.WriteUInt32LittleEndian(target, relative | (0u - (relative & 0x01000000)));
            i += Lookahead;
        }

        int behind = i - last;
        _mask = behind > 3 ? 0 : (_mask << (behind - 1)) & 7;
        return Math.Max(i, 0);
    }

    private static bool IsConverted(byte highest) => highest is 0 or 0xFF;

    private static int Ignored(uint mask) => mask switch { 0 => 0, 1 => 1, 2 or 3 => 2, _ => 3 };
}
