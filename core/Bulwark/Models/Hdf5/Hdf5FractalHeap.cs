using System.Numerics;

namespace Bulwark.Models.Hdf5;

/// <summary>Finds objects in a fractal heap, where groups and objects of the new form keep many links and attributes.</summary>
/// <remarks>
/// <code>
/// header         "FRHP" | 0 u8 | id length u16 | filter length u16 | flags u8 | largest managed u32 | next huge id | huge tree | free | free manager | managed | allocated | iterator |
///                managed count | huge size | huge count | tiny size | tiny count | width u16 | first block size | largest direct block | bits of the heap u16 | first rows u16 | root | rows u16 | checksum u32
/// direct block   "FHDB" | 0 u8 | header | offset in the heap | [flags bit 1: checksum u32] | objects; offsets count from the block's first byte
/// indirect block "FHIB" | 0 u8 | header | offset in the heap | children | checksum u32
/// rows           the blocks of rows 0 and 1 have the first block size, those of each row after twice the size before
/// id             bits 4-5 of the first byte: 0 managed: offset, length      1 huge: number in the tree, or address and length      2 tiny: the object itself
/// </code>
/// Source: HDF5 File Format Specification 3.0, III.G.
/// </remarks>
internal sealed class Hdf5FractalHeap
{
    private const int MostRows = 64;

    private readonly Hdf5Bytes _bytes;
    private int _idLength;
    private int _offsetLength;
    private int _lengthLength;
    private int _width;
    private long _firstBlock;
    private int _directRows;
    private long _root;
    private int _rows;
    private long? _hugeTree;
    private Dictionary<long, (long Address, long Length)>? _huge;

    private Hdf5FractalHeap(Hdf5Bytes bytes) => _bytes = bytes;

    /// <summary>Reads the header; null when the objects are compressed, and cannot be read in place.</summary>
    public static async Task<Hdf5FractalHeap?> OpenAsync(Hdf5Bytes bytes, long address, CancellationToken cancellationToken)
    {
        int length = 22 + (12 * bytes.LengthSize) + (3 * bytes.AddressSize) + 4;
        Hdf5Fields fields = await bytes.ReadAsync(address, Math.Min(length, Math.Max(0, bytes.Size - address)), "a heap", cancellationToken).ConfigureAwait(false);
        fields.Expect("FRHP"u8, "a heap");
        if (fields.Byte() != 0)
            throw fields.Broken("a heap has an unknown version");
        int idLength = fields.UInt16();
        int filters = fields.UInt16();
        if (filters == 0)
            fields.Verify("a heap");
        bytes.Claim(address, length);
        fields.Skip(1);
        long largestManaged = fields.UInt32();
        fields.Skip(bytes.LengthSize);
        long? hugeTree = fields.AddressOrNone();
        fields.Skip(bytes.LengthSize + bytes.AddressSize + (8L * bytes.LengthSize));
        int width = fields.UInt16();
        long first = fields.Length();
        long largest = fields.Length();
        int bits = fields.UInt16();
        fields.Skip(2);
        long? root = fields.AddressOrNone();
        int rows = fields.UInt16();
        if (width == 0 || !BitOperations.IsPow2(width) || !BitOperations.IsPow2(first) || !BitOperations.IsPow2(largest) || largest < first || largest > int.MaxValue || bits is 0 or > 63 || rows > MostRows || idLength < 2)
            throw fields.Broken("a heap has impossible measures");
        if (filters != 0)
            return null;
        return new Hdf5FractalHeap(bytes)
        {
            _idLength = idLength,
            _offsetLength = (bits + 7) / 8,
            _lengthLength = Math.Min(Width(largest), Width(largestManaged)),
            _width = width,
            _firstBlock = first,
            _directRows = BitOperations.Log2((ulong)largest) - BitOperations.Log2((ulong)first) + 2,
            _root = root ?? -1,
            _rows = rows,
            _hugeTree = hugeTree,
        };
    }

