using System.Collections.Immutable;

namespace Bulwark.Models.Hdf5;

/// <summary>Maps the data sets of an HDF5 file as tensors, and checks that no two share bytes, with each other or with a structure.</summary>
internal static class Hdf5Tensors
{
    private const int Fletcher32 = 3;

    /// <summary>Maps them, in the order of their first bytes.</summary>
    public static (ImmutableArray<TensorInfo> Tensors, IReadOnlyList<UnmappedTensor> Unmapped) Map(string file, Hdf5Content content, long size)
    {
        List<UnmappedTensor> unmapped = [];
        List<TensorInfo> tensors = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (Hdf5Dataset dataset in content.Datasets)
        {
            if (!names.Add(dataset.Path))
                throw ModelFormatException.Hdf5BadDataset(file, dataset.Path, "another has its name");
            if (dataset is not { Layout: { Kind: Hdf5LayoutKind.Contiguous, Address: { } address }, Type.DType: { } dtype, Filters.Count: 0 })
            {
                unmapped.Add(new UnmappedTensor(dataset.Path, dataset.Type.DType, dataset.Space.Shape, WhyNot(dataset)));
                continue;
            }

            if (!dtype.TryByteLength(dataset.Space.Count, out long length) || (dataset.Layout.Length is { } declared && declared < length))
                throw ModelFormatException.Hdf5BadDataset(file, dataset.Path, "its type and dimensions need more bytes than it has");
            if (address > size - content.UserBlock || length > size - content.UserBlock - address)
                throw ModelFormatException.Hdf5BadDataset(file, dataset.Path, "its data does not lie in the file");
            tensors.Add(new TensorInfo(dataset.Path, dtype, dataset.Space.Shape, content.UserBlock + address, length));
        }

        tensors.Sort(static (a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Length != b.Length ? a.Length.CompareTo(b.Length) : string.CompareOrdinal(a.Name, b.Name));
        CheckApart(file, tensors, content);
        return ([.. tensors], unmapped);
    }

    // Of checksums inside the file, those of structures are not about data in one piece, and Fletcher's are about pieces only.
    private static string WhyNot(Hdf5Dataset dataset) =>
        dataset.Filters.Contains(Fletcher32) ? "in pieces with Fletcher checksums"
        : dataset.Filters.Count > 0 ? UnmappedTensor.Compressed
        : dataset.Layout.Kind switch
        {
            Hdf5LayoutKind.Compact => "inside its description",
            Hdf5LayoutKind.Chunked => "in pieces",
            Hdf5LayoutKind.Virtual => UnmappedTensor.Elsewhere,
            _ => dataset.Layout.Address is null ? "without data" : UnmappedTensor.OtherType,
        };

    private static void CheckApart(string file, List<TensorInfo> tensors, Hdf5Content content)
    {
        long next = 0;
        foreach (TensorInfo tensor in tensors)
        {
            if (tensor.Length > 0 && tensor.Offset < next)
                throw ModelFormatException.Hdf5BadDataset(file, tensor.Name, "it shares bytes with another");
            next = Math.Max(next, tensor.Offset + tensor.Length);
        }

        List<(long Start, long End)> structures = [.. content.Structures.Select(s => (s.Start + content.UserBlock, s.End + content.UserBlock)).OrderBy(s => s.Item1)];
        int at = 0;
        foreach (TensorInfo tensor in tensors.Where(t => t.Length > 0))
        {
            while (at < structures.Count && structures[at].End <= tensor.Offset)
                at++;
            if (at < structures.Count && structures[at].Start < tensor.Offset + tensor.Length)
                throw ModelFormatException.Hdf5BadDataset(file, tensor.Name, "it shares bytes with a structure of the file");
        }
    }
}
