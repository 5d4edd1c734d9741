namespace Bulwark.Models.Hdf5;

/// <summary>Reads the description of data sets. Their data is not read.</summary>
/// <param name="bytes">The file.</param>
/// <param name="attributes">Finds shared types and heap objects.</param>
/// <remarks>
/// <code>
/// external files   1 u8 | 0 u24 | slots u16 | used u16 | heap | slots: offset of the name | offset in the file | size
/// filters          version 1: 1 u8 | count u8 | 0 u48 | filters      version 2: 2 u8 | count u8 | filters
/// filter           number u16 | [version 1, or number from 256: name length u16] | flags u16 | values u16 | name (version 1: padded to 8) | values u32 ... | [version 1: padded to 8]
/// virtual          0 or 1 u8 | entries | entry: file 00 | data set 00 | selections ...
/// </code>
/// Source: HDF5 File Format Specification 3.0, IV.A.2.h, IV.A.2.l, VII.
/// </remarks>
internal sealed class Hdf5DatasetReader(Hdf5Bytes bytes, Hdf5AttributeReader attributes)
{
    private const int MostFilters = 32;
    private const int FirstForeignFilter = 256;

    /// <summary>Whether a header is that of a data set.</summary>
    public static bool Is(IReadOnlyList<Hdf5Message> messages) => messages.Any(m => m.Type == Hdf5Message.Layout);

    /// <summary>Reads the description.</summary>
    public async Task ReadAsync(string path, IReadOnlyList<Hdf5Message> messages, Hdf5Content content, CancellationToken cancellationToken)
    {
        Hdf5Datatype? type = null;
        Hdf5Dataspace? space = null;
        Hdf5Layout? layout = null;
        List<int> filters = [];
        bool external = false;
        foreach (Hdf5Message message in messages)
        {
            Hdf5Fields fields = message.Fields(bytes);
            switch (message.Type)
            {
                case Hdf5Message.Datatype:
                    type = message.IsShared ? await attributes.SharedTypeAsync(fields, cancellationToken).ConfigureAwait(false) : Hdf5Datatype.Read(fields);
                    break;
                case Hdf5Message.Dataspace or Hdf5Message.Layout or Hdf5Message.Filters or Hdf5Message.ExternalFiles when message.IsShared:
                    content.Unseen.Add($"a part of the data set {ModelFormatException.Quote(path)} that is shared with others");
                    break;
                case Hdf5Message.Dataspace:
                    space = Hdf5Dataspace.Read(fields);
                    break;
                case Hdf5Message.Layout:
                    layout = Hdf5Layout.Read(fields);
                    break;
                case Hdf5Message.Filters:
                    ReadFilters(fields, filters);
                    break;
                case Hdf5Message.ExternalFiles:
                    content.References.Add(new Hdf5Reference(Hdf5ReferenceKind.ExternalStorage, path, await ReadExternalAsync(fields, cancellationToken).ConfigureAwait(false)));
                    external = true;
                    break;
            }
        }

        if (layout is { Kind: Hdf5LayoutKind.Virtual })
            content.References.Add(new Hdf5Reference(Hdf5ReferenceKind.VirtualDataset, path, await ReadSourceAsync(layout, cancellationToken).ConfigureAwait(false)));
        if (layout is not null && type is not null && space is not null && !external)
            content.Datasets.Add(new Hdf5Dataset(path, type, space, layout, filters));
    }

    private static void ReadFilters(Hdf5Fields fields, List<int> filters)
    {
        int version = fields.Byte();
        int count = fields.Byte();
        if (version is not (1 or 2) || count > MostFilters)
            throw fields.Broken("a list of filters is of an unknown form");
        fields.Skip(version == 1 ? 6 : 0);
        for (int i = 0; i < count; i++)
        {
            int number = fields.UInt16();
            int name = version == 1 || number >= FirstForeignFilter ? fields.UInt16() : 0;
            fields.Skip(2);
            int values = fields.UInt16();
            fields.Skip(version == 1 ? (name + 7) / 8 * 8 : name);
            fields.Skip((values + (version == 1 ? values & 1 : 0)) * 4L);
            filters.Add(number);
        }
    }

    private async Task<string> ReadExternalAsync(Hdf5Fields fields, CancellationToken cancellationToken)
    {
        if (fields.Byte() != 1)
            throw fields.Broken("a list of external files has an unknown version");
        fields.Skip(5);
        int used = fields.UInt16();
        long heap = fields.RequireAddress("a list of external files");
        if (used == 0)
            return "";
        long name = fields.Length();
        Hdf5Fields head = await bytes.ReadAsync(heap, 8 + (2L * bytes.LengthSize) + bytes.AddressSize, "a local heap", cancellationToken).ConfigureAwait(false);
        head.Expect("HEAP"u8, "a local heap");
        head.Skip(4 + (2L * bytes.LengthSize));
        long data = head.RequireAddress("a local heap");
        return name <= bytes.Size - data ? await bytes.ReadTextAsync(data + name, "the name of an external file", cancellationToken).ConfigureAwait(false) : throw head.Broken("the name of an external file is not in the file");
    }

    /// <summary>The first source of a virtual data set.</summary>
    private async Task<string> ReadSourceAsync(Hdf5Layout layout, CancellationToken cancellationToken)
    {
        if (layout.Address is not { } heap)
            return "";
        try
        {
            (long address, long length) = await attributes.FindAsync(heap, layout.Index, cancellationToken).ConfigureAwait(false);
            int header = 1 + bytes.LengthSize;
            return length <= header ? "" : await bytes.ReadTextAsync(address + header, "the source of a virtual data set", cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException e) when (e.Code == "BW1470")
        {
            // That it is virtual is what matters.
            return "";
        }
    }
}
