using System.Text;
using Bulwark.Storage;

namespace Bulwark.Models.TensorFlow;

/// <summary>
/// Walks a TensorFlow model field by field with a stack of its own, stepping over data. Each node is handed on when it ends, so
/// that nothing grows with the graph.
/// </summary>
internal sealed class TensorFlowReader
{
    /// <summary>The longest text that is kept, in bytes.</summary>
    public const int MaxText = 4096;

    /// <summary>Nodes of all graphs and functions.</summary>
    public const int MaxNodes = 4_000_000;

    /// <summary>Dimensions of a constant.</summary>
    public const int MaxDimensions = 32;

    /// <summary>Bytes of a protocol buffer.</summary>
    public const long MaxSize = int.MaxValue;

    private readonly string _file;
    private readonly ObjectCursor _cursor;
    private readonly TensorFlowForm _form;
    private int _nodes;
    private ModelFormatException? _fault;

    /// <summary>A walk that has not begun.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="form">What it is.</param>
    public TensorFlowReader(IObjectReader reader, TensorFlowForm form)
    {
        _file = reader.Source.ToString();
        _form = form;
        _cursor = new ObjectCursor(reader, offset => ModelFormatException.TensorFlowBadProtobuf(_file, offset, "it ends in the middle of a field"));
    }

    /// <summary>Called with each node.</summary>
    public Action<TensorFlowNode>? OnNode { get; init; }

    /// <summary>Called with the metadata of each object of a keras_metadata.pb: path, offset and length.</summary>
    public Action<string, long, long>? OnMetadata { get; init; }

    /// <summary>Called with the name of each asset.</summary>
    public Action<string>? OnAsset { get; init; }

    /// <summary>Whether there is a graph, or an object, so far.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Walks the file.</summary>
    /// <exception cref="ModelFormatException">It is broken or too large (BW1480, BW1481); what came before has been handed on.</exception>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (_cursor.Size > MaxSize)
            throw ModelFormatException.TensorFlowLimit(_file, "bytes in the file", MaxSize);
        var frame = new Frame(_form switch
        {
            TensorFlowForm.SavedModel => TensorFlowMessage.SavedModel,
            TensorFlowForm.MetaGraph => TensorFlowMessage.MetaGraph,
            TensorFlowForm.KerasMetadata => TensorFlowMessage.SavedMetadata,
            _ => TensorFlowMessage.Graph,
        }, null, 0, _cursor.Size);
        try
        {
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
        }
        catch (ModelFormatException e)
        {
            // What a node would do shows before its end.
            for (Frame? open = frame; open is not null; open = open.Parent)
                Close(open);
            _fault ??= e;
        }

