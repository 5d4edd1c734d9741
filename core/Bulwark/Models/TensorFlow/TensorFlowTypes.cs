namespace Bulwark.Models.TensorFlow;

/// <summary>TensorFlow's numbers of element types: tensorflow/core/framework/types.proto.</summary>
internal static class TensorFlowTypes
{
    /// <summary>The type of a number; null for strings, resources and types that tensors do not have here.</summary>
    public static DType? Of(long number) => number switch
    {
        1 => DType.F32,
        2 => DType.F64,
        3 => DType.I32,
        4 => DType.U8,
        5 => DType.I16,
        6 => DType.I8,
        8 => DType.C64,
        9 => DType.I64,
        10 => DType.BOOL,
        11 => DType.QI8,
        12 => DType.QU8,
        13 => DType.QI32,
        14 => DType.BF16,
        17 => DType.U16,
        18 => DType.C128,
        19 => DType.F16,
        22 => DType.U32,
        23 => DType.U64,
        24 => DType.F8_E5M2,
        25 => DType.F8_E4M3,
        _ => null,
    };
}
