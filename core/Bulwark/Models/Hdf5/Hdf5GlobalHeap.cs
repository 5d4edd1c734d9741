namespace Bulwark.Models.Hdf5;

/// <summary>Finds objects in global heaps, where text of varying length lies.</summary>
/// <param name="bytes">The file.</param>
/// <remarks>
/// <code>
/// collection   "GCOL" | 1 u8 | 0 u24 | size | objects
/// object       number u16 | references u16 | 0 u32 | size | data padded to 8 bytes                number 0: free space, the last
/// </code>
/// Source: HDF5 File Format Specification 3.0, III.E.
/// </remarks>
internal sealed class Hdf5GlobalHeap(Hdf5Bytes bytes)
{
    private const int MostCollections = 16;

    private readonly Dictionary<long, Dictionary<long, (long Address, long Length)>> _collections = [];

    /// <summary>Where an object lies.</summary>
    /// <param name="collection">Its collection.</param>
    /// <param name="number">Its number.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task<(long Address, long Length)> FindAsync(long collection, long number, CancellationToken cancellationToken)
    {
        if (!_collections.TryGetValue(collection, out Dictionary<long, (long, long)>? objects))
        {
            objects = await ReadAsync(collection, cancellationToken).ConfigureAwait(false);
            if (_collections.Count == MostCollections)
                _collections.Clear();
            _collections.Add(collection, objects);
        }

        return objects.TryGetValue(number, out (long, long) place) ? place : throw bytes.Broken(collection, "text is not in its heap");
    }

    private async Task<Dictionary<long, (long, long)>> ReadAsync(long address, CancellationToken cancellationToken)
    {
        const string What = "a global heap";
        int header = 8 + bytes.LengthSize;
        Hdf5Fields fields = await bytes.ReadAsync(address, header, What, cancellationToken).ConfigureAwait(false);
        fields.Expect("GCOL"u8, What);
        if (fields.Byte() != 1)
            throw fields.Broken($"{What} has an unknown version");
        fields.Skip(3);
        long size = fields.Length();
        if (size < header || !bytes.Holds(address, size))
            throw fields.Broken($"{What} does not lie in the file");
        bytes.Claim(address, size);
        var objects = new Dictionary<long, (long, long)>();
        long at = address + header;
        long end = address + size;
        while (end - at >= header)
        {
            Hdf5Fields entry = await bytes.ReadAsync(at, header, What, cancellationToken).ConfigureAwait(false);
            int number = entry.UInt16();
            if (number == 0)
                break;
            entry.Skip(6);
            long length = entry.Length();
            at += header;
            if (length > end - at || !objects.TryAdd(number, (at, length)))
                throw entry.Broken($"an object of {What} is too long, or has the number of another");
            at += Math.Min(end - at, (length + 7) / 8 * 8);
        }

        return objects;
    }
}
