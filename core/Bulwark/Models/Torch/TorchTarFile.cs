using System.Collections.Immutable;
using System.Globalization;
using Bulwark.Models.Pickle;
using Bulwark.Models.Tar;
using Bulwark.Storage;

namespace Bulwark.Models.Torch;

/// <summary>A PyTorch file in its oldest form, a tar archive (0.1.1 and before).</summary>
/// <remarks>
/// <code>
/// sys_info   pickle
/// pickle     pickle; storages are ('storage', class, key, location, elements)
/// storages   pickle of their number; for each a pickle (key, location, class), elements i64, their bytes; then a pickle of views
/// tensors    pickle of their number; for each a pickle (key, storage, class), dimensions i32, i32, extents, strides, offset i64   (not mapped)
/// </code>
/// Source: torch/serialization.py, legacy_load.
/// </remarks>
internal sealed class TorchTarFile : ModelFile
{
    /// <summary>The name of the format.</summary>
    public const string Name = "pytorch-tar";

    private static readonly PickleEvaluationLimits Limits = new() { MaxNodes = 1_000_000, MaxTextBytes = 16 << 20 };

    private TorchTarFile(IObjectReader reader, TorchPlacement placement)
        : base(reader, placement.Tensors, ImmutableDictionary<string, string>.Empty) => Placement = placement;

    /// <inheritdoc />
    public override string Format => Name;

    /// <summary>The tensors with those that share bytes and those that are not contiguous.</summary>
    public TorchPlacement Placement { get; }

    /// <inheritdoc />
    public override IReadOnlyList<UnmappedTensor> Unmapped => Placement.Unmapped;

    /// <summary>Whether an archive is one: it has <c>pickle</c> and <c>storages</c>.</summary>
    public static bool Is(TarArchive archive) => archive.Members.Any(m => m.Name == "pickle") && archive.Members.Any(m => m.Name == "storages");

    /// <summary>Maps the tensors of an archive.</summary>
    /// <exception cref="ModelFormatException">BW1425 the archive is broken; BW1430 to BW1434 PyTorch's own structure is.</exception>
    public static async Task<TorchTarFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        TarArchive archive = await TarArchive.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        string file = reader.Source.ToString();
        if (archive.Faults.Count > 0)
            throw ModelFormatException.BadTar(file, archive.End, archive.Faults[0]);
        return await ReadAsync(archive, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Maps the tensors of an archive whose headers are read.</summary>
    /// <exception cref="ModelFormatException">As above.</exception>
    public static async Task<TorchTarFile> ReadAsync(TarArchive archive, CancellationToken cancellationToken)
    {
        string file = archive.Reader.Source.ToString();
        TarMember? pickle = archive.Members.LastOrDefault(m => m.Name == "pickle" && m.IsFile);
        TarMember? storages = archive.Members.LastOrDefault(m => m.Name == "storages" && m.IsFile);
        if (pickle is null || storages is null)
            throw ModelFormatException.BadTorch(file, "it has no members 'pickle' and 'storages'");

        PickleEvaluation root = await PickleEvaluator.EvaluateAsync(archive.Open(pickle), 0, Limits, cancellationToken).ConfigureAwait(false);
        var finder = new TorchTensorFinder(file);
        finder.Add(root.Value);
        IObjectReader content = archive.Open(storages);
        var ranges = new TorchStorageRanges(content, finder.Storages);
        await foreach ((string key, TorchElement element, long offset, Action<long> next) in EachAsync(content, file, cancellationToken).ConfigureAwait(false))
            next(await ranges.ReadAsync(key, element.Size, finder.Storages.GetValueOrDefault(key)?.Count, offset, cancellationToken).ConfigureAwait(false));
        TorchPlacement placement = TorchPlacement.Of(file, finder.Tensors, storage =>
        {
            (long offset, long length) = ranges.Place(storage);
            return (storages.DataOffset + offset, length);
        });
        return new TorchTarFile(archive.Reader, placement);
    }

    /// <summary>The storages of the member of that name: whoever takes one says where it ends.</summary>
    public static async IAsyncEnumerable<(string Key, TorchElement Element, long Offset, Action<long> Next)> EachAsync(
        IObjectReader storages, string file, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PickleEvaluation number = await PickleEvaluator.EvaluateAsync(storages, 0, Limits, cancellationToken).ConfigureAwait(false);
        if (number.Value.AsInteger is not (>= 0 and <= TorchTensorFinder.MaxTensors and var count))
            throw ModelFormatException.BadTorch(file, "the number of its storages cannot be");
        long offset = number.End;
        for (long i = 0; i < count; i++)
        {
            PickleEvaluation head = await PickleEvaluator.EvaluateAsync(storages, offset, Limits, cancellationToken).ConfigureAwait(false);
            if (head.Value.AsSequence is not [var key, _, PickleGlobal type] || TorchElement.OfStorage(type.Name) is not { } element
                || (key.AsText ?? key.AsInteger?.ToString(CultureInfo.InvariantCulture)) is not { } name)
                throw ModelFormatException.BadTorch(file, FormattableString.Invariant($"its storage {i} has no head of key, location and class"));
            offset = head.End;
            yield return (name, element, head.End, end => offset = end);
        }
    }
}
