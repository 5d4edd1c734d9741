namespace Bulwark.Models.Compression;

/// <summary>Decodes LZMA: range-coded literals and matches.</summary>
/// <remarks>Source: the LZMA specification in the LZMA SDK (lzma-specification.txt, I. Pavlov, 2015).</remarks>
internal sealed class LzmaDecoder(ByteSource source)
{
    private const int ModelBits = 11;
    private const int MoveBits = 5;
    private const uint Top = 1u << 24;
    private const int States = 12;
    private const int PositionStates = 16;
    private const int MatchMinimum = 2;
    private const int FirstModelled = 4;
    private const int FirstDirect = 14;
    private const int AlignBits = 4;
    private const ushort Half = 1 << (ModelBits - 1);

    private readonly ushort[] _isMatch = new ushort[States * PositionStates];
    private readonly ushort[] _isRep = new ushort[States];
    private readonly ushort[] _isRepG0 = new ushort[States];
    private readonly ushort[] _isRepG1 = new ushort[States];
    private readonly ushort[] _isRepG2 = new ushort[States];
    private readonly ushort[] _isRep0Long = new ushort[States * PositionStates];
    private readonly ushort[] _slots = new ushort[4 * 64];
    private readonly ushort[] _specials = new ushort[1 + 128 - FirstDirect];
    private readonly ushort[] _align = new ushort[1 << AlignBits];
    private readonly ushort[] _lengths = new ushort[LengthModel.Size];
    private readonly ushort[] _repLengths = new ushort[LengthModel.Size];
    private ushort[] _literals = [];

    private uint _range;
    private uint _code;
    private int _lc;
    private int _lp;
    private int _pb;
    private int _state;
    private uint _rep0;
    private uint _rep1;
    private uint _rep2;
    private uint _rep3;
    private int _pending;

    /// <summary>What was put out.</summary>
    public LzmaWindow Window { get; } = new();

    /// <summary>Whether the end marker was met.</summary>
    public bool Ended { get; private set; }

    /// <summary>Sets lc, lp and pb from their one byte.</summary>
    public void SetProperties(int properties)
    {
        if (properties >= 9 * 5 * 5)
            throw new InvalidDataException("The properties cannot be.");
        (_pb, int rest) = Math.DivRem(properties, 45);
        (_lp, _lc) = Math.DivRem(rest, 9);
        if (_literals.Length != 0x300 << (_lc + _lp))
            _literals = new ushort[0x300 << (_lc + _lp)];
    }

    /// <summary>Forgets all probabilities.</summary>
    public void ResetState()
    {
        foreach (ushort[] model in new[] { _isMatch, _isRep, _isRepG0, _isRepG1, _isRepG2, _isRep0Long, _slots, _specials, _align, _lengths, _repLengths, _literals })
            model.AsSpan().Fill(Half);
        _state = 0;
        (_rep0, _rep1, _rep2, _rep3) = (0, 0, 0, 0);
        _pending = 0;
        Ended = false;
    }

    /// <summary>Begins a range-coded run.</summary>
    public void Begin()
    {
        if (source.Next() != 0)
            throw new InvalidDataException("The range coder does not begin with 0.");
        _code = 0;
        for (int i = 0; i < 4; i++)
            _code = (_code << 8) | source.Next();
        _range = uint.MaxValue;
        if (_code == _range)
            throw new InvalidDataException("The range coder begins with an impossible code.");
    }

    /// <summary>Whether the run's last code is that of a finished one.</summary>
    public bool IsFinished => _code == 0 && _pending == 0;

    /// <summary>Decodes as many bytes as fit, fewer when the end marker comes.</summary>
    public int Decode(Span<byte> output)
    {
        int at = 0;
        while (at < output.Length && !Ended)
        {
            if (_pending > 0)
            {
                int count = Math.Min(_pending, output.Length - at);
                for (int i = 0; i < count; i++)
                    Put(Window.Get(_rep0), output, ref at);
                _pending -= count;
                continue;
            }

            int position = (int)Window.Total & ((1 << _pb) - 1);
            if (Bit(ref _isMatch[(_state << 4) + position]) == 0)
                Put(Literal(), output, ref at);
            else
                Match(position, output, ref at);
        }

        return at;
    }

    /// <summary>Puts out a byte that is not coded.</summary>
    public byte PutPlain(byte value)
    {
        Window.Put(value);
        return value;
    }

    private void Put(byte value, Span<byte> output, ref int at)
    {
        Window.Put(value);
        output[at++] = value;
    }

