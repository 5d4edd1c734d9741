using Bulwark.Storage;

namespace Bulwark.Models.Hdf5;

/// <summary>
/// Walks all objects of an HDF5 file from its root group, each once, without recursion and without following anything out of
/// the file. What is broken is collected, and the walk goes on with the next object, as a library would that reads only that.
/// </summary>
/// <remarks>
/// <code>
/// link info   0 u8 | flags u8 | [bit 0: u64] | fractal heap | tree of names | [bit 1: tree of the order]
/// record      hash u32 | id of 7 bytes
/// </code>
/// Source: HDF5 File Format Specification 3.0, IV.A.2.c.
/// </remarks>
internal sealed class Hdf5Walker
{
    private readonly Hdf5Bytes _bytes;
    private readonly Hdf5HeaderReader _headers;
    private readonly Hdf5AttributeReader _attributes;
    private readonly Hdf5DatasetReader _datasets;
    private readonly Hdf5OldGroup _oldGroups;
    private readonly Hdf5Content _content = new();
    private readonly Queue<(string Path, long Address, int Depth)> _queue = new();
    private readonly HashSet<long> _seen = [];
    private int _links;
    private int _text;

    private Hdf5Walker(Hdf5Bytes bytes)
    {
        _bytes = bytes;
        _headers = new Hdf5HeaderReader(bytes);
        _attributes = new Hdf5AttributeReader(bytes, _headers);
        _datasets = new Hdf5DatasetReader(bytes, _attributes);
        _oldGroups = new Hdf5OldGroup(bytes);
    }

    /// <summary>Walks a file.</summary>
    /// <exception cref="StorageException">The object cannot be read, or changed.</exception>
    public static async Task<Hdf5Content> WalkAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        if (await Hdf5Superblock.FindAsync(reader, cancellationToken).ConfigureAwait(false) is not { } start)
        {
            var none = new Hdf5Content();
            none.Faults.Add(ModelFormatException.Hdf5Broken(reader.Source.ToString(), 0, "there is no superblock"));
            return none;
        }

        return await new Hdf5Walker(new Hdf5Bytes(reader, start)).WalkAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<Hdf5Content> WalkAsync(CancellationToken cancellationToken)
    {
        _content.UserBlock = _bytes.Start;
        try
        {
            Hdf5Superblock superblock = await Hdf5Superblock.ReadAsync(_bytes, cancellationToken).ConfigureAwait(false);
            _content.End = _bytes.Start + superblock.EndAddress;
            if (superblock.DriverAddress is not null)
                _content.References.Add(new Hdf5Reference(Hdf5ReferenceKind.Driver, "", ""));
            if (superblock.ExtensionAddress is { } extension)
                await TryAsync(() => ReadExtensionAsync(extension, cancellationToken)).ConfigureAwait(false);
            Enqueue("", superblock.RootAddress, 0);
            while (_queue.TryDequeue(out (string Path, long Address, int Depth) next))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await TryAsync(() => ReadObjectAsync(next.Path, next.Address, next.Depth, cancellationToken)).ConfigureAwait(false);
            }
        }
        catch (ModelFormatException e)
        {
            // A limit, or no way in: nothing further is read.
            _content.Faults.Add(e);
        }