    /// <summary>Finds an object.</summary>
    /// <param name="id">Its id, in the file.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task<Hdf5Fields> ReadAsync(Hdf5Fields id, CancellationToken cancellationToken)
    {
        Hdf5Fields fields = id.Part(_idLength);
        int first = fields.Byte();
        switch ((first >> 4) & 3)
        {
            case 0:
                long offset = fields.Number(_offsetLength);
                long length = fields.Number(_lengthLength);
                return await _bytes.ReadAsync(await LocateAsync(fields, offset, length, cancellationToken).ConfigureAwait(false), length, "an object of a heap", cancellationToken).ConfigureAwait(false);
            case 1 when fields.Remaining >= _bytes.AddressSize + _bytes.LengthSize:
                return await _bytes.ReadAsync(fields.RequireAddress("an object of a heap"), fields.Length(), "an object of a heap", cancellationToken).ConfigureAwait(false);
            case 1:
                _huge ??= await ReadHugeAsync(fields, cancellationToken).ConfigureAwait(false);
                long number = fields.Number(Math.Min(fields.Remaining, _bytes.LengthSize));
                return _huge.TryGetValue(number, out (long Address, long Length) place)
                    ? await _bytes.ReadAsync(place.Address, place.Length, "an object of a heap", cancellationToken).ConfigureAwait(false)
                    : throw fields.Broken("an object of a heap is not in its tree");
            case 2:
                const int ShortForm = 17;
                int tiny = _idLength > ShortForm ? ((first & 0xF) << 8) + fields.Byte() + 1 : (first & 0xF) + 1;
                return fields.Part(tiny);
            default:
                throw fields.Broken("an object of a heap is of an unknown kind");
        }
    }

    private async Task<long> LocateAsync(Hdf5Fields fields, long offset, long length, CancellationToken cancellationToken)
    {
        if (_root < 0)
            throw fields.Broken("an object lies in an empty heap");
        long block = _root;
        int rows = _rows;
        while (rows > 0)
        {
            (int row, int column, long inside, long size) = Place(fields, offset, rows);
            int header = 5 + _bytes.AddressSize + _offsetLength;
            bool direct = row < _directRows;
            long index = ((long)row * _width) + column;
            Hdf5Fields indirect = await _bytes.ReadAsync(block, header + ((index + 1) * _bytes.AddressSize), "a block of a heap", cancellationToken).ConfigureAwait(false);
            indirect.Expect("FHIB"u8, "a block of a heap");
            indirect.Skip(1 + _bytes.AddressSize + _offsetLength + (index * _bytes.AddressSize));
            block = indirect.RequireAddress("a block of a heap");
            offset = inside;
            rows = direct ? 0 : BitOperations.Log2((ulong)size) - BitOperations.Log2((ulong)(_firstBlock * _width)) + 1;
            if (!direct && rows <= 0)
                throw fields.Broken("a block of a heap has no rows");
            if (direct && length > size - offset)
                throw fields.Broken("an object does not lie in its block");
        }

        (await _bytes.ReadAsync(block, 4, "a block of a heap", cancellationToken).ConfigureAwait(false)).Expect("FHDB"u8, "a block of a heap");
        return block > long.MaxValue - offset ? throw fields.Broken("an object does not lie in its block") : block + offset;
    }

    private (int Row, int Column, long Inside, long Size) Place(Hdf5Fields fields, long offset, int rows)
    {
        Int128 start = 0;
        Int128 size = _firstBlock;
        for (int row = 0; row < rows; row++)
        {
            size = row > 1 ? size * 2 : size;
            Int128 end = start + (size * _width);
            if (offset < end)
            {
                if (size > long.MaxValue)
                    break;
                (Int128 column, Int128 inside) = Int128.DivRem(offset - start, size);
                return (row, (int)column, (long)inside, (long)size);
            }

            start = end;
        }

        throw fields.Broken("an object does not lie in its heap");
    }

    private async Task<Dictionary<long, (long, long)>> ReadHugeAsync(Hdf5Fields fields, CancellationToken cancellationToken)
    {
        if (_hugeTree is not { } address)
            throw fields.Broken("an object of a heap has no tree");
        var places = new Dictionary<long, (long, long)>();
        foreach (ReadOnlyMemory<byte> record in await new Hdf5Tree(_bytes).ReadAsync(address, Hdf5Limits.Attributes, cancellationToken).ConfigureAwait(false))
        {
            var entry = new Hdf5Fields(_bytes, address, record);
            (long place, long length, long number) = (entry.RequireAddress("an object of a heap"), entry.Length(), entry.Length());
            places[number] = (place, length);
        }

        return places;
    }

    private static int Width(long limit) => (BitOperations.Log2((ulong)Math.Max(1, limit)) / 8) + 1;
}
