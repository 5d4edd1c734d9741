using System.Collections.Immutable;
using Bulwark.Storage;

namespace Bulwark.Models.Onnx;

/// <summary>
/// An ONNX model. Its tensors are those whose bytes lie in the file as they are: initialisers with raw_data (or packed
/// float_data and double_data), tensors in attributes, in nested graphs, in functions, sparse tensors and training graphs.
/// </summary>
/// <remarks>
/// Source: onnx/onnx, onnx/onnx.proto3 and onnx/checker.cc. A tensor of the main graph's initialisers has its own name; one
/// in the attribute <c>value</c> of a Constant node has the name of the node's output; others carry the way to them.
/// Tensors in external files are listed in <see cref="External"/>; their bytes belong to other objects.
/// </remarks>
internal sealed class OnnxFile : ModelFile
{
    /// <summary>The largest protocol buffer (checker.MAXIMUM_PROTOBUF).</summary>
    public const long MaxSize = 2_147_483_647;

    /// <summary>Messages inside messages; protobuf's own limit.</summary>
    public const int MaxDepth = 100;

    /// <summary>The most tensors in one file.</summary>
    public const int MaxTensors = 100_000;

    /// <summary>The most nodes in one file, over all graphs and functions.</summary>
    public const int MaxNodes = 2_000_000;

    /// <summary>The most dimensions of one tensor.</summary>
    public const int MaxDimensions = 32;

    /// <summary>The longest name of anything, in bytes.</summary>
    public const int MaxNameLength = 1 << 14;

    /// <summary>The longest text that is kept for the scanner, in bytes; of a longer one, its beginning.</summary>
    public const int MaxTextLength = 1 << 16;

    /// <summary>The most text kept, over all names and metadata, in UTF-16 units.</summary>
    public const int MaxKeptText = 8 << 20;

    internal OnnxFile(
        IObjectReader reader, ImmutableArray<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata,
        IReadOnlyList<OnnxExternal> external, IReadOnlyList<UnmappedTensor> unmapped, IReadOnlyList<OnnxOperator> operators, IReadOnlySet<(string, string)> functions,
        IReadOnlyList<OnnxText> texts, IReadOnlyList<string> oddities)
        : base(reader, tensors, metadata)
    {
        External = external;
        Unmapped = unmapped;
        Operators = operators;
        Functions = functions;
        Texts = texts;
        Oddities = oddities;
    }

    /// <inheritdoc />
    public override string Format => "onnx";

    /// <inheritdoc />
    public override IReadOnlyList<UnmappedTensor> Unmapped { get; }

    /// <summary>Tensors whose bytes lie in other files.</summary>
    public IReadOnlyList<OnnxExternal> External { get; }

    /// <summary>Each operator outside the default domain, once, and each that names Python.</summary>
    public IReadOnlyList<OnnxOperator> Operators { get; }

    /// <summary>Domain and name of the functions the model brings itself.</summary>
    public IReadOnlySet<(string Domain, string Name)> Functions { get; }

    /// <summary>Free text of the model: metadata_props and doc strings that fit the limits.</summary>
    public IReadOnlyList<OnnxText> Texts { get; }

    /// <summary>What is legal but no exporter does.</summary>
    public IReadOnlyList<string> Oddities { get; }

    /// <summary>True when the first bytes could be those of an ONNX model: a cheap test before <see cref="LooksAsync"/>.</summary>
    public static bool MayLook(ReadOnlySpan<byte> head) => head.Length >= 2 && (head[0] == 0x08 ? head[1] is > 0 and < 0x80 : head[0] is 0x12 or 0x1A or 0x22 or 0x28 or 0x32 or 0x3A or 0x42);

    /// <summary>
    /// True when the outer fields are those of an ONNX model: only fields of ModelProto with their wire types, up to and with a
    /// graph; an IR version or opset before it, or the fields must go on to the end of the file. A file cut inside its graph still looks like one.
    /// </summary>
    public static async Task<bool> LooksAsync(IObjectReader reader, CancellationToken cancellationToken)
    {
        const int MostFields = 1024;
        var cursor = new ObjectCursor(reader, offset => ModelFormatException.OnnxBadProtobuf("", offset, ""));
        (bool graph, bool version, long textual) = (false, false, 0);
        try
        {
            for (int i = 0; i < MostFields && cursor.Remaining > 0; i++)
            {
                if (await cursor.VarintAsync(cancellationToken).ConfigureAwait(false) is not { } tag || tag > uint.MaxValue)
                    return false;
                (int field, int wire) = ((int)(tag >> 3), (int)(tag & 7));
                if (wire != (field is 1 or 5 ? 0 : 2) || field is not ((>= 1 and <= 8) or 14 or 20 or 25 or 26))
                    return false;
                if (await cursor.VarintAsync(cancellationToken).ConfigureAwait(false) is not { } value)
                    return false;
                version |= (field == 1 && value is > 0 and < 1000) || field == 8;
                if (field == 1 && value is 0 or >= 1000)
                    return false;
                if (field == 7)
                {
                    // A SavedModel has no field 7; and a graph is never as short as the strings around it.
                    graph = true;
                    if (version)
                        return true;
                }

                if (wire == 2)
                {
                    if (value > (ulong)cursor.Remaining)
                        return graph && version;
                    cursor.Skip((long)value);
                    textual++;
                }
            }
        }
        catch (ModelFormatException)
        {
            return graph && version;
        }

        return graph && (version || textual > 0);
    }

    /// <summary>Walks the file and checks what onnx's checker checks.</summary>
    /// <exception cref="ModelFormatException">The file breaks a rule of the format (BW1450 to BW1453).</exception>
    public static Task<OnnxFile> ReadAsync(IObjectReader reader, CancellationToken cancellationToken) =>
        new OnnxReader(reader).ReadAsync(cancellationToken);
}
