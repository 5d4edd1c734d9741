using System.Collections.Immutable;
using System.Globalization;
using Bulwark.Storage;

namespace Bulwark.Models.TensorFlow;

/// <summary>The index of a SavedModel's variables as a file of its own: it names the variables, whose bytes lie in the data files beside it.</summary>
internal sealed class TensorBundleFile : ModelFile
{
    private TensorBundleFile(IObjectReader reader, ImmutableArray<UnmappedTensor> variables, IReadOnlyDictionary<string, string> metadata)
        : base(reader, [], metadata) => Unmapped = variables;

    /// <inheritdoc />
    public override string Format => "tensor-bundle";

    /// <inheritdoc />
    public override string? NotMarkable => SavedModelFile.WhyNotMarkable;

    /// <inheritdoc />
    public override IReadOnlyList<UnmappedTensor> Unmapped { get; }

    /// <summary>Whether a file ends as an index does.</summary>
    public static async Task<bool> LooksAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        byte[] tail = new byte[sizeof(ulong)];
        if (reader.Source.Size <= tail.Length)
            return false;
        await reader.ReadAsync(reader.Source.Size - tail.Length, tail, cancellationToken).ConfigureAwait(false);
        return TensorBundleIndex.Looks(tail);
    }

    /// <summary>Reads and checks the index.</summary>
    /// <exception cref="ModelFormatException">It is broken or too large (BW1481, BW1482).</exception>
    public static async Task<TensorBundleFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        TensorBundleIndex index = await TensorBundleIndex.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["variables"] = index.Entries.Count.ToString(CultureInfo.InvariantCulture),
            ["data_files"] = index.Shards.ToString(CultureInfo.InvariantCulture),
        };
        return new TensorBundleFile(reader, [.. index.Entries.Select(e => new UnmappedTensor(e.Name, e.DType, e.Shape, UnmappedTensor.Elsewhere))], metadata);
    }
}
