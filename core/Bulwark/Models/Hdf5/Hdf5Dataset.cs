namespace Bulwark.Models.Hdf5;

/// <summary>A data set.</summary>
/// <param name="Path">Its path from the root group, without a leading slash.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Space">Its dimensions.</param>
/// <param name="Layout">Where its data lies.</param>
/// <param name="Filters">Numbers of its filters, such as 1 for deflate.</param>
internal sealed record Hdf5Dataset(string Path, Hdf5Datatype Type, Hdf5Dataspace Space, Hdf5Layout Layout, IReadOnlyList<int> Filters);
