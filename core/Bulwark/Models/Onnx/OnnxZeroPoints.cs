namespace Bulwark.Models.Onnx;

/// <summary>Finds out which integers of an ONNX model are weights, and which of their codes means zero.</summary>
/// <remarks>
/// Inputs of the quantised operators, of the default domain and of ONNX Runtime's <c>com.microsoft</c>, as weight and zero point:
/// <code>
/// DequantizeLinear       0, 2             MatMulInteger        1, 3 and 0, 2       DynamicQuantizeMatMul  1, 3
/// QLinearConv            3, 5             ConvInteger          1, 3                MatMulIntegerToFloat   1, 5 and 0, 4
/// QLinearMatMul, QGemm   3, 5 and 0, 2    QAttention           1, 7                DynamicQuantizeLSTM    1, 9 and 2, 11
/// </code>
/// A zero point that is left out is 0. One for each channel is told only when they are all the same, as they are for signed weights.
/// Only nodes of the main graph are looked at: names mean other things inside a function.
/// </remarks>
internal sealed class OnnxZeroPoints
{
    /// <summary>Inputs of a node that are kept: as many as the longest pair needs.</summary>
    public const int MostInputs = 12;

    /// <summary>The longest list of zero points that is read, in bytes of the file.</summary>
    public const int MaxLength = 1 << 16;

    // Null once two nodes disagree.
    private readonly Dictionary<string, string?> _zeroPointOf = new(StringComparer.Ordinal);

    /// <summary>True for an operator whose inputs are worth keeping.</summary>
    public static bool IsQuantized(string type) => Pairs(type).Length > 0;

    /// <summary>Notes what a node says about its inputs.</summary>
    public void Add(string type, IReadOnlyList<string> inputs)
    {
        foreach ((int weight, int zeroPoint) in Pairs(type))
        {
            if (weight >= inputs.Count || inputs[weight].Length == 0)
                continue;
            string name = zeroPoint < inputs.Count ? inputs[zeroPoint] : "";
            if (!_zeroPointOf.TryAdd(inputs[weight], name) && _zeroPointOf[inputs[weight]] != name)
                _zeroPointOf[inputs[weight]] = null;
        }
    }

    /// <summary>The zero point of a tensor; null when nothing says it is a weight, or the zero point is not one constant number.</summary>
    /// <param name="tensor">The tensor's name.</param>
    /// <param name="codes">The one code that every element of a small constant has, by its name.</param>
    public int? Of(string tensor, IReadOnlyDictionary<string, int> codes)
    {
        if (!_zeroPointOf.TryGetValue(tensor, out string? name) || name is null)
            return null;
        return name.Length == 0 ? 0 : codes.TryGetValue(name, out int code) ? code : null;
    }

    /// <summary>The code that all elements of a list have; null when it is empty, they differ, or it cannot be read.</summary>
    /// <param name="dtype">I8 or U8.</param>
    /// <param name="raw">True for raw_data, one byte each; false for int32_data, packed numbers of seven bits a byte.</param>
    /// <param name="bytes">The list.</param>
    public static int? Uniform(DType dtype, bool raw, ReadOnlySpan<byte> bytes)
    {
        int? all = null;
        for (int at = 0; at < bytes.Length;)
        {
            ulong number = 0;
            if (raw)
            {
                number = bytes[at++];
            }
            else
            {
                int shift = 0;
                do
                {
                    if (at == bytes.Length || shift > 63)
                        return null;
                    number |= (ulong)(bytes[at] & 0x7F) << shift;
                    shift += 7;
                }
                while (bytes[at++] >= 0x80);
            }

            int code = dtype == DType.I8 ? (sbyte)number : (byte)number;
            if (all is not null && all != code)
                return null;
            all = code;
        }

        return all;
    }

    private static ReadOnlySpan<(int Weight, int ZeroPoint)> Pairs(string type) => type switch
    {
        "DequantizeLinear" => new[] { (0, 2) },
        "QLinearConv" => new[] { (3, 5) },
        "QLinearMatMul" or "QGemm" => new[] { (3, 5), (0, 2) },
        "MatMulInteger" => new[] { (1, 3), (0, 2) },
        "ConvInteger" or "DynamicQuantizeMatMul" => new[] { (1, 3) },
        "MatMulIntegerToFloat" => new[] { (1, 5), (0, 4) },
        "QAttention" => new[] { (1, 7) },
        "DynamicQuantizeLSTM" => new[] { (1, 9), (2, 11) },
        _ => [],
    };
}
