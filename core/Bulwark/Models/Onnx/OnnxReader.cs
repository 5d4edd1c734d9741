using System.Collections.Immutable;
using Bulwark.Storage;

namespace Bulwark.Models.Onnx;

/// <summary>
/// Walks an ONNX file field by field with a stack of its own, stepping over data. Memory is bounded by the number of tensors
/// and the text that is kept, whatever the file says.
/// </summary>
internal sealed partial class OnnxReader
{
    private readonly IObjectReader _reader;
    private readonly string _file;
    private readonly ObjectCursor _cursor;
    private readonly OnnxTensors _tensors;
    private readonly Dictionary<(string, string), OnnxOperator> _operators = [];
    private readonly HashSet<(string, string)> _functions = [];
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly OnnxZeroPoints _zeroPoints = new();
    private readonly List<OnnxText> _texts = [];
    private readonly List<string> _oddities = [];
    private int _nodes;
    private int _keptText;
    private ModelFormatException? _fault;

    public OnnxReader(IObjectReader reader)
    {
        _reader = reader;
        _file = reader.Source.ToString();
        _cursor = new ObjectCursor(reader, offset => ModelFormatException.OnnxBadProtobuf(_file, offset, "it ends in the middle of a field"));
        _tensors = new OnnxTensors(_file, _oddities);
    }

    /// <summary>External tensors read so far, also after a failure.</summary>
    public IReadOnlyList<OnnxExternal> External => _tensors.External();

    /// <summary>Operators outside the default domain read so far.</summary>
    public IReadOnlyCollection<OnnxOperator> Operators => _operators.Values;

    /// <summary>Functions read so far.</summary>
    public IReadOnlySet<(string Domain, string Name)> Functions => _functions;

    /// <summary>Text read so far.</summary>
    public IReadOnlyList<OnnxText> Texts => _texts;

    /// <summary>What was odd so far.</summary>
    public IReadOnlyList<string> Oddities => _oddities;

