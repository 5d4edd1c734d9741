namespace Bulwark.Models;

/// <summary>
/// Element type of a tensor. The names of the first 22 are those of safetensors; then come what NumPy, ONNX and PyTorch
/// add, and last the block types of ggml under ggml's names. Members are only ever added at the end.
/// </summary>
#pragma warning disable CS1591, CA1707, CA1720 // each member is its own documentation; the field calls them so
public enum DType
{
    F4, F6_E2M3, F6_E3M2,
    BOOL, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ,
    I16, U16, F16, BF16,
    I32, U32, F32,
    C64, F64, I64, U64,

    C128, U4, I4, U2, I2, QI8, QU8, QI32,

    Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q8_1,
    Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K,
    IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_NL, IQ4_XS,
    TQ1_0, TQ2_0, MXFP4, NVFP4, Q1_0, Q2_0,
}
#pragma warning restore CS1591, CA1707, CA1720
