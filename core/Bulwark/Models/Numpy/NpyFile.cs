using System.Collections.Immutable;
using System.Globalization;
using Bulwark.Storage;

namespace Bulwark.Models.Numpy;

/// <summary>A NumPy array file. It is mapped as one tensor where its elements lie as a tensor's do.</summary>
internal sealed class NpyFile : ModelFile
{
    private NpyFile(IObjectReader reader, NpyHeader header, ImmutableArray<TensorInfo> tensors)
        : base(reader, tensors, Describe(header))
    {
        Header = header;
    }

    /// <inheritdoc />
    public override string Format => "npy";

    /// <inheritdoc />
    public override IReadOnlyList<UnmappedTensor> Unmapped => Header.IsTensor ? [] : [Header.Unmapped(NameOf(Reader))];

    /// <summary>What the header says.</summary>
    public NpyHeader Header { get; }

    /// <summary>Where the elements end; the end of the file when a pickle stands in their place.</summary>
    public long DataEnd => Header.Descr.HasObjects ? Reader.Source.Size : Header.DataOffset + Header.DataLength;

    /// <summary>True when a file begins like a NumPy array.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => NpyHeader.Looks(head);

    /// <summary>Reads and checks the header; the elements must all be there.</summary>
    /// <exception cref="ModelFormatException">The file breaks a rule of the format (BW1460, BW1461).</exception>
    public static async Task<NpyFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        NpyHeader header = await NpyHeader.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        long available = reader.Source.Size - header.DataOffset;
        if (!header.Descr.HasObjects && header.DataLength > available)
            throw ModelFormatException.NpyBadLength(reader.Source.ToString(), available, header.DataLength.ToString(CultureInfo.InvariantCulture));
        ImmutableArray<TensorInfo> tensors = header.IsTensor
            ? [new TensorInfo(NameOf(reader), header.Descr.DType!.Value, header.Shape, header.DataOffset, header.DataLength)]
            : [];
        return new NpyFile(reader, header, tensors);
    }

    private static string NameOf(IObjectReader reader) => Path.GetFileNameWithoutExtension(reader.Source.Name) is { Length: > 0 } name ? name : "array";

    private static Dictionary<string, string> Describe(NpyHeader header) => new(StringComparer.Ordinal)
    {
        ["shape"] = string.Create(CultureInfo.InvariantCulture, $"({string.Join(", ", header.Shape)})"),
        ["fortran_order"] = header.FortranOrder ? "True" : "False",
        ["elements"] = header.Descr.HasObjects ? "Python objects" : header.Descr.DType?.ToString() ?? string.Create(CultureInfo.InvariantCulture, $"{header.Descr.ItemSize} bytes each"),
    };
}
