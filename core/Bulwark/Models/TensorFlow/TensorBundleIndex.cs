using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Bulwark.Storage;

namespace Bulwark.Models.TensorFlow;

/// <summary>The index of a SavedModel's variables: variables/variables.index, a table as LevelDB has it.</summary>
/// <remarks>
/// <code>
/// footer     the last 48 bytes: handle of the meta index | handle of the index | zeros up to 40 | DB 47 75 24 8B 80 FB 57, little-endian
/// handle     offset and length of a block, as numbers of 7 bits a byte
/// block      entries | restarts u32 ... | count of restarts u32, then kind u8 (0 plain, 1 Snappy) and masked CRC-32C of block and kind u32
/// entry      shared, own, value length as numbers of 7 bits a byte | own bytes of the key | value; the key begins with the shared bytes of the one before
/// index      its values are the handles of the data blocks
/// data       key "": BundleHeader {1 shards, 2 byte order, 3 version}; others: BundleEntry {1 type, 2 shape {2 {1 size}}, 3 shard, 4 offset, 5 size, 6 checksum fixed32, 7 slices}
/// </code>
/// Source: tensorflow/core/lib/io/format.cc and table_format.txt, tensorflow/core/protobuf/tensor_bundle.proto. TensorFlow writes plain blocks only.
/// </remarks>
internal sealed class TensorBundleIndex
{
    /// <summary>Entries of one index.</summary>
    public const int MaxEntries = 262_144;

    /// <summary>Bytes of one block.</summary>
    public const int MaxBlock = 16 << 20;

    /// <summary>Bytes of all names.</summary>
    public const int MaxNames = 16 << 20;

    private const int FooterLength = 48;
    private const int TrailerLength = 5;
    private const ulong Magic = 0xDB4775248B80FB57;

    private TensorBundleIndex(int shards, IReadOnlyList<BundleEntry> entries) => (Shards, Entries) = (shards, entries);

    /// <summary>Number of data files.</summary>
    public int Shards { get; }

    /// <summary>The variables, in the order of their names.</summary>
    public IReadOnlyList<BundleEntry> Entries { get; }

    /// <summary>Whether the end of a file is that of a table.</summary>
    /// <param name="tail">Its last bytes, at least eight.</param>
    public static bool Looks(ReadOnlySpan<byte> tail) => tail.Length >= sizeof(ulong) && BinaryPrimitives.ReadUInt64LittleEndian(tail[^sizeof(ulong)..]) == Magic;

    /// <summary>Reads and checks the index.</summary>
    /// <exception cref="ModelFormatException">It is broken or too large (BW1481, BW1482).</exception>
    public static async Task<TensorBundleIndex> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        string file = reader.Source.ToString();
        long size = reader.Source.Size;
        if (size < FooterLength)
            throw ModelFormatException.TensorBundleBroken(file, 0, "it is too short");
        byte[] footer = new byte[FooterLength];
        await reader.ReadAsync(size - FooterLength, footer, cancellationToken).ConfigureAwait(false);
        if (!Looks(footer))
            throw ModelFormatException.TensorBundleBroken(file, size - sizeof(ulong), "it does not end as a table does");
        var handles = new BundleFields(file, size - FooterLength, footer);
        _ = handles.Number();
        _ = handles.Number();
        (long at, long length) = (handles.Number(), handles.Number());

        int shards = 0;
        int names = 0;
        List<BundleEntry> entries = [];
        HashSet<long> seen = [];
        string? last = null;
        foreach ((_, BundleFields handle) in await BlockAsync(reader, file, at, length, cancellationToken).ConfigureAwait(false))
        {
            (long block, long blockLength) = (handle.Number(), handle.Number());
            if (!seen.Add(block))
                throw ModelFormatException.TensorBundleBroken(file, block, "two entries of its index are one block");
            foreach ((byte[] key, BundleFields value) in await BlockAsync(reader, file, block, blockLength, cancellationToken).ConfigureAwait(false))
            {
                string name = Encoding.UTF8.GetString(key);
                if (string.Equals(last, name, StringComparison.Ordinal))
                    throw ModelFormatException.TensorBundleBroken(file, value.Offset, "two entries have one name");
                last = name;
                if (name.Length == 0)
                {
                    shards = Header(value);
                    continue;
                }

                names += name.Length;
                if (entries.Count >= MaxEntries || names > MaxNames)
                    throw ModelFormatException.TensorFlowLimit(file, "number of variables, or characters in their names", MaxEntries);
                entries.Add(Entry(name, value));
            }
        }

