using System.Text;

namespace Bulwark.Models.Hdf5;

/// <summary>Reads the attributes of objects.</summary>
/// <param name="bytes">The file.</param>
/// <param name="headers">Reads the headers of types that have a name.</param>
/// <remarks>
/// <code>
/// version 1   1 u8 | 0 u8 | name size u16 | type size u16 | space size u16 | name | type | space, each padded to 8 bytes | data
/// version 2   2 u8 | flags u8 | name size u16 | type size u16 | space size u16 | name | type | space | data
/// version 3   3 u8 | flags u8 | name size u16 | type size u16 | space size u16 | character set u8 | name | type | space | data
/// flags       bit 0: the type is shared    bit 1: the space is shared
/// index       version 0 u8 | flags u8 | [bit 0: u16] | fractal heap | tree of names | [bit 1: tree of the order]
/// text        of varying length: length u32 | global heap | number u32
/// </code>
/// Source: HDF5 File Format Specification 3.0, IV.A.2.m and IV.A.2.v.
/// </remarks>
internal sealed class Hdf5AttributeReader(Hdf5Bytes bytes, Hdf5HeaderReader headers)
{
    private readonly Hdf5GlobalHeap _heap = new(bytes);
    private int _strings;

    /// <summary>Reads the attributes of one object.</summary>
    /// <param name="owner">Its path.</param>
    /// <param name="messages">Its header.</param>
    /// <param name="content">Receives them.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task ReadAsync(string owner, IReadOnlyList<Hdf5Message> messages, Hdf5Content content, CancellationToken cancellationToken)
    {
        foreach (Hdf5Message message in messages)
        {
            if (message.Type == Hdf5Message.Attribute)
            {
                if (message.IsShared)
                    content.Unseen.Add($"an attribute of {ModelFormatException.Quote(owner)} that is shared with other objects");
                else
                    await TryAsync(owner, message.Fields(bytes), content, cancellationToken).ConfigureAwait(false);
            }
            else if (message.Type == Hdf5Message.AttributeInfo)
            {
                await ReadIndexedAsync(owner, message.Fields(bytes), content, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task ReadIndexedAsync(string owner, Hdf5Fields fields, Hdf5Content content, CancellationToken cancellationToken)
    {
        const int NameRecordLength = 17;
        const int SharedFlag = 2;
        if (fields.Byte() != 0)
            throw fields.Broken("an index of attributes has an unknown version");
        int flags = fields.Byte();
        fields.Skip((flags & 1) != 0 ? 2 : 0);
        long? heapAddress = fields.AddressOrNone();
        long? tree = fields.AddressOrNone();
        if (heapAddress is null || tree is null)
            return;
        Hdf5FractalHeap? heap = await Hdf5FractalHeap.OpenAsync(bytes, heapAddress.Value, cancellationToken).ConfigureAwait(false);
        foreach (ReadOnlyMemory<byte> record in await new Hdf5Tree(bytes).ReadAsync(tree.Value, Hdf5Limits.Attributes, cancellationToken).ConfigureAwait(false))
        {
            if (record.Length < NameRecordLength)
                throw fields.Broken("an index of attributes is of another kind");
            const int IdLength = 8;
            if (heap is null || (record.Span[IdLength] & SharedFlag) != 0)
                content.Unseen.Add($"an attribute of {ModelFormatException.Quote(owner)} that is compressed, or shared with other objects");
            else
                await TryAsync(owner, await heap.ReadAsync(new Hdf5Fields(bytes, tree.Value, record), cancellationToken).ConfigureAwait(false), content, cancellationToken).ConfigureAwait(false);
        }
    }

    // One that is broken does not keep a library from reading the next.
    private async Task TryAsync(string owner, Hdf5Fields fields, Hdf5Content content, CancellationToken cancellationToken)
    {
        if (content.Attributes.Count >= Hdf5Limits.Attributes)
            throw ModelFormatException.Hdf5Limit(bytes.File, "number of attributes", Hdf5Limits.Attributes);
        try
        {
            content.Attributes.Add(await ReadAsync(owner, fields, cancellationToken).ConfigureAwait(false));
        }
        catch (ModelFormatException e) when (e.Code == "BW1470")
        {
            if (content.Faults.Count < Hdf5Limits.Faults)
                content.Faults.Add(e);
        }
    }

    private async Task<Hdf5Attribute> ReadAsync(string owner, Hdf5Fields fields, CancellationToken cancellationToken)
    {
        int version = fields.Byte();
        int flags = fields.Byte();
        if (version is < 1 or > 3)
            throw fields.Broken("an attribute has an unknown version");
        if (version == 1)
            flags = 0;
        (int nameSize, int typeSize, int spaceSize) = (fields.UInt16(), fields.UInt16(), fields.UInt16());
        fields.Skip(version == 3 ? 1 : 0);
        int Padded(int size) => version == 1 ? (size + 7) / 8 * 8 : size;
        string name = Encoding.UTF8.GetString(fields.Take(Padded(nameSize))[..nameSize].TrimEnd((byte)0));
        Hdf5Fields type = fields.Part(Padded(typeSize));
        Hdf5Fields space = fields.Part(Padded(spaceSize));
        Hdf5Datatype datatype = (flags & 1) == 0 ? Hdf5Datatype.Read(type) : await SharedTypeAsync(type, cancellationToken).ConfigureAwait(false);
        if ((flags & 2) != 0)
            throw space.Broken("an attribute shares its dimensions, which no library writes");
        var dataspace = Hdf5Dataspace.Read(space);
        return new Hdf5Attribute(owner, name, await TextsAsync(datatype, dataspace.Count, fields, cancellationToken).ConfigureAwait(false));
    }

    private async Task<IReadOnlyList<(long, long)>> TextsAsync(Hdf5Datatype type, long count, Hdf5Fields data, CancellationToken cancellationToken)
    {
        if (!type.IsFixedText && !type.IsVariableText)
            return [];
        int element = type.IsFixedText ? (int)Math.Min(type.Size, int.MaxValue) : 4 + bytes.AddressSize + 4;
        if (element == 0)
            return [];
        if (count > data.Remaining / element)
            throw data.Broken("an attribute ends early");
        _strings += (int)count;
        if (_strings > Hdf5Limits.Strings)
            throw ModelFormatException.Hdf5Limit(bytes.File, "strings in attributes", Hdf5Limits.Strings);
        var texts = new List<(long, long)>((int)count);
        for (long i = 0; i < count; i++)
        {
            long at = data.Address;
            if (type.IsFixedText)
            {
                texts.Add((bytes.Start + at, element));
                data.Skip(element);
                continue;
            }

            long length = data.UInt32();
            long? collection = data.AddressOrNone();
            long number = data.UInt32();
            if (length == 0 || collection is null or 0)
                continue;
            (long address, long available) = await _heap.FindAsync(collection.Value, number, cancellationToken).ConfigureAwait(false);
            if (length > available)
                throw bytes.Broken(address, "text is longer than its place in the heap");
            texts.Add((bytes.Start + address, length));
        }

        return texts;
    }

    /// <summary>Reads the type that a shared message leads to.</summary>
    public async Task<Hdf5Datatype> SharedTypeAsync(Hdf5Fields shared, CancellationToken cancellationToken)
    {
        const int InHeap = 1;
        int version = shared.Byte();
        int kind = shared.Byte();
        if (version is < 1 or > 3 || (version == 3 && kind == InHeap))
            throw shared.Broken("a type is shared in a way that is not read");
        shared.Skip(version == 1 ? 6 : 0);
        foreach (Hdf5Message message in await headers.ReadAsync(shared.RequireAddress("a shared type"), cancellationToken).ConfigureAwait(false))
        {
            if (message is { Type: Hdf5Message.Datatype, IsShared: false })
                return Hdf5Datatype.Read(new Hdf5Fields(bytes, message.Address, message.Data));
        }

        throw shared.Broken("a shared type is none");
    }

    /// <summary>Where an object of a global heap lies.</summary>
    public Task<(long Address, long Length)> FindAsync(long collection, long number, CancellationToken cancellationToken) => _heap.FindAsync(collection, number, cancellationToken);
}
