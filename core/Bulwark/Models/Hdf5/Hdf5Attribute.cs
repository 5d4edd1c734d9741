namespace Bulwark.Models.Hdf5;

/// <summary>An attribute of an object.</summary>
/// <param name="Owner">Path of the object; empty for the root group.</param>
/// <param name="Name">Its name.</param>
/// <param name="Texts">Where its strings lie in the file, when it is text: offset and length of each, closing zeros included.</param>
internal sealed record Hdf5Attribute(string Owner, string Name, IReadOnlyList<(long Offset, long Length)> Texts);