        _content.Structures = _bytes.Structures;
        return _content;
    }

    private async Task TryAsync(Func<Task> read)
    {
        try
        {
            await read().ConfigureAwait(false);
        }
        catch (ModelFormatException e) when (e.Code == "BW1470")
        {
            if (_content.Faults.Count < Hdf5Limits.Faults)
                _content.Faults.Add(e);
        }
    }

    private async Task ReadExtensionAsync(long address, CancellationToken cancellationToken)
    {
        foreach (Hdf5Message message in await _headers.ReadAsync(address, cancellationToken).ConfigureAwait(false))
        {
            if (message.Type == Hdf5Message.Driver)
                _content.References.Add(new Hdf5Reference(Hdf5ReferenceKind.Driver, "", ""));
        }
    }

    private async Task ReadObjectAsync(string path, long address, int depth, CancellationToken cancellationToken)
    {
        IReadOnlyList<Hdf5Message> messages = await _headers.ReadAsync(address, cancellationToken).ConfigureAwait(false);
        // The attributes first: the configuration of a model is one, and what else the object is may be broken.
        await TryAsync(() => _attributes.ReadAsync(path, messages, _content, cancellationToken)).ConfigureAwait(false);
        if (Hdf5DatasetReader.Is(messages))
        {
            await _datasets.ReadAsync(path, messages, _content, cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (Hdf5Message message in messages)
        {
            switch (message.Type)
            {
                case Hdf5Message.SymbolTable or Hdf5Message.Link or Hdf5Message.LinkInfo when message.IsShared:
                    _content.Unseen.Add($"links of the group {ModelFormatException.Quote(path)} that are shared with other groups");
                    break;
                case Hdf5Message.SymbolTable:
                    await TryAsync(async () => Follow(path, depth, await _oldGroups.ReadAsync(message.Fields(_bytes), cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
                    break;
                case Hdf5Message.Link:
                    await TryAsync(() => Task.FromResult(Follow(path, depth, [Hdf5Link.Read(message.Fields(_bytes))]))).ConfigureAwait(false);
                    break;
                case Hdf5Message.LinkInfo:
                    await TryAsync(() => ReadIndexedAsync(path, depth, message.Fields(_bytes), cancellationToken)).ConfigureAwait(false);
                    break;
            }
        }
    }

    private async Task ReadIndexedAsync(string path, int depth, Hdf5Fields fields, CancellationToken cancellationToken)
    {
        const int HashLength = 4;
        if (fields.Byte() != 0)
            throw fields.Broken("an index of links has an unknown version");
        int flags = fields.Byte();
        fields.Skip((flags & 1) != 0 ? 8 : 0);
        long? heapAddress = fields.AddressOrNone();
        long? tree = fields.AddressOrNone();
        if (heapAddress is null || tree is null)
            return;
        if (await Hdf5FractalHeap.OpenAsync(_bytes, heapAddress.Value, cancellationToken).ConfigureAwait(false) is not { } heap)
        {
            _content.Unseen.Add($"links of the group {ModelFormatException.Quote(path)} that are compressed");
            return;
        }

        foreach (ReadOnlyMemory<byte> record in await new Hdf5Tree(_bytes).ReadAsync(tree.Value, Hdf5Limits.Links, cancellationToken).ConfigureAwait(false))
        {
            var id = new Hdf5Fields(_bytes, tree.Value, record);
            id.Skip(HashLength);
            await TryAsync(async () => Follow(path, depth, [Hdf5Link.Read(await heap.ReadAsync(id, cancellationToken).ConfigureAwait(false))])).ConfigureAwait(false);
        }
    }

    private bool Follow(string path, int depth, IEnumerable<Hdf5Link> links)
    {
        foreach (Hdf5Link link in links)
        {
            if (++_links > Hdf5Limits.Links)
                throw ModelFormatException.Hdf5Limit(_bytes.File, "number of links", Hdf5Limits.Links);
            string child = path.Length == 0 ? link.Name : path + "/" + link.Name;
            if (link.Address is { } address)
                Enqueue(child, address, depth + 1);
            else if (link.File is { } file)
                _content.References.Add(new Hdf5Reference(Hdf5ReferenceKind.ExternalLink, child, file));
            else if (link.IsUserDefined)
                _content.References.Add(new Hdf5Reference(Hdf5ReferenceKind.UserDefinedLink, child, ""));
        }

        return true;
    }

    private void Enqueue(string path, long address, int depth)
    {
        // An object may have several links, also from inside itself; it is read under the first.
        if (!_seen.Add(address))
            return;
        _text += path.Length;
        if (_seen.Count > Hdf5Limits.Objects)
            throw ModelFormatException.Hdf5Limit(_bytes.File, "number of objects", Hdf5Limits.Objects);
        if (depth > Hdf5Limits.Depth)
            throw ModelFormatException.Hdf5Limit(_bytes.File, "groups inside groups", Hdf5Limits.Depth);
        if (_text > Hdf5Limits.Text)
            throw ModelFormatException.Hdf5Limit(_bytes.File, "characters of all paths", Hdf5Limits.Text);
        _queue.Enqueue((path, address, depth));
    }
}
