using Bulwark.Models.Pickle;

namespace Bulwark.Models.Torch;

/// <summary>A storage as a persistent id names it: <c>('storage', torch.FloatStorage, '0', 'cpu', 512)</c>.</summary>
/// <param name="Key">Its key: the member's name below <c>data/</c>.</param>
/// <param name="Element">Its element type; bytes when it is untyped.</param>
/// <param name="Location">The device it was saved from.</param>
/// <param name="Count">Elements in it.</param>
/// <param name="ViewOffset">Of the old format's views: the first element in the storage of that key.</param>
/// <param name="ViewCount">Of the old format's views: elements; null for a storage that is none.</param>
internal sealed record TorchStorage(string Key, TorchElement Element, string Location, long Count, long ViewOffset, long? ViewCount)
{
    /// <summary>Whether it has no bytes, being a shape only.</summary>
    public bool IsMeta => Location == "meta";

    /// <summary>Reads a persistent id; null when it names no storage that is known.</summary>
    public static TorchStorage? Read(PickleValue id)
    {
        if (id.AsSequence is not [{ AsText: "storage" }, PickleGlobal type, var key, var location, var count, ..] items
            || TorchElement.OfStorage(type.Name) is not { } element || key.AsText is not { } name || count.AsInteger is not { } elements)
            return null;
        (long offset, long? length) = items.Count > 5 && items[5].AsSequence is [_, { AsInteger: { } start }, { AsInteger: { } size }] ? (start, size) : (0L, (long?)null);
        return new TorchStorage(name, element, location.AsText ?? "", elements, offset, length);
    }
}
