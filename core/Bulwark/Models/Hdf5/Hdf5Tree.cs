using System.Numerics;

namespace Bulwark.Models.Hdf5;

/// <summary>Lists the records of a B-tree of the new form.</summary>
/// <param name="bytes">The file.</param>
/// <remarks>
/// <code>
/// header     "BTHD" | 0 u8 | type u8 | node size u32 | record size u16 | depth u16 | split u8 | merge u8 | root | records in it u16 | records in all | checksum u32
/// inner node "BTIN" | 0 u8 | type u8 | records | children: address, records in it, [depth above 1: records below it] ... | checksum u32
/// leaf       "BTLF" | 0 u8 | type u8 | records | checksum u32
/// </code>
/// The width of a number of records is what the most that fit need. Source: HDF5 File Format Specification 3.0, III.A.2; H5B2hdr.c.
/// </remarks>
internal sealed class Hdf5Tree(Hdf5Bytes bytes)
{
    private const int Overhead = 10;
    private const int MostLevels = 16;

    /// <summary>Lists the records.</summary>
    /// <param name="address">The header.</param>
    /// <param name="most">The most records.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task<List<ReadOnlyMemory<byte>>> ReadAsync(long address, int most, CancellationToken cancellationToken)
    {
        long length = 4 + 2 + 4 + 2 + 2 + 2 + bytes.AddressSize + 2 + bytes.LengthSize + 4;
        Hdf5Fields header = await bytes.ReadAsync(address, length, "a tree", cancellationToken).ConfigureAwait(false);
        header.Expect("BTHD"u8, "a tree");
        header.Verify("a tree");
        bytes.Claim(address, length);
        header.Skip(1);
        int type = header.Byte();
        long nodeSize = header.UInt32();
        int recordSize = header.UInt16();
        int depth = header.UInt16();
        header.Skip(2);
        long? root = header.AddressOrNone();
        int rootCount = header.UInt16();
        if (recordSize == 0 || depth > MostLevels || nodeSize is < Overhead or > Hdf5Limits.StructureBytes)
            throw header.Broken("a tree has impossible measures");
        List<ReadOnlyMemory<byte>> records = [];
        if (root is not { } first || rootCount == 0)
            return records;

        long[] widths = Widths(nodeSize, recordSize, depth, out int countWidth);
        HashSet<long> seen = [];
        Stack<(long Address, int Count, int Level)> nodes = new([(first, rootCount, depth)]);
        while (nodes.TryPop(out (long Address, int Count, int Level) node))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!seen.Add(node.Address))
                throw bytes.Broken(node.Address, "a tree grows into itself");
            Hdf5Fields fields = await bytes.ReadAsync(node.Address, nodeSize, "a node of a tree", cancellationToken).ConfigureAwait(false);
            bytes.Claim(node.Address, nodeSize);
            fields.Expect(node.Level == 0 ? "BTLF"u8 : "BTIN"u8, "a node of a tree");
            if (fields.Byte() != 0 || fields.Byte() != type)
                throw fields.Broken("a node of a tree is of another kind");
            for (int i = 0; i < node.Count; i++)
                records.Add(fields.Take(recordSize).ToArray());
            if (records.Count > most)
                throw ModelFormatException.Hdf5Limit(bytes.File, "records of a tree", most);
            for (int i = 0; node.Level > 0 && i <= node.Count; i++)
            {
                long child = fields.RequireAddress("a node of a tree");
                long count = fields.Number(countWidth);
                fields.Skip(widths[node.Level - 1]);
                if (count > int.MaxValue)
                    throw fields.Broken("a node of a tree holds too much");
                nodes.Push((child, (int)count, node.Level - 1));
            }
        }

        return records;
    }

    /// <summary>Bytes that hold the number of records below a node, by its level; none for leaves.</summary>
    private long[] Widths(long nodeSize, int recordSize, int depth, out int countWidth)
    {
        long[] widths = new long[depth + 1];
        Int128 below = (nodeSize - Overhead) / recordSize;
        countWidth = Width((ulong)below);
        for (int level = 1; level <= depth; level++)
        {
            long pointer = bytes.AddressSize + countWidth + widths[level - 1];
            long fit = Math.Max(0, (nodeSize - Overhead - pointer) / (recordSize + pointer));
            below = Int128.Min(((fit + 1) * below) + fit, long.MaxValue);
            widths[level] = Width((ulong)below);
        }

        return widths;
    }

    private static int Width(ulong limit) => (BitOperations.Log2(Math.Max(1, limit)) / 8) + 1;
}
