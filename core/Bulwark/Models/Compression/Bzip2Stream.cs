namespace Bulwark.Models.Compression;

/// <summary>The .bz2 format, one or more streams. Checks of the content are not verified.</summary>
/// <remarks>
/// <code>
/// stream   "BZh" | level '1'..'9' | blocks | 17 72 45 38 50 90 | crc u32
/// block    31 41 59 26 53 59 | crc u32 | randomised 1 bit | origin 24 bits | symbols in use 16 + n x 16 bits | tables 3 bits | selectors 15 bits |
///          selectors, unary, move to front | code lengths, delta | Huffman codes in groups of 50: run lengths and moves to front of the sorted rotations
/// </code>
/// Source: bzip2 1.0.8, decompress.c; J. Tsai, BZIP2: Format Specification, 2016.
/// </remarks>
internal sealed class Bzip2Stream(Stream compressed) : DecodingStream
{
    private const long BlockMagic = 0x314159265359;
    private const long EndMagic = 0x177245385090;
    private const int GroupLength = 50;
    private const int MaxTables = 6;
    private const int MaxCodeLength = 20;
    private const int MaxSymbols = 258;
    private const int RunA = 0;
    private const int RunB = 1;

    private readonly ByteSource _source = new(compressed);
    private uint _bits;
    private int _bitCount;
    private int _blockSize;
    private uint[] _rotations = [];
    private int _count;
    private int _done;
    private uint _at;
    private int _last = -1;
    private int _repeats;
    private int _run;
    private bool _begun;
    private bool _inStream;
    private bool _ended;