    /// <summary>Walks the file.</summary>
    public async Task<OnnxFile> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await WalkAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModelFormatException) when (_fault is not null)
        {
            // The first fault is the cause of those that follow it.
            throw _fault;
        }
    }

    private async Task<OnnxFile> WalkAsync(CancellationToken cancellationToken)
    {
        if (_cursor.Size > OnnxFile.MaxSize)
            throw ModelFormatException.OnnxLimit(_file, "bytes in the file", OnnxFile.MaxSize);
        var frame = new OnnxFrame(OnnxMessage.Model, 0, 0, _cursor.Size, null);
        OnnxFrame model = frame;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_cursor.Position < frame.End)
            {
                frame = await FieldAsync(frame, cancellationToken).ConfigureAwait(false);
                continue;
            }

            Close(frame);
            if (frame.Parent is null)
                break;
            frame = frame.Parent;
        }

        if (_fault is not null)
            throw _fault;
        if ((model.Seen & 1u << 7) == 0)
            throw ModelFormatException.OnnxBadModel(_file, "it has no graph");
        if ((model.Seen & 1u << 1) == 0)
            throw ModelFormatException.OnnxBadModel(_file, "it has no IR version");
        (ImmutableArray<TensorInfo> tensors, IReadOnlyList<OnnxExternal> external, IReadOnlyList<UnmappedTensor> unmapped) = _tensors.Complete(_zeroPoints);
        return new OnnxFile(_reader, tensors, _metadata, external, unmapped, [.. _operators.Values], _functions, _texts, _oddities);
    }

    /// <summary>Reads one field and returns the frame to go on in.</summary>
    private async ValueTask<OnnxFrame> FieldAsync(OnnxFrame frame, CancellationToken cancellationToken)
    {
        long at = _cursor.Position;
        ulong tag = await NumberAsync(frame, frame.End, cancellationToken).ConfigureAwait(false);
        (int field, int wire) = ((int)(tag >> 3), (int)(tag & 7));
        if (tag > uint.MaxValue || field == 0)
            throw ModelFormatException.OnnxBadProtobuf(_file, at, "a field number is out of range");
        int expected = OnnxSchema.Wire(frame.Message, field);
        if (expected >= 0 && wire != expected)
            throw ModelFormatException.OnnxBadProtobuf(_file, at, $"field {field} of a {frame.Message} has the wrong wire type {wire}");
        if (field < 32)
        {
            if ((frame.Seen & 1u << field) != 0 && OnnxSchema.Once(frame.Message, field))
                throw ModelFormatException.OnnxBadProtobuf(_file, at, $"field {field} of a {frame.Message} occurs twice");
            frame.Seen |= 1u << field;
        }

        switch (wire)
        {
            case 0:
                Number(frame, field, (long)await NumberAsync(frame, frame.End, cancellationToken).ConfigureAwait(false));
                return frame;
            case 1:
            case 5:
                Step(frame, wire == 1 ? 8 : 4);
                if (frame.Tensor is { } tensor && field is 4 or 10)
                    OnnxTensors.AddValue(tensor, field, -1, wire == 1 ? 8 : 4);
                return frame;
            case 2:
                ulong length = await NumberAsync(frame, frame.End, cancellationToken).ConfigureAwait(false);
                if (length > (ulong)(frame.End - _cursor.Position))
                {
                    // What there is of a message is walked before the refusal: a scanner wants to know what it would have done.
                    _fault ??= ModelFormatException.OnnxBadProtobuf(_file, at, $"field {field} of a {frame.Message} is longer than what holds it");
                    if (OnnxSchema.Child(frame.Message, field) is null)
                        throw _fault;
                    length = (ulong)(frame.End - _cursor.Position);
                }

                return await BytesAsync(frame, field, (long)length, cancellationToken).ConfigureAwait(false);
            default:
                throw ModelFormatException.OnnxBadProtobuf(_file, at, $"wire type {wire} is not used by ONNX");
        }
    }

    private async ValueTask<OnnxFrame> BytesAsync(OnnxFrame frame, int field, long length, CancellationToken cancellationToken)
    {
        if (OnnxSchema.Child(frame.Message, field) is { } child)
            return Open(frame, child, field, length);
        switch (frame.Message, field)
        {
            case (OnnxMessage.Node, 1) when IsInMainGraph(frame) && (frame.Inputs ??= []).Count < OnnxZeroPoints.MostInputs:
                if (length <= OnnxFile.MaxNameLength)
                {
                    frame.Inputs.Add(await TextAsync(length, cancellationToken).ConfigureAwait(false));
                }
                else
                {
                    frame.Inputs.Add("");
                    _cursor.Skip(length);
                }

                break;
            case (OnnxMessage.Node, 2) when frame.Output is null:
                frame.Output = await NameAsync(length, cancellationToken).ConfigureAwait(false);
                break;
            case (OnnxMessage.Node, 3) or (OnnxMessage.Graph, 2) or (OnnxMessage.Attribute, 1) or (OnnxMessage.Tensor, 8) or (OnnxMessage.Function, 1):
                frame.Name = await NameAsync(length, cancellationToken).ConfigureAwait(false);
                break;
            case (OnnxMessage.Node, 4):
                frame.Type = await NameAsync(length, cancellationToken).ConfigureAwait(false);
                break;
            case (OnnxMessage.Entry, 1):
                frame.Name = await TextAsync(length, cancellationToken).ConfigureAwait(false);
                break;
            case (OnnxMessage.Entry, 2):
                frame.Type = await TextAsync(length, cancellationToken).ConfigureAwait(false);
                break;
            case (OnnxMessage.Node, 7) or (OnnxMessage.Function, 10):
                frame.Domain = await NameAsync(length, cancellationToken).ConfigureAwait(false);
                break;
            case (OnnxMessage.Model, 2 or 3 or 4 or 6) or (OnnxMessage.Graph, 10) or (OnnxMessage.Node, 6) or (OnnxMessage.Function, 8) or (OnnxMessage.Tensor, 12):
                await KeepAsync(frame, field, length, cancellationToken).ConfigureAwait(false);
                break;
            case (OnnxMessage.Tensor, 1):
                long end = _cursor.Position + length;
                while (_cursor.Position < end)
                    Number(frame, field, (long)await NumberAsync(frame, end, cancellationToken).ConfigureAwait(false));
                break;
            case (OnnxMessage.Tensor, 3):
                frame.Tensor!.HasSegment = true;
                _cursor.Skip(length);
                break;
            case (OnnxMessage.Tensor, 4 or 5 or 6 or 7 or 9 or 10 or 11):
                // An element of string_data counts even when it is empty.
                if (length > 0 || field == 6)
                    OnnxTensors.AddValue(frame.Tensor!, field, _cursor.Position, length);
                if (field is 5 or 9 && length <= OnnxZeroPoints.MaxLength && frame.Tensor is { ValuePieces: 1, DataType: 2 or 3, Dimensions.Count: <= 1 } list)
                {
                    await _cursor.RequireAsync((int)length, cancellationToken).ConfigureAwait(false);
                    list.Uniform = OnnxZeroPoints.Uniform(list.DataType == 3 ? DType.I8 : DType.U8, field == 9, _cursor.Take((int)length));
                    break;
                }

                _cursor.Skip(length);
                break;
            default:
                _cursor.Skip(length);
                break;
        }

        return frame;
    }

    private static bool IsInMainGraph(OnnxFrame node) => node.Parent is { Message: OnnxMessage.Graph, Parent.Message: OnnxMessage.Model };

    private OnnxFrame Open(OnnxFrame frame, OnnxMessage child, int field, long length)
    {
        var inner = new OnnxFrame(child, field, _cursor.Position, _cursor.Position + length, frame);
        if (inner.Depth > OnnxFile.MaxDepth)
            throw ModelFormatException.OnnxLimit(_file, "messages inside messages", OnnxFile.MaxDepth);
        if (child == OnnxMessage.Node && ++_nodes > OnnxFile.MaxNodes)
            throw ModelFormatException.OnnxLimit(_file, "number of nodes", OnnxFile.MaxNodes);
        if (child == OnnxMessage.Tensor)
            inner.Tensor = new OnnxTensorDraft(inner);
        return inner;
    }

    private void Number(OnnxFrame frame, int field, long value)
    {
        if (frame.Message == OnnxMessage.Model && field == 1 && value <= 0)
            throw ModelFormatException.OnnxBadModel(_file, "its IR version is not positive");
        if (frame.Tensor is not { } tensor)
            return;
        switch (field)
        {
            case 1:
                if (tensor.Dimensions.Count == OnnxFile.MaxDimensions)
                    throw ModelFormatException.OnnxLimit(_file, $"dimensions of tensor {ModelFormatException.Quote(frame.Name)}", OnnxFile.MaxDimensions);
                tensor.AddDimension(value);
                break;
            case 2:
                tensor.DataType = value;
                break;
            case 14:
                tensor.DataLocation = value;
                break;
            case 5 or 7 or 11:
                OnnxTensors.AddValue(tensor, field, -1, 1);
                break;
        }
    }

    private async ValueTask<ulong> NumberAsync(OnnxFrame frame, long end, CancellationToken cancellationToken)
    {
        long at = _cursor.Position;
        ulong number = await _cursor.VarintAsync(cancellationToken).ConfigureAwait(false)
            ?? throw ModelFormatException.OnnxBadProtobuf(_file, at, "a number has more than 64 bits");
        return _cursor.Position <= Math.Min(frame.End, end) ? number : throw ModelFormatException.OnnxBadProtobuf(_file, at, "a number crosses the end of what holds it");
    }

    private void Step(OnnxFrame frame, int count)
    {
        if (count > frame.End - _cursor.Position)
            throw ModelFormatException.OnnxBadProtobuf(_file, _cursor.Position, "a number crosses the end of what holds it");
        _cursor.Skip(count);
    }
}
