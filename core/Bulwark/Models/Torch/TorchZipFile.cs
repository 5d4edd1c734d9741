using System.Text;
using Bulwark.Models.Pickle;
using Bulwark.Models.Zip;
using Bulwark.Storage;

namespace Bulwark.Models.Torch;

/// <summary>
/// A PyTorch file in its zip form: what torch.save, torch.jit.save and torch.package write. Its pickles are evaluated without
/// executing anything; its storages are not read.
/// </summary>
/// <remarks>
/// <code>
/// root/data.pkl                  the object; tensors in it are views of storages by key
/// root/data/0, 1, ...            the storages
/// root/byteorder                 little or big, absent in old files
/// root/version
/// root/code/, constants.pkl, constants/0, 1, ...        TorchScript
/// root/.data/extern_modules, .data/0.storage, ...       torch.package, which has pickles of any name
/// </code>
/// </remarks>
internal sealed class TorchZipFile : ModelFile
{
    // A value takes some 50 bytes; the map of a file must stay small beside the job's buffers.
    private static readonly PickleEvaluationLimits Limits = new() { MaxNodes = 1_000_000, MaxTextBytes = 16 << 20 };

    private TorchZipFile(IObjectReader reader, TorchZipLayout layout, TorchPlacement placement, IReadOnlyList<ChecksummedRange> checksums, Dictionary<string, string> metadata)
        : base(reader, placement.Tensors, metadata)
    {
        Kind = layout.Kind;
        Placement = placement;
        Checksums = checksums;
    }

    /// <inheritdoc />
    public override string Format => NameOf(Kind);

    /// <summary>Which of the three it is.</summary>
    public TorchZipKind Kind { get; }

    /// <summary>The tensors with those that share bytes and those that are not contiguous.</summary>
    public TorchPlacement Placement { get; }

    /// <inheritdoc />
    public override IReadOnlyList<UnmappedTensor> Unmapped => Placement.Unmapped;

    /// <inheritdoc />
    public override IReadOnlyList<ChecksummedRange> Checksums { get; }

    /// <summary>The name of the format.</summary>
    public static string NameOf(TorchZipKind kind) => kind switch
    {
        TorchZipKind.Script => "torchscript",
        TorchZipKind.Package => "torch-package",
        _ => "pytorch",
    };

    /// <summary>Maps the tensors of an archive.</summary>
    /// <exception cref="ModelFormatException">BW1420 the archive breaks a rule; BW1430 to BW1435 PyTorch's own structure does.</exception>
    public static async Task<TorchZipFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        ZipDirectory directory = await ZipDirectory.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        directory.ThrowIfFaulty();
        return await ReadAsync(directory, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Maps the tensors of an archive whose directory is read, whatever its faults.</summary>
    /// <exception cref="ModelFormatException">As above.</exception>
    public static async Task<TorchZipFile> ReadAsync(ZipDirectory directory, CancellationToken cancellationToken)
    {
        string file = directory.Reader.Source.ToString();
        TorchZipLayout layout = TorchZipLayout.Of(directory);
        if (layout.Kind == TorchZipKind.None)
            throw ModelFormatException.BadTorch(file, "it has no data.pkl");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["root"] = layout.Root.TrimEnd('/') };
        string byteOrder = await TextAsync(directory, layout.Find("byteorder"), cancellationToken).ConfigureAwait(false) ?? "little";
        if (byteOrder != "little")
            throw ModelFormatException.TorchByteOrder(file, byteOrder);
        if (await TextAsync(directory, layout.Find("version") ?? layout.Find(".data/version"), cancellationToken).ConfigureAwait(false) is { } version)
            metadata["version"] = version.Trim();

        var storages = new TorchZipStorages(directory, layout);
        List<TorchPlacement> placements = [];
        foreach ((ZipMember pickle, string? prefix, string folder) in Pickles(directory, layout))
        {
            await using IObjectReader content = await directory.OpenAsync(pickle, new InflationBudget { MaxHeldBytes = 64 << 20 }, cancellationToken).ConfigureAwait(false);
            PickleEvaluation evaluation = await PickleEvaluator.EvaluateAsync(content, 0, Limits, cancellationToken).ConfigureAwait(false);
            var finder = new TorchTensorFinder(file);
            finder.Add(evaluation.Value, prefix);
            foreach (TorchStorage claim in finder.Claims)
                storages.Check(claim, folder);
            placements.Add(TorchPlacement.Of(file, finder.Tensors, s => storages.Place(s, folder)));
        }

        TorchPlacement placement = placements.Count == 1 ? placements[0] : TorchPlacement.Together(placements);
        return new TorchZipFile(directory.Reader, layout, placement, storages.Checksums(placement.Tensors), metadata);
    }

    private static IEnumerable<(ZipMember Pickle, string? Prefix, string Folder)> Pickles(ZipDirectory directory, TorchZipLayout layout)
    {
        if (layout.Kind == TorchZipKind.Package)
        {
            foreach (ZipMember member in directory.Members)
            {
                if (layout.NameOf(member) is { } name && name.EndsWith(".pkl", StringComparison.OrdinalIgnoreCase))
                    yield return (member, name[..^4].Replace('/', '.'), ".data/*.storage");
            }

            yield break;
        }

        yield return (layout.Find("data.pkl")!, null, "data/*");
        if (layout.Find("constants.pkl") is { } constants)
            yield return (constants, "constants", "constants/*");
    }

    private static async Task<string?> TextAsync(ZipDirectory directory, ZipMember? member, CancellationToken cancellationToken)
    {
        const int LongestText = 64;
        if (member is null)
            return null;
        await using IObjectReader content = await directory.OpenAsync(member, new InflationBudget { MaxBytes = LongestText }, cancellationToken).ConfigureAwait(false);
        byte[] bytes = new byte[(int)Math.Min(LongestText, content.Source.Size)];
        await content.ReadAsync(0, bytes, cancellationToken).ConfigureAwait(false);
        return Encoding.Latin1.GetString(bytes);
    }
}
