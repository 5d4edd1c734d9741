using System.Collections.Immutable;
using System.Globalization;
using Bulwark.Storage;

namespace Bulwark.Models.TensorFlow;

/// <summary>
/// A TensorFlow graph: saved_model.pb, a frozen graph, or the .meta file of a checkpoint. Constants that are stored as bytes are
/// mapped as tensors under the names of their nodes.
/// </summary>
/// <remarks>
/// A frozen graph is marked, a SavedModel is not: most of its weights lie in variables/variables.data-*, whose entries have checksums of their own in
/// variables/variables.index (<see cref="TensorBundleIndex"/>), under further checksums of the blocks of that table. An edit would
/// touch two files of a folder at once, which no object store does in one step. It is signed and encrypted like any other file.
/// </remarks>
internal sealed class SavedModelFile : ModelFile
{
    /// <summary>The most constants that are mapped.</summary>
    public const int MaxTensors = 65_536;

    internal const string WhyNotMarkable = "the weights of a SavedModel lie in variables/variables.data-*, with checksums in variables/variables.index: both files would have to change in one step";

    private const int MaxNames = 8 << 20;
    private readonly TensorFlowForm _form;

    private SavedModelFile(IObjectReader reader, TensorFlowForm form, ImmutableArray<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata)
        : base(reader, tensors, metadata)
    {
        _form = form;
    }

    /// <inheritdoc />
    public override string Format => NameOf(_form);

    /// <inheritdoc />
    public override string? NotMarkable => _form switch
    {
        TensorFlowForm.SavedModel => WhyNotMarkable,
        TensorFlowForm.KerasMetadata => "it describes a model and holds no weights",
        _ => null,
    };

    /// <summary>The name of the format.</summary>
    public static string NameOf(TensorFlowForm form) => form switch
    {
        TensorFlowForm.SavedModel => "savedmodel",
        TensorFlowForm.KerasMetadata => "keras-metadata",
        _ => "tensorflow-graph",
    };

    /// <summary>Reads the graph and maps its constants.</summary>
    /// <exception cref="ModelFormatException">It is broken or too large (BW1480, BW1481).</exception>
    /// <exception cref="StorageException">The object cannot be read, or changed.</exception>
    public static async Task<SavedModelFile> ReadAsync(IObjectReader reader, TensorFlowForm form, CancellationToken cancellationToken)
    {
        string file = reader.Source.ToString();
        List<TensorInfo> tensors = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        int nodes = 0;
        int text = 0;
        var walk = new TensorFlowReader(reader, form)
        {
            OnNode = node =>
            {
                nodes++;
                if (Map(node) is not { } tensor)
                    return;
                text += tensor.Name.Length;
                if (tensors.Count >= MaxTensors || text > MaxNames)
                    throw ModelFormatException.TensorFlowLimit(file, "number of constants, or characters in their names", MaxTensors);
                // Graphs of one file may use a name each.
                if (!names.Add(tensor.Name))
                {
                    tensor = tensor with { Name = string.Create(CultureInfo.InvariantCulture, $"{tensor.Name}@{tensor.Offset}") };
                    if (!names.Add(tensor.Name))
                        return;
                }

                tensors.Add(tensor);
            },
        };
        await walk.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (walk.IsEmpty && form != TensorFlowForm.KerasMetadata)
            throw ModelFormatException.TensorFlowBadProtobuf(file, 0, "it has no graph");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["nodes"] = nodes.ToString(CultureInfo.InvariantCulture) };
        return new SavedModelFile(reader, form, [.. tensors], metadata);
    }

    private static TensorInfo? Map(TensorFlowNode node)
    {
        if (node.Operation != "Const" || node.Content is not { Length: > 0 } content || TensorFlowTypes.Of(node.DataType) is not { } dtype)
            return null;
        Int128 count = 1;
        foreach (long dimension in node.Shape)
        {
            count = dimension < 0 ? -1 : count * dimension;
            if (count < 0 || count > content.Length)
                return null;
        }

        if (!dtype.TryByteLength((long)count, out long length) || length != content.Length)
            return null;
        return new TensorInfo(node.Function is null ? node.Name : $"{node.Function}/{node.Name}", dtype, node.Shape.ToImmutable(), content.Offset, length);
    }
}
