using System.Collections.Immutable;
using System.Globalization;

namespace Bulwark.Models.Onnx;

/// <summary>Checks the tensors of an ONNX file as onnx's checker does, and names them.</summary>
/// <param name="file">Name for messages.</param>
/// <param name="oddities">Receives what is legal but no exporter does.</param>
internal sealed class OnnxTensors(string file, List<string> oddities)
{
    private const int MostOddities = 64;
    private const int MostEntries = 32;
    private const int StringType = 8;
    private const int Outside = 1;
    private const int RawData = 9;

    private readonly List<OnnxTensorDraft> _drafts = [];

    /// <summary>Counts a piece of a value field.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="field">The field: 4 float, 5 int32, 6 string, 7 int64, 9 raw, 10 double, 11 uint64.</param>
    /// <param name="offset">Where it lies; -1 for an unpacked element.</param>
    /// <param name="length">Its bytes.</param>
    public static void AddValue(OnnxTensorDraft tensor, int field, long offset, long length)
    {
        tensor.ValueFields |= 1 << field;
        tensor.ValueOffset = tensor.ValuePieces++ == 0 ? offset : -1;
        tensor.ValueLength += length;
    }

    /// <summary>Adds an entry of external_data.</summary>
    public void AddExternal(OnnxTensorDraft tensor, string key, string value)
    {
        if (tensor.External.Count == MostEntries)
            throw ModelFormatException.OnnxLimit(file, $"external data entries of tensor {ModelFormatException.Quote(tensor.Frame.Name)}", MostEntries);
        tensor.AddExternal(key, value);
    }

    /// <summary>Checks a tensor that was read to its end.</summary>
    public void Add(OnnxTensorDraft tensor)
    {
        OnnxFrame frame = tensor.Frame;
        if (_drafts.Count == OnnxFile.MaxTensors)
            throw ModelFormatException.OnnxLimit(file, "number of tensors", OnnxFile.MaxTensors);
        _drafts.Add(tensor);
        if (frame is { Field: 1, Parent: { Message: OnnxMessage.SparseTensor } sparse })
            sparse.Name = frame.Name;
        if (frame is { Field: 5, Parent: { Message: OnnxMessage.Graph } graph })
        {
            if (frame.Name.Length == 0)
                throw Bad(tensor, "an initialiser has no name");
            if (!(graph.Initializers ??= new HashSet<string>(StringComparer.Ordinal)).Add(frame.Name))
                throw Bad(tensor, "two initialisers have this name");
        }

        Int128 count = 1;
        foreach (long dimension in tensor.Dimensions)
        {
            if (dimension < 0)
                throw Bad(tensor, "a dimension is negative");
            count *= dimension;
            if (count > long.MaxValue)
                throw Bad(tensor, "its dimensions overflow 64-bit arithmetic");
        }

        bool text = tensor.DataType == StringType;
        if (!OnnxSchema.TryGetType(tensor.DataType, out DType dtype) && !text)
            throw Bad(tensor, string.Create(CultureInfo.InvariantCulture, $"its data type {tensor.DataType} is unknown"));
        if (tensor.HasSegment)
            throw Bad(tensor, "segments are not supported by any reader");
        if (tensor.DataLocation is not (0 or Outside))
            throw Bad(tensor, string.Create(CultureInfo.InvariantCulture, $"its data location {tensor.DataLocation} is unknown"));
        if (tensor.DataLocation == Outside || tensor.External.Count > 0)
        {
            CheckExternal(tensor);
            return;
        }

        if (int.PopCount(tensor.ValueFields) > 1)
            throw Bad(tensor, "its values stand in more than one field");
        if (tensor.ValueFields == 0)
        {
            if (count > 0)
                throw Bad(tensor, "it has no values");
        }
        else if (text)
        {
            if (tensor.ValueFields != 1 << 6)
                throw Bad(tensor, "text stands in a field for numbers");
            if (tensor.ValuePieces != count)
                throw Bad(tensor, "it has another number of strings than its shape says");
        }
        else
        {
            CheckValues(tensor, dtype, (long)count);
        }
    }

    /// <summary>Tensors with external data, by their own names.</summary>
    public IReadOnlyList<OnnxExternal> External() => [.. _drafts.Where(d => d.External.Count > 0).Select(d => new OnnxExternal(d.Frame.Name, d.Frame.Start, d.External))];

    /// <summary>The tensors that lie in the file as they are, in file order, those in other files, and those and all others that do not.</summary>
    /// <param name="zeroPoints">What the nodes said about integers.</param>
    public (ImmutableArray<TensorInfo> Tensors, IReadOnlyList<OnnxExternal> External, IReadOnlyList<UnmappedTensor> Unmapped) Complete(OnnxZeroPoints zeroPoints)
    {
        var codes = new Dictionary<string, int>(StringComparer.Ordinal);
        var used = new Dictionary<string, int>(StringComparer.Ordinal);
        var tensors = ImmutableArray.CreateBuilder<TensorInfo>();
        var external = new List<OnnxExternal>();
        var unmapped = new List<UnmappedTensor>();
        // Names of the main graph's initialisers come first: whoever looks a weight up by name means those.
        foreach (OnnxTensorDraft draft in _drafts.OrderBy(d => Names(d.Frame) > 1))
        {
            bool outside = draft.DataLocation == Outside || draft.External.Count > 0;
            int? code = draft.ValuePieces == 1 ? draft.Uniform : null;
            if (!outside && draft.DType is null && code is null)
            {
                if (draft.ValueFields != 0)
                    unmapped.Add(Unmapped(Name(draft.Frame), draft, draft.DataType == StringType ? UnmappedTensor.OtherType : "not stored as raw bytes"));
                continue;
            }

            string name = Name(draft.Frame);
            int earlier = used.GetValueOrDefault(name);
            used[name] = earlier + 1;
            if (earlier > 0)
                name = string.Create(CultureInfo.InvariantCulture, $"{name}#{earlier + 1}");
            if (code is not null)
                codes.TryAdd(name, code.Value);
            if (outside)
                external.Add(new OnnxExternal(name, draft.Frame.Start, draft.External));
            if (draft.DType is { } dtype && !outside)
                tensors.Add(new TensorInfo(name, dtype, [.. draft.Dimensions], draft.ValueOffset, draft.ValueLength));
            else
                unmapped.Add(Unmapped(name, draft, outside ? UnmappedTensor.Elsewhere : "not stored as raw bytes"));
        }

        tensors.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
        return ([.. tensors.Select(t => t.DType is DType.I8 or DType.U8 ? t with { ZeroPoint = zeroPoints.Of(t.Name, codes) } : t)], external, unmapped);
    }

