namespace Bulwark.Models.Onnx;

/// <summary>What a TensorProto says, before it is checked.</summary>
/// <param name="frame">Where it stands.</param>
internal sealed class OnnxTensorDraft(OnnxFrame frame)
{
    public OnnxFrame Frame { get; } = frame;

    public IReadOnlyList<long> Dimensions { get; private set; } = [];

    public long DataType { get; set; }

    public long DataLocation { get; set; }

    public IReadOnlyList<KeyValuePair<string, string>> External { get; private set; } = [];

    /// <summary>Value fields that hold something, as bits: 4, 5, 6, 7, 9, 10, 11.</summary>
    public int ValueFields { get; set; }

    /// <summary>Where the one packed or raw value lies; -1 when it is in several pieces.</summary>
    public long ValueOffset { get; set; }

    public long ValueLength { get; set; }

    /// <summary>Pieces the value field came in.</summary>
    public int ValuePieces { get; set; }

    public bool HasSegment { get; set; }

    /// <summary>Adds a dimension. Most tensors have few or none, and there may be very many, so that arrays are as long as they must be.</summary>
    public void AddDimension(long dimension) => Dimensions = [.. Dimensions, dimension];

    /// <summary>Adds an entry of external_data.</summary>
    public void AddExternal(string key, string value) => External = [.. External, new(key, value)];

    /// <summary>The code that all its 8-bit integers have, when it is a scalar or short list of them that could be a zero point.</summary>
    public int? Uniform { get; set; }

    /// <summary>Set when the tensor was checked and lies in the file as it is.</summary>
    public DType? DType { get; set; }
}
