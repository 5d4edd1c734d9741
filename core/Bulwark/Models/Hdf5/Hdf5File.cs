using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Bulwark.Storage;

namespace Bulwark.Models.Hdf5;

/// <summary>
/// An HDF5 file, such as the weights or a whole model of Keras. Each data set that lies in one piece, uncompressed, of a type
/// that tensors have, is mapped under its path; those in pieces, compressed, of other types or without data are counted only.
/// </summary>
internal sealed class Hdf5File : ModelFile
{
    /// <summary>The longest text of the root group's attributes that is kept as metadata, in bytes.</summary>
    public const int MaxMetadataText = 4096;

    private const int MaxMetadataEntries = 64;

    private Hdf5File(IObjectReader reader, ImmutableArray<TensorInfo> tensors, IReadOnlyList<UnmappedTensor> unmapped, IReadOnlyDictionary<string, string> metadata, long userBlock)
        : base(reader, tensors, metadata)
    {
        Unmapped = unmapped;
        UserBlock = userBlock;
    }

    /// <inheritdoc />
    public override string Format => "hdf5";

    /// <inheritdoc />
    public override IReadOnlyList<UnmappedTensor> Unmapped { get; }

    /// <summary>Bytes before the superblock, which are not HDF5's.</summary>
    public long UserBlock { get; }

    /// <summary>Whether a head is that of an HDF5 file without a user block.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => Hdf5Superblock.Looks(head);

    /// <summary>Whether it is an HDF5 file, behind a user block or not.</summary>
    public static async Task<bool> LooksAsync(IObjectReader reader, CancellationToken cancellationToken) =>
        await Hdf5Superblock.FindAsync(reader, cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>Walks the file and maps its tensors.</summary>
    /// <exception cref="ModelFormatException">It is broken, too large to follow, or reaches outside itself (BW1470 to BW1473).</exception>
    /// <exception cref="StorageException">The object cannot be read, or changed.</exception>
    public static async Task<Hdf5File> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        Hdf5Content content = await Hdf5Walker.WalkAsync(reader, cancellationToken).ConfigureAwait(false);
        string file = reader.Source.ToString();
        if (content.References is [var reference, ..])
            throw ModelFormatException.Hdf5ReachesOut(file, Hdf5Text.Of(reference));
        if (content.Faults is [var fault, ..])
            throw fault;
        (ImmutableArray<TensorInfo> tensors, IReadOnlyList<UnmappedTensor> unmapped) = Hdf5Tensors.Map(file, content, reader.Source.Size);
        return new Hdf5File(reader, tensors, unmapped, await DescribeAsync(reader, content, cancellationToken).ConfigureAwait(false), content.UserBlock);
    }

    private static async Task<IReadOnlyDictionary<string, string>> DescribeAsync(IObjectReader reader, Hdf5Content content, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["datasets"] = content.Datasets.Count.ToString(CultureInfo.InvariantCulture),
        };
        foreach (Hdf5Attribute attribute in content.Attributes.Where(a => a.Owner.Length == 0 && a.Texts.Count == 1))
        {
            (long offset, long length) = attribute.Texts[0];
            if (length > MaxMetadataText || metadata.Count > MaxMetadataEntries)
                continue;
            byte[] text = new byte[(int)length];
            await reader.ReadAsync(offset, text, cancellationToken).ConfigureAwait(false);
            int end = text.AsSpan().IndexOf((byte)0);
            metadata.TryAdd(attribute.Name, Encoding.UTF8.GetString(text, 0, end < 0 ? text.Length : end));
        }

        return metadata;
    }
}