    private static UnmappedTensor Unmapped(string name, OnnxTensorDraft draft, string why) =>
        new(name, OnnxSchema.TryGetType(draft.DataType, out DType dtype) ? dtype : null, [.. draft.Dimensions], why);

    private void CheckExternal(OnnxTensorDraft tensor)
    {
        if (tensor.DataLocation != Outside)
            Odd($"tensor {ModelFormatException.Quote(tensor.Frame.Name)} has external data entries but is not external");
        if (tensor.ValueFields != 0)
            throw Bad(tensor, "it has values both in the file and outside");
        if (tensor.External.FirstOrDefault(e => e.Key == "location").Value is not { Length: > 0 })
            throw Bad(tensor, "it is external but has no location");
        Int128 last = 0;
        foreach ((string key, string value) in tensor.External.Where(e => e.Key is "offset" or "length"))
        {
            if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                throw Bad(tensor, $"its {key} is no whole number from 0 up");
            last += number;
        }

        if (last > long.MaxValue)
            throw Bad(tensor, "its external range overflows 64-bit arithmetic");
    }

    private void CheckValues(OnnxTensorDraft tensor, DType dtype, long count)
    {
        int field = int.TrailingZeroCount(tensor.ValueFields);
        bool raw = field == RawData;
        (bool allowed, int width) = field switch
        {
            RawData => (true, 0),
            4 => (dtype is DType.F32 or DType.C64, 4),
            10 => (dtype is DType.F64 or DType.C128, 8),
            7 => (dtype is DType.I64, 0),
            11 => (dtype is DType.U32 or DType.U64, 0),
            5 => (dtype is not (DType.F32 or DType.F64 or DType.I64 or DType.U64 or DType.U32 or DType.C64 or DType.C128), 0),
            _ => (false, 0),
        };
        if (!allowed)
            throw Bad(tensor, "its values stand in a field for another type");
        if (!raw && width == 0)
            return;

        Int128 needed = ((Int128)count * dtype.BitWidth() + 7) / 8;
        if (tensor.ValueLength < needed)
            throw Bad(tensor, string.Create(CultureInfo.InvariantCulture, $"it has {tensor.ValueLength} bytes; its type and shape need {needed}"));
        if (tensor.ValueLength > needed)
            throw Bad(tensor, string.Create(CultureInfo.InvariantCulture, $"it has {tensor.ValueLength} bytes, more than the {needed} of its type and shape"));
        if (tensor.ValuePieces == 1 && tensor.ValueOffset >= 0)
            tensor.DType = dtype;
    }

    private void Odd(string what)
    {
        if (oddities.Count < MostOddities)
            oddities.Add(what);
    }

    private ModelFormatException Bad(OnnxTensorDraft tensor, string why) => ModelFormatException.OnnxBadTensor(file, tensor.Frame.Name, tensor.Frame.Start, why);

    /// <summary>How many names the way to a tensor has, its own included.</summary>
    private static int Names(OnnxFrame frame)
    {
        int names = 0;
        for (OnnxFrame? f = frame; f?.Parent is { Message: not OnnxMessage.Model }; f = f.Parent)
            names += f.Message is OnnxMessage.Tensor or OnnxMessage.Node or OnnxMessage.Function ? 1 : 0;
        return names;
    }

    private static string Name(OnnxFrame frame)
    {
        // Outwards: the tensor, its attribute and node, the graph of an attribute and that node, and so on.
        var parts = new List<string>();
        string inner = frame.Name;
        for (OnnxFrame f = frame; f.Parent is { } parent; f = parent)
        {
            switch (parent.Message)
            {
                case OnnxMessage.SparseTensor:
                    // A sparse tensor goes by the name of its values.
                    inner = f.Field == 1 ? inner : parent.Name + ".indices";
                    break;
                case OnnxMessage.Attribute:
                    // The node is the next frame out; a Constant's value is known by what the node puts out.
                    OnnxFrame? node = parent.Parent is { Message: OnnxMessage.Node } n ? n : null;
                    string own = node?.Output is { Length: > 0 } output ? output : node?.Name ?? "";
                    bool constant = node is { Type: "Constant" } && parent.Name is "value" or "sparse_value" && f.Message != OnnxMessage.Graph;
                    if (f.Message == OnnxMessage.Graph)
                        parts.Add(inner);
                    inner = constant ? own : $"{own}.{parent.Name}";
                    break;
                case OnnxMessage.Function:
                    parts.Add(inner);
                    inner = parent.Name;
                    break;
                case OnnxMessage.Training:
                    parts.Add(inner);
                    inner = f.Field == 1 ? "initialization" : "algorithm";
                    break;
            }
        }

        parts.Add(inner);
        parts.Reverse();
        return string.Join('/', parts);
    }
}