        return new TensorBundleIndex(shards, entries);
    }

    private static async Task<List<(byte[] Key, BundleFields Value)>> BlockAsync(IObjectReader reader, string file, long at, long length, CancellationToken cancellationToken)
    {
        if (at < 0 || length is < sizeof(uint) or > MaxBlock || at > reader.Source.Size - TrailerLength - length)
            throw ModelFormatException.TensorBundleBroken(file, at, "a block does not lie in the file");
        byte[] block = new byte[(int)length + TrailerLength];
        await reader.ReadAsync(at, block, cancellationToken).ConfigureAwait(false);
        if (block[length] != 0)
            throw ModelFormatException.TensorBundleBroken(file, at, "a block is compressed, which TensorFlow does not do");
        if (Crc32C.Mask(Crc32C.Of(block.AsSpan(0, (int)length + 1))) != BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan((int)length + 1)))
            throw ModelFormatException.TensorBundleBroken(file, at, "the checksum of a block is wrong");
        long restarts = BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan((int)length - sizeof(uint)));
        if (restarts > (length / sizeof(uint)) - 1)
            throw ModelFormatException.TensorBundleBroken(file, at, "a block has too many restarts");

        var fields = new BundleFields(file, at, block.AsMemory(0, (int)(length - ((restarts + 1) * sizeof(uint)))));
        List<(byte[], BundleFields)> entries = [];
        byte[] key = [];
        long held = 0;
        while (fields.Remaining > 0)
        {
            (long shared, long own, long value) = (fields.Number(), fields.Number(), fields.Number());
            // Keys that share all but a byte would otherwise make a block of a megabyte one of many gigabytes.
            held += shared + own;
            if (shared > key.Length || entries.Count >= MaxEntries || held > MaxNames)
                throw fields.Broken("a key shares more with the one before than there is");
            byte[] next = new byte[(int)shared + (int)Math.Min(own, fields.Remaining)];
            key.AsSpan(0, (int)shared).CopyTo(next);
            fields.Take(own).CopyTo(next.AsSpan((int)shared));
            key = next;
            entries.Add((key, fields.Part(value)));
        }

        return entries;
    }

    private static int Header(BundleFields fields)
    {
        long shards = 1;
        while (fields.Remaining > 0)
        {
            (int field, int wire) = fields.Tag();
            if (field == 1 && wire == 0)
                shards = fields.Number();
            else if (field == 2 && wire == 0 && fields.Number() != 0)
                throw fields.Broken("the variables are big-endian");
            else if (field != 2 || wire != 0)
                fields.Skip(wire);
        }

        return shards is > 0 and <= ushort.MaxValue ? (int)shards : throw fields.Broken("it counts an impossible number of data files");
    }

    private static BundleEntry Entry(string name, BundleFields fields)
    {
        (long type, long shard, long offset, long length) = (0, 0, 0, 0);
        uint checksum = 0;
        bool sliced = false;
        ImmutableArray<long> shape = [];
        while (fields.Remaining > 0)
        {
            (int field, int wire) = fields.Tag();
            switch (field, wire)
            {
                case (1, 0):
                    type = fields.Number();
                    break;
                case (2, 2):
                    shape = Shape(fields.Part(fields.Number()));
                    break;
                case (3, 0):
                    shard = fields.Number();
                    break;
                case (4, 0):
                    offset = fields.Number();
                    break;
                case (5, 0):
                    length = fields.Number();
                    break;
                case (6, 5):
                    checksum = BinaryPrimitives.ReadUInt32LittleEndian(fields.Take(sizeof(uint)));
                    break;
                default:
                    sliced |= field == 7;
                    fields.Skip(wire);
                    break;
            }
        }

        if (shard > ushort.MaxValue || offset > long.MaxValue - length)
            throw fields.Broken("a variable lies where nothing can");
        DType? dtype = TensorFlowTypes.Of(type);
        Int128 count = 1;
        foreach (long dimension in shape)
            count = count > long.MaxValue ? count : count * dimension;
        if (dtype is { } known && !sliced && (count > long.MaxValue || !known.TryByteLength((long)count, out long needed) || needed != length))
            throw fields.Broken("the type and dimensions of a variable do not agree with its length");
        return new BundleEntry(name, dtype, shape, (int)shard, offset, length, checksum, sliced);
    }

    private static ImmutableArray<long> Shape(BundleFields fields)
    {
        var shape = ImmutableArray.CreateBuilder<long>();
        while (fields.Remaining > 0)
        {
            (int field, int wire) = fields.Tag();
            if (field != 2 || wire != 2)
            {
                fields.Skip(wire);
                continue;
            }

            BundleFields dimension = fields.Part(fields.Number());
            long size = 0;
            while (dimension.Remaining > 0)
            {
                (field, wire) = dimension.Tag();
                if (field == 1 && wire == 0)
                    size = dimension.Number();
                else
                    dimension.Skip(wire);
            }

            if (shape.Count >= TensorFlowReader.MaxDimensions)
                throw fields.Broken("a variable has too many dimensions");
            shape.Add(size);
        }

        return shape.ToImmutable();
    }
}
