using System.Collections.Immutable;
using System.Globalization;
using Bulwark.Storage;

namespace Bulwark.Models.Numpy;

/// <summary>
/// A NumPy archive: a zip of arrays. An array that is stored uncompressed and lies as a tensor does is mapped under the name
/// numpy gives it, the member's without <c>.npy</c>; compressed ones and arrays of objects are not.
/// </summary>
internal sealed class NpzFile : ModelFile
{
    private const string Ending = ".npy";

    private NpzFile(IObjectReader reader, ImmutableArray<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<ChecksummedRange> checksums)
        : base(reader, tensors, metadata)
    {
        Checksums = checksums;
    }

    /// <inheritdoc />
    public override string Format => "npz";

    /// <inheritdoc />
    public override IReadOnlyList<ChecksummedRange> Checksums { get; }

    /// <summary>Maps the arrays among the members. The caller has read the archive's directory and checked it.</summary>
    /// <param name="reader">The archive.</param>
    /// <param name="members">Its stored members, apart from each other, inside the archive.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ModelFormatException">A member named as an array is none (BW1462).</exception>
    public static async Task<NpzFile> ReadAsync(IObjectReader reader, IEnumerable<NpzMember> members, CancellationToken cancellationToken)
    {
        string file = reader.Source.ToString();
        var tensors = new List<TensorInfo>();
        var checksums = new List<ChecksummedRange>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (NpzMember member in members.Where(m => m.Name.EndsWith(Ending, StringComparison.Ordinal)).OrderBy(m => m.Offset))
        {
            string name = member.Name[..^Ending.Length];
            NpyFile array;
            try
            {
                array = await NpyFile.ReadAsync(new ReaderSection(reader, member.Name, member.Offset, member.Length), cancellationToken).ConfigureAwait(false);
            }
            catch (ModelFormatException e)
            {
                throw ModelFormatException.NpzBadMember(file, member.Name, e.Message);
            }

            if (!names.Add(name))
                throw ModelFormatException.NpzBadMember(file, member.Name, "another member has its name");
            if (array.Tensors is not [var tensor])
                continue;
            tensors.Add(tensor with { Name = name, Offset = member.Offset + tensor.Offset });
            checksums.Add(new ChecksummedRange(member.Offset, member.Length, member.ChecksumsAt));
        }

        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["arrays"] = names.Count.ToString(CultureInfo.InvariantCulture) };
        return new NpzFile(reader, [.. tensors], metadata, checksums);
    }
}
