namespace Bulwark.Models.Hdf5;

/// <summary>Lists the links of a group of the old form: a B-tree whose leaves are symbol tables, with names in a local heap.</summary>
/// <param name="bytes">The file.</param>
/// <remarks>
/// <code>
/// symbol table message   B-tree | local heap
/// B-tree node            "TREE" | type 0 u8 | level u8 | entries u16 | left | right | key length | child | key | child ... | key
/// symbol table           "SNOD" | 1 u8 | 0 u8 | entries u16 | entries
/// entry                  offset of the name | object header | cache u32 | 0 u32 | 16 bytes; cache 2: a soft link, whose path lies in the heap at the first u32 of the 16
/// local heap             "HEAP" | 0 u8 u24 | length of data | free list | address of data
/// </code>
/// Source: HDF5 File Format Specification 3.0, III.A.1, III.B, III.C, III.D.
/// </remarks>
internal sealed class Hdf5OldGroup(Hdf5Bytes bytes)
{
    private const int SoftLink = 2;
    private const int MostLevels = 32;

    private readonly HashSet<long> _seen = [];

    /// <summary>Lists the links.</summary>
    public async Task<List<Hdf5Link>> ReadAsync(Hdf5Fields message, CancellationToken cancellationToken)
    {
        long tree = message.RequireAddress("a group's tree");
        (long names, long length) = await ReadHeapAsync(message.RequireAddress("a group's heap"), cancellationToken).ConfigureAwait(false);
        List<Hdf5Link> links = [];
        Stack<(long Address, int Level)> nodes = new([(tree, MostLevels)]);
        while (nodes.TryPop(out (long Address, int Level) node))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_seen.Add(node.Address))
                throw bytes.Broken(node.Address, "two groups share a tree, or a tree grows into itself");
            if (node.Level < 0)
                await ReadTableAsync(node.Address, names, length, links, cancellationToken).ConfigureAwait(false);
            else
                await ReadNodeAsync(node.Address, node.Level, nodes, cancellationToken).ConfigureAwait(false);
        }

        return links;
    }

    private async Task<(long Address, long Length)> ReadHeapAsync(long address, CancellationToken cancellationToken)
    {
        long size = 8 + (2L * bytes.LengthSize) + bytes.AddressSize;
        Hdf5Fields heap = await bytes.ReadAsync(address, size, "a local heap", cancellationToken).ConfigureAwait(false);
        heap.Expect("HEAP"u8, "a local heap");
        heap.Skip(4);
        long length = heap.Length();
        _ = heap.LengthOrNone();
        long data = heap.RequireAddress("a local heap");
        if (!bytes.Holds(data, length))
            throw heap.Broken("a local heap does not lie in the file");
        if (_seen.Add(address))
        {
            bytes.Claim(address, size);
            bytes.Claim(data, length);
        }

        return (data, length);
    }

    private async Task ReadNodeAsync(long address, int most, Stack<(long, int)> nodes, CancellationToken cancellationToken)
    {
        int header = 8 + (2 * bytes.AddressSize);
        Hdf5Fields head = await bytes.ReadAsync(address, header, "a tree of links", cancellationToken).ConfigureAwait(false);
        head.Expect("TREE"u8, "a tree of links");
        if (head.Byte() != 0)
            throw head.Broken("a tree of links is of another kind");
        int level = head.Byte();
        int count = head.UInt16();
        if (level > most || (most < MostLevels && level != most))
            throw head.Broken("a tree of links has the wrong height");
        long length = header + ((long)count * (bytes.LengthSize + bytes.AddressSize)) + bytes.LengthSize;
        Hdf5Fields node = await bytes.ReadAsync(address, length, "a tree of links", cancellationToken).ConfigureAwait(false);
        bytes.Claim(address, length);
        node.Skip(header);
        for (int i = 0; i < count; i++)
        {
            node.Skip(bytes.LengthSize);
            nodes.Push((node.RequireAddress("a part of a tree"), level - 1));
        }
    }

    private async Task ReadTableAsync(long address, long names, long namesLength, List<Hdf5Link> links, CancellationToken cancellationToken)
    {
        const int Header = 8;
        const int Scratch = 16;
        int entry = (2 * bytes.AddressSize) + 8 + Scratch;
        Hdf5Fields head = await bytes.ReadAsync(address, Header, "a symbol table", cancellationToken).ConfigureAwait(false);
        head.Expect("SNOD"u8, "a symbol table");
        if (head.Byte() != 1)
            throw head.Broken("a symbol table has an unknown version");
        head.Skip(1);
        int count = head.UInt16();
        Hdf5Fields table = await bytes.ReadAsync(address, Header + ((long)count * entry), "a symbol table", cancellationToken).ConfigureAwait(false);
        bytes.Claim(address, Header + ((long)count * entry));
        table.Skip(Header);
        for (int i = 0; i < count; i++)
        {
            string name = await NameAsync(table, names, namesLength, table.Number(bytes.AddressSize), cancellationToken).ConfigureAwait(false);
            long? target = table.AddressOrNone();
            uint cache = table.UInt32();
            table.Skip(4);
            Hdf5Fields scratch = table.Part(Scratch);
            if (cache == SoftLink)
                links.Add(new Hdf5Link(name, null, null, await NameAsync(table, names, namesLength, scratch.UInt32(), cancellationToken).ConfigureAwait(false), false));
            else
                links.Add(new Hdf5Link(name, target ?? throw table.Broken("a link leads nowhere"), null, null, false));
            if (links.Count > Hdf5Limits.Links)
                throw ModelFormatException.Hdf5Limit(bytes.File, "number of links", Hdf5Limits.Links);
        }
    }

    private ValueTask<string> NameAsync(Hdf5Fields table, long names, long length, long offset, CancellationToken cancellationToken) =>
        offset < length ? bytes.ReadTextAsync(names + offset, "the name of a link", cancellationToken) : throw table.Broken("the name of a link is not in the heap");
}
