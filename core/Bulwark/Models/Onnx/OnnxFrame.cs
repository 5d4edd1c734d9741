namespace Bulwark.Models.Onnx;

/// <summary>A message being walked. Tensors keep the frames around them, to be named when those are complete.</summary>
/// <param name="message">What kind it is.</param>
/// <param name="field">The field of the message around it.</param>
/// <param name="start">Its first byte.</param>
/// <param name="end">The byte after its last.</param>
/// <param name="parent">The message around it; null for the model.</param>
internal sealed class OnnxFrame(OnnxMessage message, int field, long start, long end, OnnxFrame? parent)
{
    public OnnxMessage Message { get; } = message;

    public int Field { get; } = field;

    public long Start { get; } = start;

    public long End { get; } = end;

    public OnnxFrame? Parent { get; } = parent;

    public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

    /// <summary>Bits of the fields below 32 that were seen.</summary>
    public uint Seen { get; set; }

    /// <summary>A tensor stands in it, so that its names are kept.</summary>
    public bool IsKept { get; set; }

    /// <summary>Name of a graph, node, attribute, tensor or function; key of an entry.</summary>
    public string Name { get; set; } = "";

    /// <summary>Operator of a node; value of an entry.</summary>
    public string Type { get; set; } = "";

    /// <summary>Domain of a node or function.</summary>
    public string Domain { get; set; } = "";

    /// <summary>First output of a node.</summary>
    public string? Output { get; set; }

    /// <summary>First inputs of a node of the main graph, empty for one that is left out or too long for a name; null for other messages.</summary>
    public List<string>? Inputs { get; set; }

    /// <summary>Names of a graph's initialisers.</summary>
    public HashSet<string>? Initializers { get; set; }

    /// <summary>The tensor a frame of that kind reads.</summary>
    public OnnxTensorDraft? Tensor { get; set; }
}
