namespace Bulwark.Models.Onnx;

/// <summary>The kinds of message of an ONNX model that are walked into.</summary>
internal enum OnnxMessage
{
    Model, Graph, Node, Attribute, Tensor, SparseTensor, Function, Training, Entry,
}

/// <summary>Which field leads into which message (onnx.proto3).</summary>
internal static class OnnxSchema
{
    /// <summary>The message a length-delimited field holds; null for text, bytes, packed numbers, and messages nobody needs.</summary>
    public static OnnxMessage? Child(OnnxMessage message, int field) => (message, field) switch
    {
        (OnnxMessage.Model, 7) => OnnxMessage.Graph,
        (OnnxMessage.Model, 14) => OnnxMessage.Entry,
        (OnnxMessage.Model, 20) => OnnxMessage.Training,
        (OnnxMessage.Model, 25) => OnnxMessage.Function,
        (OnnxMessage.Graph, 1) => OnnxMessage.Node,
        (OnnxMessage.Graph, 5) => OnnxMessage.Tensor,
        (OnnxMessage.Graph, 15) => OnnxMessage.SparseTensor,
        (OnnxMessage.Graph, 16) => OnnxMessage.Entry,
        (OnnxMessage.Node, 5) => OnnxMessage.Attribute,
        (OnnxMessage.Node, 9) => OnnxMessage.Entry,
        (OnnxMessage.Attribute, 5) => OnnxMessage.Tensor,
        (OnnxMessage.Attribute, 6) => OnnxMessage.Graph,
        (OnnxMessage.Attribute, 10) => OnnxMessage.Tensor,
        (OnnxMessage.Attribute, 11) => OnnxMessage.Graph,
        (OnnxMessage.Attribute, 22) => OnnxMessage.SparseTensor,
        (OnnxMessage.Attribute, 23) => OnnxMessage.SparseTensor,
        (OnnxMessage.SparseTensor, 1) => OnnxMessage.Tensor,
        (OnnxMessage.SparseTensor, 2) => OnnxMessage.Tensor,
        (OnnxMessage.Function, 7) => OnnxMessage.Node,
        (OnnxMessage.Function, 11) => OnnxMessage.Attribute,
        (OnnxMessage.Function, 14) => OnnxMessage.Entry,
        (OnnxMessage.Training, 1) => OnnxMessage.Graph,
        (OnnxMessage.Training, 2) => OnnxMessage.Graph,
        (OnnxMessage.Tensor, 13) => OnnxMessage.Entry,
        (OnnxMessage.Tensor, 16) => OnnxMessage.Entry,
        _ => null,
    };

    /// <summary>The wire type of a known field: 0 number, 2 length-delimited, 5 four bytes; -1 when any does (repeated numbers, unknown fields).</summary>
    public static int Wire(OnnxMessage message, int field) => (message, field) switch
    {
        (OnnxMessage.Model, 1 or 5) => 0,
        (OnnxMessage.Model, (>= 2 and <= 8) or 14 or 20 or 25) => 2,
        (OnnxMessage.Graph, 1 or 2 or 5 or (>= 10 and <= 16)) => 2,
        (OnnxMessage.Node, >= 1 and <= 9) => 2,
        (OnnxMessage.Attribute, 2) => 5,
        (OnnxMessage.Attribute, 3 or 20) => 0,
        (OnnxMessage.Attribute, 1 or 4 or 5 or 6 or (>= 9 and <= 11) or 13 or 14 or 15 or (>= 21 and <= 23)) => 2,
        (OnnxMessage.Tensor, 2 or 14) => 0,
        (OnnxMessage.Tensor, 3 or 6 or 8 or 9 or 12 or 13 or 16) => 2,
        (OnnxMessage.SparseTensor, 1 or 2) => 2,
        (OnnxMessage.Function, 1 or 4 or 5 or 6 or 7 or 8 or 9 or 10 or (>= 11 and <= 14)) => 2,
        (OnnxMessage.Training, >= 1 and <= 4) => 2,
        (OnnxMessage.Entry, 1 or 2) => 2,
        _ => -1,
    };

    /// <summary>True for a field that holds one value or message, so that a second one would replace or be merged into the first.</summary>
    public static bool Once(OnnxMessage message, int field) => (message, field) switch
    {
        (OnnxMessage.Model, 1 or 7) => true,
        (OnnxMessage.Graph, 2) => true,
        (OnnxMessage.Node, 3 or 4 or 7) => true,
        (OnnxMessage.Attribute, 1 or 4 or 5 or 6 or 20 or 22) => true,
        (OnnxMessage.Tensor, 2 or 8 or 9 or 14) => true,
        (OnnxMessage.SparseTensor, 1 or 2) => true,
        (OnnxMessage.Function, 1 or 10) => true,
        (OnnxMessage.Entry, 1 or 2) => true,
        _ => false,
    };

    /// <summary>The type behind ONNX's number; false for text, for undefined, and for numbers never given out.</summary>
    public static bool TryGetType(long number, out DType dtype)
    {
        DType? found = number switch
        {
            1 => DType.F32,
            2 => DType.U8,
            3 => DType.I8,
            4 => DType.U16,
            5 => DType.I16,
            6 => DType.I32,
            7 => DType.I64,
            9 => DType.BOOL,
            10 => DType.F16,
            11 => DType.F64,
            12 => DType.U32,
            13 => DType.U64,
            14 => DType.C64,
            15 => DType.C128,
            16 => DType.BF16,
            17 => DType.F8_E4M3,
            18 => DType.F8_E4M3FNUZ,
            19 => DType.F8_E5M2,
            20 => DType.F8_E5M2FNUZ,
            21 => DType.U4,
            22 => DType.I4,
            23 => DType.F4,
            24 => DType.F8_E8M0,
            25 => DType.U2,
            26 => DType.I2,
            _ => null,
        };
        dtype = found ?? default;
        return found is not null;
    }
}
