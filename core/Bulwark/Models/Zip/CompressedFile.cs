using System.Collections.Immutable;
using Bulwark.Models.Pickle;
using Bulwark.Storage;

namespace Bulwark.Models.Zip;

/// <summary>
/// A file that is compressed as a whole, as joblib writes it when asked to. No byte of it can be edited in place; the arrays of a
/// pickle in it are named all the same, so that an inspection and a claim say what was signed.
/// </summary>
internal sealed class CompressedFile : ModelFile
{
    // As much as a scan of the same file decompresses; more than one array of that size is rare in a pickle.
    private const long MostBytes = 4L << 30;

    private readonly string _format;

    private CompressedFile(IObjectReader reader, string format, IReadOnlyList<UnmappedTensor> unmapped, IReadOnlyDictionary<string, string> metadata)
        : base(reader, [], metadata)
    {
        _format = format;
        Unmapped = unmapped;
    }

    /// <inheritdoc />
    public override string Format => _format;

    /// <inheritdoc />
    public override IReadOnlyList<UnmappedTensor> Unmapped { get; }

    /// <inheritdoc />
    public override string NotMarkable => $"it is compressed as {_format}, and an edit would mean to pack it again";

    /// <summary>Looks into a compressed file. What is broken in it, or is no pickle, is the scanner's to judge and has no tensors here.</summary>
    /// <exception cref="StorageException">The object cannot be read, or changed.</exception>
    public static async Task<CompressedFile> ReadAsync(IObjectReader reader, CompressedFormat format, CancellationToken cancellationToken)
    {
        try
        {
            ReaderSection compressed = new(reader, reader.Source.Name, format.Offset, reader.Source.Size - format.Offset);
            await using IObjectReader inner = await Inflated.OpenAsync(compressed, format.Decoder, new InflationBudget { MaxBytes = MostBytes }, null, cancellationToken).ConfigureAwait(false);
            byte[] head = new byte[(int)Math.Min(CompressedFormat.HeadLength, inner.Source.Size)];
            await inner.ReadAsync(0, head, cancellationToken).ConfigureAwait(false);
            if (PickleFile.Looks(head))
            {
                PickleFile pickle = await PickleFile.ReadAsync(inner, cancellationToken).ConfigureAwait(false);
                return new CompressedFile(
                    reader, format.Name,
                    [.. pickle.Tensors.Select(t => new UnmappedTensor(t.Name, t.DType, t.Shape, UnmappedTensor.Compressed)), .. pickle.Unmapped],
                    ImmutableDictionary<string, string>.Empty.Add("content", pickle.Format));
            }
        }
        catch (ModelFormatException)
        {
            // Broken, or a bomb.
        }

        return new CompressedFile(reader, format.Name, [], ImmutableDictionary<string, string>.Empty);
    }
}