    private void Match(int position, Span<byte> output, ref int at)
    {
        if (Bit(ref _isRep[_state]) != 0)
        {
            if (Window.Total == 0)
                throw new InvalidDataException("There is nothing to repeat.");
            if (Bit(ref _isRepG0[_state]) == 0)
            {
                if (Bit(ref _isRep0Long[(_state << 4) + position]) == 0)
                {
                    _state = _state < 7 ? 9 : 11;
                    Window.Check(_rep0);
                    Put(Window.Get(_rep0), output, ref at);
                    return;
                }
            }
            else
            {
                uint distance;
                if (Bit(ref _isRepG1[_state]) == 0)
                {
                    distance = _rep1;
                }
                else
                {
                    if (Bit(ref _isRepG2[_state]) == 0)
                    {
                        distance = _rep2;
                    }
                    else
                    {
                        distance = _rep3;
                        _rep3 = _rep2;
                    }

                    _rep2 = _rep1;
                }

                _rep1 = _rep0;
                _rep0 = distance;
            }

            _pending = Length(_repLengths, position);
            _state = _state < 7 ? 8 : 11;
        }
        else
        {
            (_rep3, _rep2, _rep1) = (_rep2, _rep1, _rep0);
            _pending = Length(_lengths, position);
            _state = _state < 7 ? 7 : 10;
            _rep0 = Distance(_pending);
            if (_rep0 == uint.MaxValue)
            {
                Ended = true;
                _pending = 0;
                return;
            }
        }

        Window.Check(_rep0);
        _pending += MatchMinimum;
    }

    private byte Literal()
    {
        int previous = Window.Last;
        int literal = (((int)Window.Total & ((1 << _lp) - 1)) << _lc) + (previous >> (8 - _lc));
        Span<ushort> probs = _literals.AsSpan(0x300 * literal, 0x300);
        int symbol = 1;
        if (_state >= 7)
        {
            Window.Check(_rep0);
            int matched = Window.Get(_rep0);
            do
            {
                int matchBit = (matched >> 7) & 1;
                matched <<= 1;
                int bit = Bit(ref probs[((1 + matchBit) << 8) + symbol]);
                symbol = (symbol << 1) | bit;
                if (matchBit != bit)
                    break;
            }
            while (symbol < 0x100);
        }

        while (symbol < 0x100)
            symbol = (symbol << 1) | Bit(ref probs[symbol]);
        _state = _state < 4 ? 0 : _state < 10 ? _state - 3 : _state - 6;
        return (byte)symbol;
    }

    private int Length(ushort[] model, int position)
    {
        if (Bit(ref model[LengthModel.Choice]) == 0)
            return Tree(model.AsSpan(LengthModel.Low + (position << 3), 8), 3);
        if (Bit(ref model[LengthModel.Choice2]) == 0)
            return 8 + Tree(model.AsSpan(LengthModel.Mid + (position << 3), 8), 3);
        return 16 + Tree(model.AsSpan(LengthModel.High, 256), 8);
    }

    private uint Distance(int length)
    {
        int slot = Tree(_slots.AsSpan(Math.Min(length, 3) << 6, 64), 6);
        if (slot < FirstModelled)
            return (uint)slot;
        int bits = (slot >> 1) - 1;
        uint distance = (2u | ((uint)slot & 1)) << bits;
        if (slot < FirstDirect)
            return distance + ReverseTree(_specials.AsSpan((int)distance - slot), bits);
        for (int i = bits - AlignBits; i > 0; i--)
        {
            _range >>= 1;
            _code -= _range;
            uint mask = 0u - (_code >> 31);
            _code += _range & mask;
            distance += (mask + 1) << (i - 1 + AlignBits);
            Normalize();
        }

        return distance + ReverseTree(_align, AlignBits);
    }

    private int Tree(Span<ushort> probs, int bits)
    {
        int symbol = 1;
        for (int i = 0; i < bits; i++)
            symbol = (symbol << 1) + Bit(ref probs[symbol]);
        return symbol - (1 << bits);
    }

    private uint ReverseTree(Span<ushort> probs, int bits)
    {
        int symbol = 1;
        uint value = 0;
        for (int i = 0; i < bits; i++)
        {
            int bit = Bit(ref probs[symbol]);
            symbol = (symbol << 1) + bit;
            value |= (uint)bit << i;
        }

        return value;
    }

    private int Bit(ref ushort prob)
    {
        uint bound = (_range >> ModelBits) * prob;
        int bit;
        if (_code < bound)
        {
            prob += (ushort)(((1 << ModelBits) - prob) >> MoveBits);
            _range = bound;
            bit = 0;
        }
        else
        {
            prob -= (ushort)(prob >> MoveBits);
            _code -= bound;
            _range -= bound;
            bit = 1;
        }

        Normalize();
        return bit;
    }

    private void Normalize()
    {
        if (_range >= Top)
            return;
        _range <<= 8;
        _code = (_code << 8) | source.Next();
    }

    private static class LengthModel
    {
        public const int Choice = 0;
        public const int Choice2 = 1;
        public const int Low = 2;
        public const int Mid = Low + (PositionStates << 3);
        public const int High = Mid + (PositionStates << 3);
        public const int Size = High + 256;
    }
}
