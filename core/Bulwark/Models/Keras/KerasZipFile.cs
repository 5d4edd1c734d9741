using System.Collections.Immutable;
using System.Text.Json;
using Bulwark.Models.Hdf5;
using Bulwark.Models.Numpy;
using Bulwark.Models.Zip;
using Bulwark.Storage;

namespace Bulwark.Models.Keras;

/// <summary>
/// A model of Keras 3: a zip archive with a configuration and weights. Weights in HDF5 that are stored uncompressed are mapped where
/// they lie in the archive, under their path in the HDF5 file.
/// </summary>
/// <remarks>
/// <code>
/// metadata.json      {"keras_version": "3.3.2", "date_saved": "..."}
/// config.json        the model as nested objects of module, class_name and config
/// model.weights.h5   groups layers/NAME/vars with data sets 0, 1, ...      or model.weights.npz
/// assets/            vocabularies and the like
/// </code>
/// Source: keras/src/saving/saving_lib.py. An edit of the weights changes the checksum of their member. Weights in an npz archive are
/// named but not mapped: each of its arrays has a checksum of its own inside the member that the outer checksum is about.
/// </remarks>
internal sealed class KerasZipFile : ModelFile
{
    /// <summary>The name of the format.</summary>
    public const string Name = "keras";

    /// <summary>The member with the configuration.</summary>
    public const string ConfigurationName = "config.json";

    /// <summary>The member with version and date.</summary>
    public const string MetadataName = "metadata.json";

    /// <summary>The member with the weights.</summary>
    public const string WeightsName = "model.weights.h5";

    /// <summary>The member with the weights where they are NumPy's.</summary>
    public const string NumpyWeightsName = "model.weights.npz";

    private const int MaxMetadata = 1 << 16;
    private const int MaxHeld = 32 << 20;

    private KerasZipFile(
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

    /// <summary>Whether an archive is a Keras model: its root has a configuration, and metadata or weights.</summary>
    public static bool Looks(ZipDirectory directory) =>
        directory.Find(ConfigurationName) is not null
        && (directory.Find(MetadataName) is not null || directory.Members.Any(m => m.Name.StartsWith("model.weights.", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Reads the archive and maps its weights.</summary>
    /// <exception cref="ModelFormatException">The archive or its weights are broken (BW1420, BW1470 to BW1474).</exception>
    /// <exception cref="StorageException">The object cannot be read, or changed.</exception>
    public static async Task<KerasZipFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken) =>
        await ReadAsync(await ZipDirectory.ReadAsync(reader, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary>Maps the weights of an archive whose directory was read.</summary>
    /// <exception cref="ModelFormatException">The archive or its weights are broken (BW1420, BW1470 to BW1474).</exception>
    public static async Task<KerasZipFile> ReadAsync(ZipDirectory directory, CancellationToken cancellationToken)
    {
        directory.ThrowIfFaulty();
        string file = directory.Reader.Source.ToString();
        if (directory.Find(ConfigurationName) is null)
            throw ModelFormatException.KerasBadArchive(file, "it has no config.json");
        IReadOnlyDictionary<string, string> metadata = await DescribeAsync(directory, cancellationToken).ConfigureAwait(false);
        if (directory.Find(WeightsName) is not { } weights)
            return new KerasZipFile(directory.Reader, [], await NumpyWeightsAsync(directory, cancellationToken).ConfigureAwait(false), metadata, []);
        if (weights.Method != ZipMember.Stored)
        {
            // Compressed weights are checked like any others, but no edit could be made in place.
            await using IObjectReader inflated = await directory.OpenAsync(weights, new InflationBudget { MaxHeldBytes = MaxHeld }, cancellationToken).ConfigureAwait(false);
            Hdf5File packed = await Hdf5File.ReadAsync(inflated, cancellationToken).ConfigureAwait(false);
            return new KerasZipFile(
                directory.Reader, [], [.. packed.Tensors.Select(t => new UnmappedTensor(t.Name, t.DType, t.Shape, UnmappedTensor.Compressed)), .. packed.Unmapped], metadata, []);
        }

        IObjectReader stored = directory.OpenRaw(weights) ?? throw ModelFormatException.KerasBadArchive(file, "its weights do not lie in the file");
        Hdf5File inner = await Hdf5File.ReadAsync(stored, cancellationToken).ConfigureAwait(false);
        long offset = weights.DataOffset!.Value;
        ImmutableArray<TensorInfo> tensors = [.. inner.Tensors.Select(t => t with { Offset = offset + t.Offset })];
        return new KerasZipFile(directory.Reader, tensors, inner.Unmapped, metadata, tensors.IsEmpty ? [] : [new ChecksummedRange(weights.Name, offset, weights.Length, weights.ChecksumOffsets)]);
    }

    private static async Task<IReadOnlyList<UnmappedTensor>> NumpyWeightsAsync(ZipDirectory directory, CancellationToken cancellationToken)
    {
        if (directory.Find(NumpyWeightsName) is not { } member)
            return [];
        string why = member.Method == ZipMember.Stored ? UnmappedTensor.Nested : UnmappedTensor.Compressed;
        await using IObjectReader content = await directory.OpenAsync(member, new InflationBudget { MaxHeldBytes = MaxHeld }, cancellationToken).ConfigureAwait(false);
        NpzFile weights = await NpzFile.ReadAsync(await ZipDirectory.ReadAsync(content, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return [.. weights.Tensors.Select(t => new UnmappedTensor(t.Name, t.DType, t.Shape, why)), .. weights.Unmapped];
    }

    private static async Task<IReadOnlyDictionary<string, string>> DescribeAsync(ZipDirectory directory, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (directory.Find(MetadataName) is not { Length: <= MaxMetadata } member)
            return metadata;
        await using IObjectReader content = await directory.OpenAsync(member, new InflationBudget { MaxBytes = MaxMetadata }, cancellationToken).ConfigureAwait(false);
        byte[] bytes = new byte[(int)content.Source.Size];
        await content.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        try
        {
            using JsonDocument json = JsonDocument.Parse(bytes);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty property in json.RootElement.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String))
                    metadata[property.Name] = property.Value.GetString() ?? "";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Keras reads the weights without it; the scanner reports it.
            metadata.Clear();
        }

        return metadata;
    }
}
