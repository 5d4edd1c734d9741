using System.Buffers.Binary;
using Bulwark.Storage;

namespace Bulwark.Models.Torch;

/// <summary>Storages that follow each other in a file, each behind the number of its elements.</summary>
internal sealed class TorchStorageRanges(IObjectReader reader, IReadOnlyDictionary<string, TorchStorage> storages)
{
    private readonly string _file = reader.Source.ToString();
    private readonly Dictionary<string, (long Offset, long Length)> _ranges = new(StringComparer.Ordinal);

    /// <summary>Reads a count and steps over the elements.</summary>
    /// <param name="key">The storage's key; null when it is no text.</param>
    /// <param name="offset">Where the count stands.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Offset of the first byte after the elements.</returns>
    /// <exception cref="ModelFormatException">BW1432: the key is not used, comes twice, or the count cannot be.</exception>
    public Task<long> ReadAsync(string? key, long offset, CancellationToken cancellationToken) =>
        key is not null && storages.TryGetValue(key, out TorchStorage? storage)
            ? ReadAsync(key, storage.Element.Size, storage.ViewCount is null ? storage.Count : null, offset, cancellationToken)
            : throw ModelFormatException.BadTorch(_file, $"no tensor uses the storage {ModelFormatException.Quote(key ?? "?")} of its list");

    /// <summary>Reads a count and steps over elements of a size.</summary>
    public async Task<long> ReadAsync(string key, int size, long? expected, long offset, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[sizeof(long)];
        if (offset > reader.Source.Size - bytes.Length)
            throw ModelFormatException.BadTorch(_file, $"it ends before the storage {ModelFormatException.Quote(key)}");
        await reader.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
        long count = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        offset += bytes.Length;
        if (count < 0 || count > (reader.Source.Size - offset) / size)
            throw ModelFormatException.BadTorch(_file, FormattableString.Invariant($"the storage {ModelFormatException.Quote(key)} claims {count} elements, which are not there"));
        if (expected is { } due && due != count)
            throw ModelFormatException.BadTorch(_file, FormattableString.Invariant($"the storage {ModelFormatException.Quote(key)} has {count} elements where {due} are due"));
        if (!_ranges.TryAdd(key, (offset, count * size)))
            throw ModelFormatException.BadTorch(_file, $"the storage {ModelFormatException.Quote(key)} comes twice");
        return offset + (count * size);
    }

    /// <summary>Where the elements of a storage lie, or of a view of one.</summary>
    /// <exception cref="ModelFormatException">BW1432: it is not there, or the view leaves it.</exception>
    public (long Offset, long Length) Place(TorchStorage storage)
    {
        if (!_ranges.TryGetValue(storage.Key, out (long Offset, long Length) range))
            throw ModelFormatException.BadTorch(_file, $"there is no storage {ModelFormatException.Quote(storage.Key)}");
        if (storage.ViewCount is not { } count)
            return range;
        int size = storage.Element.Size;
        long all = range.Length / size;
        if (storage.ViewOffset < 0 || count < 0 || storage.ViewOffset > all || count > all - storage.ViewOffset)
            throw ModelFormatException.BadTorch(_file, $"a view leaves the storage {ModelFormatException.Quote(storage.Key)}");
        return (range.Offset + (storage.ViewOffset * size), count * size);
    }
}
