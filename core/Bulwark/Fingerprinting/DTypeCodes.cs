using Bulwark.Models;

namespace Bulwark.Fingerprinting;

/// <summary>The dtype byte of a tensor leaf. A code never changes its meaning; members of <see cref="DType"/> may move.</summary>
/// <remarks>
/// <code>
///  1 F64   2 F32   3 F16   4 BF16   5 F8_E4M3   6 F8_E5M2   7 I64   8 I32   9 I16   10 I8   11 U8   12 BOOL
/// 0x20 U16      0x21 U32      0x22 U64      0x23 C64          0x24 C128         0x25 F4
/// 0x26 F6_E2M3  0x27 F6_E3M2  0x28 F8_E8M0  0x29 F8_E4M3FNUZ  0x2A F8_E5M2FNUZ  0x2B U4
/// 0x2C I4       0x2D U2       0x2E I2       0x2F QI8          0x30 QU8          0x31 QI32
/// 0x40 + ggml_type for the block types of ggml (Q4_0 is 0x42)
/// </code>
/// </remarks>
internal static class DTypeCodes
{
    private const byte Block = 0x40;

    public static byte Of(DType dtype) => dtype switch
    {
        DType.F64 => 1,
        DType.F32 => 2,
        DType.F16 => 3,
        DType.BF16 => 4,
        DType.F8_E4M3 => 5,
        DType.F8_E5M2 => 6,
        DType.I64 => 7,
        DType.I32 => 8,
        DType.I16 => 9,
        DType.I8 => 10,
        DType.U8 => 11,
        DType.BOOL => 12,
        DType.U16 => 0x20,
        DType.U32 => 0x21,
        DType.U64 => 0x22,
        DType.C64 => 0x23,
        DType.C128 => 0x24,
        DType.F4 => 0x25,
        DType.F6_E2M3 => 0x26,
        DType.F6_E3M2 => 0x27,
        DType.F8_E8M0 => 0x28,
        DType.F8_E4M3FNUZ => 0x29,
        DType.F8_E5M2FNUZ => 0x2A,
        DType.U4 => 0x2B,
        DType.I4 => 0x2C,
        DType.U2 => 0x2D,
        DType.I2 => 0x2E,
        DType.QI8 => 0x2F,
        DType.QU8 => 0x30,
        DType.QI32 => 0x31,
        DType.Q4_0 => Block + 2,
        DType.Q4_1 => Block + 3,
        DType.Q5_0 => Block + 6,
        DType.Q5_1 => Block + 7,
        DType.Q8_0 => Block + 8,
        DType.Q8_1 => Block + 9,
        DType.Q2_K => Block + 10,
        DType.Q3_K => Block + 11,
        DType.Q4_K => Block + 12,
        DType.Q5_K => Block + 13,
        DType.Q6_K => Block + 14,
        DType.Q8_K => Block + 15,
        DType.IQ2_XXS => Block + 16,
        DType.IQ2_XS => Block + 17,
        DType.IQ3_XXS => Block + 18,
        DType.IQ1_S => Block + 19,
        DType.IQ4_NL => Block + 20,
        DType.IQ3_S => Block + 21,
        DType.IQ2_S => Block + 22,
        DType.IQ4_XS => Block + 23,
        DType.IQ1_M => Block + 29,
        DType.TQ1_0 => Block + 34,
        DType.TQ2_0 => Block + 35,
        DType.MXFP4 => Block + 39,
        DType.NVFP4 => Block + 40,
        DType.Q1_0 => Block + 41,
        DType.Q2_0 => Block + 42,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "The type has no code yet."),
    };
}
