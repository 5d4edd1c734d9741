using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Bulwark.Models.Pickle;
using Bulwark.Storage;

namespace Bulwark.Models.Torch;

/// <summary>A PyTorch file in the form from before 1.6: five pickles and then the storages, back to back.</summary>
/// <remarks>
/// <code>
/// pickle   0x1950a86a20f9469cfc6c
/// pickle   1001, the protocol
/// pickle   {'protocol_version': 1001, 'little_endian': True, 'type_sizes': {...}}
/// pickle   the object; storages in it are ('storage', class, key, location, elements, view), view None or (key, offset, elements)
/// pickle   [key, key, ...]
/// for each key: elements i64, then their bytes
/// </code>
/// Source: torch/serialization.py, _legacy_save and _legacy_load.
/// </remarks>
internal sealed class LegacyTorchFile : ModelFile
{
    private const int Protocol = 1001;
    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", CultureInfo.InvariantCulture);
    private static readonly PickleEvaluationLimits Limits = new() { MaxNodes = 1_000_000, MaxTextBytes = 16 << 20 };

    private LegacyTorchFile(IObjectReader reader, TorchPlacement placement, IReadOnlyDictionary<string, string> metadata)
        : base(reader, placement.Tensors, metadata) => Placement = placement;

    /// <inheritdoc />
    public override string Format => "pytorch-legacy";

    /// <summary>The tensors with those that share bytes and those that are not contiguous.</summary>
    public TorchPlacement Placement { get; }

    /// <inheritdoc />
    public override IReadOnlyList<UnmappedTensor> Unmapped => Placement.Unmapped;

    /// <summary>Whether a file begins like one.</summary>
    public static bool Looks(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.']);

    /// <summary>Maps the tensors of a file.</summary>
    /// <exception cref="ModelFormatException">BW1430 to BW1435: a pickle is broken, or PyTorch's own structure is.</exception>
    public static async Task<LegacyTorchFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        string file = reader.Source.ToString();
        long offset = 0;

        async Task<PickleValue> NextAsync()
        {
            PickleEvaluation pickle = await PickleEvaluator.EvaluateAsync(reader, offset, Limits, cancellationToken).ConfigureAwait(false);
            offset = pickle.End;
            return pickle.Value;
        }

        if (await NextAsync().ConfigureAwait(false) is not PickleBigInteger magic || magic.Value != Magic)
            throw ModelFormatException.BadTorch(file, "its first pickle is not the number of the format");
        if ((await NextAsync().ConfigureAwait(false)).AsInteger != Protocol)
            throw ModelFormatException.BadTorch(file, "its protocol is not 1001");
        if ((await NextAsync().ConfigureAwait(false) as PickleDictionary)?.Find("little_endian") is PickleBoolean { Value: false })
            throw ModelFormatException.TorchByteOrder(file, "big");
        var finder = new TorchTensorFinder(file);
        finder.Add(await NextAsync().ConfigureAwait(false));
        if ((await NextAsync().ConfigureAwait(false)).AsSequence is not { } keys)
            throw ModelFormatException.BadTorch(file, "its fifth pickle is no list of keys");

        var ranges = new TorchStorageRanges(reader, finder.Storages);
        foreach (PickleValue key in keys)
            offset = await ranges.ReadAsync(key.AsText ?? key.AsInteger?.ToString(CultureInfo.InvariantCulture), offset, cancellationToken).ConfigureAwait(false);
        if (offset != reader.Source.Size)
            throw ModelFormatException.BadTorch(file, FormattableString.Invariant($"{reader.Source.Size - offset} bytes follow its last storage"));
        TorchPlacement placement = TorchPlacement.Of(file, finder.Tensors, ranges.Place);
        return new LegacyTorchFile(reader, placement, ImmutableDictionary<string, string>.Empty.Add("protocol", "1001"));
    }
}