        if (_fault is not null)
            throw _fault;
    }

    private async ValueTask<Frame> FieldAsync(Frame frame, CancellationToken cancellationToken)
    {
        long at = _cursor.Position;
        ulong tag = await NumberAsync(frame, cancellationToken).ConfigureAwait(false);
        (int field, int wire) = ((int)(tag >> 3), (int)(tag & 7));
        if (tag > uint.MaxValue || field == 0)
            throw Broken(at, "a field number is out of range");
        if (wire != 2 && (TensorFlowSchema.Child(frame.Message, field) is not null || TensorFlowSchema.IsText(frame.Message, field)))
            throw Broken(at, $"field {field} of a {frame.Message} has the wrong wire type {wire}");
        switch (wire)
        {
            case 0:
                Number(frame, field, (long)await NumberAsync(frame, cancellationToken).ConfigureAwait(false));
                return frame;
            case 1 or 5:
                int width = wire == 1 ? 8 : 4;
                if (width > frame.End - _cursor.Position)
                    throw Broken(at, "a number crosses the end of what holds it");
                _cursor.Skip(width);
                return frame;
            case 2:
                ulong length = await NumberAsync(frame, cancellationToken).ConfigureAwait(false);
                long room = frame.End - _cursor.Position;
                if (length > (ulong)room)
                {
                    _fault ??= Broken(at, $"field {field} of a {frame.Message} is longer than what holds it");
                    if (TensorFlowSchema.Child(frame.Message, field) is null)
                        throw _fault;
                    length = (ulong)room;
                }

                return await BytesAsync(frame, field, (long)length, cancellationToken).ConfigureAwait(false);
            default:
                throw Broken(at, $"wire type {wire} is not used by TensorFlow");
        }
    }

    private async ValueTask<Frame> BytesAsync(Frame frame, int field, long length, CancellationToken cancellationToken)
    {
        if (TensorFlowSchema.Child(frame.Message, field) is { } child)
            return Open(frame, child, length);
        if (TensorFlowSchema.IsText(frame.Message, field))
        {
            long end = _cursor.Position + length;
            int kept = (int)Math.Min(MaxText, length);
            await _cursor.RequireAsync(kept, cancellationToken).ConfigureAwait(false);
            Text(frame, field, Encoding.UTF8.GetString(_cursor.Take(kept)));
            _cursor.Skip(end - _cursor.Position);
            return frame;
        }

        if (frame is { Message: TensorFlowMessage.Tensor, Node: { } node } && field == 4)
            node.Content = node.Content is null ? (_cursor.Position, length) : (0, -1);
        else if (frame.Message == TensorFlowMessage.SavedObject && field == 4)
            OnMetadata?.Invoke(frame.Name, _cursor.Position, length);
        _cursor.Skip(length);
        return frame;
    }

    private Frame Open(Frame frame, TensorFlowMessage child, long length)
    {
        var inner = new Frame(child, frame, _cursor.Position, _cursor.Position + length)
        {
            Function = frame.Function,
            // A tensor under another key is not what the node computes.
            Node = child == TensorFlowMessage.Tensor && frame.Name is not ("value" or "") ? null : frame.Node,
            Name = child is TensorFlowMessage.Value or TensorFlowMessage.FunctionName or TensorFlowMessage.Tensor ? frame.Name : "",
        };
        if (child == TensorFlowMessage.Node)
        {
            if (++_nodes > MaxNodes)
                throw ModelFormatException.TensorFlowLimit(_file, "number of nodes", MaxNodes);
            inner.Node = new TensorFlowNode { Function = frame.Function, Offset = _cursor.Position };
        }

        if (child is TensorFlowMessage.Graph or TensorFlowMessage.Node or TensorFlowMessage.SavedObject)
            IsEmpty = false;
        return inner;
    }

    private void Text(Frame frame, int field, string text)
    {
        switch (frame.Message, field)
        {
            case (TensorFlowMessage.Node, 1):
                frame.Node!.Name = text;
                break;
            case (TensorFlowMessage.Node, 2):
                if (frame.Node!.Operation.Length > 0)
                {
                    frame.Node.OtherOperation = frame.Node.Operation;
                    _fault ??= Broken(frame.Start, "a node has two operations");
                }

                frame.Node.Operation = text;
                break;
            case (TensorFlowMessage.Node, 3):
                if (frame.Node!.Inputs.Count < TensorFlowNode.MostInputs)
                    frame.Node.Inputs.Add(text);
                break;
            case (TensorFlowMessage.Attribute, 1) or (TensorFlowMessage.SavedObject, 2):
                frame.Name = text;
                break;
            case (TensorFlowMessage.Value, 2) or (TensorFlowMessage.FunctionName, 1):
                if (frame.Node is { } node && node.Attributes.Count < TensorFlowNode.MostTexts)
                    node.Attributes.Add((frame.Name, text));
                break;
            case (TensorFlowMessage.Tensor, 8):
                if (frame.Node is { } constant && constant.Strings.Count < TensorFlowNode.MostTexts)
                    constant.Strings.Add(text);
                break;
            case (TensorFlowMessage.Signature, 1):
                // The nodes of a function come after its signature in what TensorFlow writes; a name that comes later is not known for those before.
                frame.Parent!.Function = text;
                break;
            case (TensorFlowMessage.Asset, 2):
                OnAsset?.Invoke(text);
                break;
        }
    }

    private static void Number(Frame frame, int field, long value)
    {
        if (frame.Node is not { } node)
            return;
        if (frame.Message == TensorFlowMessage.Tensor && field == 1)
            node.DataType = value;
        else if (frame.Message == TensorFlowMessage.Dimension && field == 1 && node.Shape.Count > 0)
            node.Shape[^1] = value;
    }

    private void Close(Frame frame)
    {
        if (frame is { Message: TensorFlowMessage.Node, Node: { } node })
            OnNode?.Invoke(node);
    }

    private async ValueTask<ulong> NumberAsync(Frame frame, CancellationToken cancellationToken)
    {
        long at = _cursor.Position;
        ulong number = await _cursor.VarintAsync(cancellationToken).ConfigureAwait(false) ?? throw Broken(at, "a number has more than 64 bits");
        return _cursor.Position <= frame.End ? number : throw Broken(at, "a number crosses the end of what holds it");
    }

    private ModelFormatException Broken(long at, string why) => ModelFormatException.TensorFlowBadProtobuf(_file, at, why);

    private sealed class Frame
    {
        public Frame(TensorFlowMessage message, Frame? parent, long start, long end)
        {
            (Message, Parent, Start, End) = (message, parent, start, end);
            // An absent size is 0 on the wire.
            if (message != TensorFlowMessage.Dimension || parent?.Node is not { } node)
                return;
            if (node.Shape.Count < MaxDimensions)
                node.Shape.Add(0);
            else
                node.Content = (0, -1);
        }

        public TensorFlowMessage Message { get; }

        public Frame? Parent { get; }

        public long Start { get; }

        public long End { get; }

        public string? Function { get; set; }

        public TensorFlowNode? Node { get; set; }

        public string Name { get; set; } = "";
    }
}
