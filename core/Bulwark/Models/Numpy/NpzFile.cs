using System.Collections.Immutable;
using System.Globalization;
using Bulwark.Models.Pickle;
using Bulwark.Models.Zip;
using Bulwark.Storage;

namespace Bulwark.Models.Numpy;

/// <summary>
/// A NumPy archive: a zip of arrays. An array that is stored uncompressed and lies as a tensor does is mapped under the name
/// numpy gives it, the member's without <c>.npy</c>; compressed ones and arrays of objects are not, and of the objects those that are
/// arrays themselves are named.
/// </summary>
internal sealed class NpzFile : ModelFile
{
    /// <summary>The name of the format.</summary>
    public const string Name = "npz";

    private const string Ending = ".npy";
    private const int MostHead = NpyHeader.UsualLength + 64;

    private NpzFile(
        IObjectReader reader, ImmutableArray<TensorInfo> tensors, IReadOnlyList<UnmappedTensor> unmapped, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<ChecksummedRange> checksums)
        : base(reader, tensors, metadata)
    {
        Unmapped = unmapped;
        Checksums = checksums;
    }

    /// <inheritdoc />
    public override string Format => Name;

    /// <inheritdoc />
    public override IReadOnlyList<UnmappedTensor> Unmapped { get; }

    /// <inheritdoc />
    public override IReadOnlyList<ChecksummedRange> Checksums { get; }

    /// <summary>True for an archive of arrays and nothing else.</summary>
    public static bool Looks(ZipDirectory directory) => directory.Members.Count > 0 && directory.Members.All(m => m.Name.EndsWith(Ending, StringComparison.Ordinal));

    /// <summary>Maps the arrays of an archive.</summary>
    /// <param name="directory">The archive.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ModelFormatException">The archive breaks a rule (BW1420), or a stored member named as an array is none (BW1462).</exception>
    public static async Task<NpzFile> ReadAsync(ZipDirectory directory, CancellationToken cancellationToken)
    {
        directory.ThrowIfFaulty();
        IObjectReader reader = directory.Reader;
        string file = reader.Source.ToString();
        var tensors = new List<TensorInfo>();
        var checksums = new List<ChecksummedRange>();
        var unmapped = new List<UnmappedTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (ZipMember member in directory.Members.Where(m => m.Name.EndsWith(Ending, StringComparison.Ordinal)).OrderBy(m => m.DataOffset))
        {
            names.Add(member.Name);
            if (member is not { Method: ZipMember.Stored, IsEncrypted: false, DataOffset: { } offset } || directory.OpenRaw(member) is not { } content)
            {
                unmapped.Add(await PackedAsync(directory, member, cancellationToken).ConfigureAwait(false));
                continue;
            }

            string name = member.Name[..^Ending.Length];
            NpyFile array;
            try
            {
                array = await NpyFile.ReadAsync(content, cancellationToken).ConfigureAwait(false);
            }
            catch (ModelFormatException e)
            {
                throw ModelFormatException.NpzBadMember(file, member.Name, e.Message);
            }

            if (array.Tensors is not [var tensor])
            {
                unmapped.AddRange(await ObjectsAsync(array, name, cancellationToken).ConfigureAwait(false));
                continue;
            }

            tensors.Add(tensor with { Name = name, Offset = offset + tensor.Offset });
            checksums.Add(new ChecksummedRange(member.Name, offset, member.Length, member.ChecksumOffsets));
        }

        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["arrays"] = names.Count.ToString(CultureInfo.InvariantCulture) };
        return new NpzFile(reader, [.. tensors], unmapped, metadata, checksums);
    }

    /// <summary>An array that is no tensor; of one whose elements are objects, Keras' way to write weights, the arrays among them.</summary>
    private static async Task<IReadOnlyList<UnmappedTensor>> ObjectsAsync(NpyFile array, string name, CancellationToken cancellationToken)
    {
        UnmappedTensor whole = array.Header.Unmapped(name);
        if (!array.Header.Descr.HasObjects)
            return [whole];
        long start = array.Header.DataOffset;
        try
        {
            PickleFile pickle = await PickleFile.ReadAsync(new ReaderSection(array.Reader, name, start, array.Reader.Source.Size - start), cancellationToken).ConfigureAwait(false);
            return
            [
                whole,
                .. pickle.Tensors.Select(t => new UnmappedTensor($"{name}/{t.Name}", t.DType, t.Shape, UnmappedTensor.Nested)),
                .. pickle.Unmapped.Select(t => t with { Name = $"{name}/{t.Name}" }),
            ];
        }
        catch (ModelFormatException)
        {
            // A pickle that cannot be followed is the scanner's to judge.
            return [whole];
        }
    }

    /// <summary>A member that is no tensor as it lies there; of a deflated one the header is read.</summary>
    private static async Task<UnmappedTensor> PackedAsync(ZipDirectory directory, ZipMember member, CancellationToken cancellationToken)
    {
        string name = member.Name[..^Ending.Length];
        if (member is { Method: ZipMember.Deflated, IsEncrypted: false })
        {
            try
            {
                NpyHeader header = await NpyHeader.ReadAsync(await directory.OpenHeadAsync(member, MostHead, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                return header.Unmapped(name, UnmappedTensor.Compressed);
            }
            catch (ModelFormatException e)
            {
                throw ModelFormatException.NpzBadMember(directory.Reader.Source.ToString(), member.Name, e.Message);
            }
        }

        return new UnmappedTensor(name, null, [], member.IsEncrypted ? "encrypted" : UnmappedTensor.Compressed);
    }
}