    /// <inheritdoc />
    protected override int Decode(Span<byte> output)
    {
        int written = 0;
        while (written < output.Length && !_ended)
        {
            if (_run > 0)
            {
                int count = Math.Min(_run, output.Length - written);
                output.Slice(written, count).Fill((byte)_last);
                written += count;
                _run -= count;
            }
            else if (_done < _count)
            {
                Step(output, ref written);
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

        return written;
    }

    // Undoes the sorting, one byte; four equal ones are followed by how many more there are.
    private void Step(Span<byte> output, ref int written)
    {
        uint entry = _rotations[_at];
        byte value = (byte)entry;
        _at = entry >> 8;
        _done++;
        if (_repeats == 4)
        {
            _run = value;
            _repeats = 0;
            return;
        }

        _repeats = value == _last ? _repeats + 1 : 1;
        _last = value;
        output[written++] = value;
    }

    private void BeginStream()
    {
        int first = _source.TryNext();
        if (first < 0 && _begun)
        {
            _ended = true;
            return;
        }

        int level;
        if (first != 'B' || _source.Next() != 'Z' || _source.Next() != 'h' || (level = _source.Next() - '0') is < 1 or > 9)
        {
            // What follows a finished stream is ignored, as bzip2 itself does with a warning.
            if (!_begun)
                throw new InvalidDataException("The header is broken.");
            _ended = true;
            return;
        }

        const int Unit = 100_000;
        _blockSize = level * Unit;
        _begun = true;
        _inStream = true;
        _bitCount = 0;
        _bits = 0;
    }

    private void BeginBlock()
    {
        long magic = ((long)Bits(24) << 24) | Bits(24);
        Bits(16);
        Bits(16);
        if (magic == EndMagic)
        {
            _inStream = false;
            _bitCount = 0;
            return;
        }

        if (magic != BlockMagic)
            throw new InvalidDataException("A block has no magic.");
        if (Bits(1) != 0)
            throw new NotSupportedException("Randomised blocks are not read.");
        uint origin = Bits(24);
        byte[] symbols = SymbolsInUse();
        int alphabet = symbols.Length + 2;
        int tables = (int)Bits(3);
        int selectorCount = (int)Bits(15);
        if (tables is < 2 or > MaxTables || selectorCount < 1)
            throw new InvalidDataException("The tables of a block cannot be.");
        byte[] selectors = Selectors(tables, selectorCount);
        var codes = new HuffmanTable[tables];
        for (int i = 0; i < tables; i++)
            codes[i] = ReadTable(alphabet);
        ReadSymbols(symbols, selectors, codes, alphabet - 1);
        if (origin >= _count)
            throw new InvalidDataException("The origin of a block is outside it.");
        Link(origin);
    }

    private byte[] SymbolsInUse()
    {
        uint groups = Bits(16);
        List<byte> symbols = [];
        for (int group = 0; group < 16; group++)
        {
            if ((groups & (0x8000u >> group)) == 0)
                continue;
            uint used = Bits(16);
            for (int i = 0; i < 16; i++)
            {
                if ((used & (0x8000u >> i)) != 0)
                    symbols.Add((byte)((group * 16) + i));
            }
        }

        return symbols.Count > 0 ? [.. symbols] : throw new InvalidDataException("A block has no symbols.");
    }

    private byte[] Selectors(int tables, int count)
    {
        Span<byte> order = [0, 1, 2, 3, 4, 5];
        byte[] selectors = new byte[count];
        for (int i = 0; i < count; i++)
        {
            int index = 0;
            while (Bits(1) != 0)
            {
                if (++index >= tables)
                    throw new InvalidDataException("A selector cannot be.");
            }

            byte table = order[index];
            order[..index].CopyTo(order[1..]);
            order[0] = table;
            selectors[i] = table;
        }

        return selectors;
    }

    private HuffmanTable ReadTable(int alphabet)
    {
        byte[] lengths = new byte[alphabet];
        int length = (int)Bits(5);
        for (int i = 0; i < alphabet; i++)
        {
            while (true)
            {
                if (length is < 1 or > MaxCodeLength)
                    throw new InvalidDataException("A code length cannot be.");
                if (Bits(1) == 0)
                    break;
                length += Bits(1) == 0 ? 1 : -1;
            }

            lengths[i] = (byte)length;
        }

        return new HuffmanTable(lengths);
    }

    private void ReadSymbols(byte[] symbols, byte[] selectors, HuffmanTable[] codes, int endSymbol)
    {
        if (_rotations.Length < _blockSize)
            _rotations = new uint[_blockSize];
        int count = 0;
        int group = -1;
        int left = 0;
        long run = 0;
        int weight = 1;
        HuffmanTable table = codes[0];
        while (true)
        {
            if (left == 0)
            {
                if (++group >= selectors.Length)
                    throw new InvalidDataException("There are too few selectors.");
                table = codes[selectors[group]];
                left = GroupLength;
            }

            left--;
            int symbol = Symbol(table);
            if (symbol is RunA or RunB)
            {
                // A run's length in binary with the digits 1 and 2.
                run += (long)weight << symbol;
                weight <<= 1;
                if (run > _blockSize)
                    throw new InvalidDataException("A run is longer than a block.");
                continue;
            }

            if (run > 0)
            {
                if (run > _blockSize - count)
                    throw new InvalidDataException("A block is too long.");
                _rotations.AsSpan(count, (int)run).Fill(symbols[0]);
                count += (int)run;
                run = 0;
                weight = 1;
            }

            if (symbol == endSymbol)
                break;
            int index = symbol - 1;
            if (index >= symbols.Length || count >= _blockSize)
                throw new InvalidDataException("A block is too long.");
            byte value = symbols[index];
            symbols.AsSpan(0, index).CopyTo(symbols.AsSpan(1));
            symbols[0] = value;
            _rotations[count++] = value;
        }

        _count = count;
    }

    // Each entry gets the place of the one that follows it in the text, in its upper 24 bits.
    private void Link(uint origin)
    {
        Span<int> starts = stackalloc int[256];
        starts.Clear();
        for (int i = 0; i < _count; i++)
            starts[(byte)_rotations[i]]++;
        int sum = 0;
        for (int i = 0; i < 256; i++)
            (starts[i], sum) = (sum, sum + starts[i]);
        for (int i = 0; i < _count; i++)
            _rotations[starts[(byte)_rotations[i]]++] |= (uint)i << 8;
        _at = _rotations[origin] >> 8;
        _done = 0;
        _last = -1;
        _repeats = 0;
        _run = 0;
    }

    private int Symbol(HuffmanTable table)
    {
        int code = 0;
        for (int length = 1; length <= MaxCodeLength; length++)
        {
            code = (code << 1) | (int)Bits(1);
            int symbol = table.Find(code, length);
            if (symbol >= 0)
                return symbol;
        }

        throw new InvalidDataException("A code is none of the table.");
    }

    private uint Bits(int count)
    {
        while (_bitCount < count)
        {
            _bits = (_bits << 8) | _source.Next();
            _bitCount += 8;
        }

        _bitCount -= count;
        return (_bits >> _bitCount) & ((1u << count) - 1);
    }

    private sealed class HuffmanTable
    {
        private readonly int[] _first = new int[MaxCodeLength + 1];
        private readonly int[] _index = new int[MaxCodeLength + 1];
        private readonly int[] _counts = new int[MaxCodeLength + 1];
        private readonly short[] _symbols;

        public HuffmanTable(byte[] lengths)
        {
            _symbols = new short[Math.Min(lengths.Length, MaxSymbols)];
            foreach (byte length in lengths)
                _counts[length]++;
            int code = 0;
            int next = 0;
            for (int length = 1; length <= MaxCodeLength; length++)
            {
                _first[length] = code;
                _index[length] = next;
                next += _counts[length];
                code = (code + _counts[length]) << 1;
            }

            Span<int> place = stackalloc int[MaxCodeLength + 1];
            _index.CopyTo(place);
            for (int symbol = 0; symbol < lengths.Length; symbol++)
                _symbols[place[lengths[symbol]]++] = (short)symbol;
        }

        public int Find(int code, int length)
        {
            int offset = code - _first[length];
            return offset >= 0 && offset < _counts[length] ? _symbols[_index[length] + offset] : -1;
        }
    }
}
