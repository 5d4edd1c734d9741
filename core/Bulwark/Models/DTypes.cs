using System.Collections.Frozen;

namespace Bulwark.Models;

/// <summary>Facts about <see cref="DType"/>.</summary>
/// <remarks>
/// Block types pack a fixed number of elements with their scales (ggml-common.h of ggml-org/ggml):
/// <code>
/// type     elements  bytes    type     elements  bytes    type     elements  bytes
/// Q4_0     32        18       Q2_K     256       84       IQ1_S    256       50
/// Q4_1     32        20       Q3_K     256       110      IQ1_M    256       56
/// Q5_0     32        22       Q4_K     256       144      IQ2_XXS  256       66
/// Q5_1     32        24       Q5_K     256       176      IQ2_XS   256       74
/// Q8_0     32        34       Q6_K     256       210      IQ2_S    256       82
/// Q8_1     32        36       Q8_K     256       292      IQ3_XXS  256       98
/// IQ4_NL   32        18       TQ1_0    256       54       IQ3_S    256       110
/// MXFP4    32        17       TQ2_0    256       66       IQ4_XS   256       136
/// NVFP4    64        36       Q2_0     64        18       Q1_0     128       18
/// </code>
/// </remarks>
public static class DTypes
{
    private static readonly FrozenDictionary<string, DType> ByName =
        Enum.GetValues<DType>().Where(IsSafetensors).ToFrozenDictionary(d => d.ToString(), StringComparer.Ordinal);

    /// <summary>Width of one element in bits, 2 to 128; 0 for the block types of ggml, whose elements have none of their own.</summary>
    public static int BitWidth(this DType dtype) => dtype switch
    {
        DType.U2 or DType.I2 => 2,
        DType.F4 or DType.U4 or DType.I4 => 4,
        DType.F6_E2M3 or DType.F6_E3M2 => 6,
        DType.I16 or DType.U16 or DType.F16 or DType.BF16 => 16,
        DType.I32 or DType.U32 or DType.F32 or DType.QI32 => 32,
        DType.C64 or DType.F64 or DType.I64 or DType.U64 => 64,
        DType.C128 => 128,
        >= DType.Q4_0 => 0,
        _ => 8,
    };

    /// <summary>The smallest number of elements that fills whole bytes: 1 for most types, 32 to 256 for the block types of ggml.</summary>
    public static int BlockElements(this DType dtype) => dtype switch
    {
        DType.Q4_0 or DType.Q4_1 or DType.Q5_0 or DType.Q5_1 or DType.Q8_0 or DType.Q8_1 or DType.IQ4_NL or DType.MXFP4 => 32,
        DType.NVFP4 or DType.Q2_0 => 64,
        DType.Q1_0 => 128,
        >= DType.Q4_0 => 256,
        DType.U2 or DType.I2 or DType.F6_E2M3 or DType.F6_E3M2 => 4,
        DType.F4 or DType.U4 or DType.I4 => 2,
        _ => 1,
    };

    /// <summary>Bytes of one block of <see cref="BlockElements"/> elements.</summary>
    public static int BlockBytes(this DType dtype) => dtype switch
    {
        DType.Q4_0 or DType.IQ4_NL or DType.Q1_0 or DType.Q2_0 => 18,
        DType.Q4_1 => 20,
        DType.Q5_0 => 22,
        DType.Q5_1 => 24,
        DType.Q8_0 => 34,
        DType.Q8_1 or DType.NVFP4 => 36,
        DType.Q2_K => 84,
        DType.Q3_K or DType.IQ3_S => 110,
        DType.Q4_K => 144,
        DType.Q5_K => 176,
        DType.Q6_K => 210,
        DType.Q8_K => 292,
        DType.IQ1_S => 50,
        DType.IQ1_M => 56,
        DType.IQ2_XXS or DType.TQ2_0 => 66,
        DType.IQ2_XS => 74,
        DType.IQ2_S => 82,
        DType.IQ3_XXS => 98,
        DType.IQ4_XS => 136,
        DType.TQ1_0 => 54,
        DType.MXFP4 => 17,
        _ => dtype.BlockElements() * dtype.BitWidth() / 8,
    };

    /// <summary>Bytes that elements fill; false when they do not fill whole blocks or the product leaves 64 bits.</summary>
    /// <param name="dtype">Their type.</param>
    /// <param name="elements">How many, zero or more.</param>
    /// <param name="bytes">The bytes.</param>
    internal static bool TryByteLength(this DType dtype, long elements, out long bytes)
    {
        (long blocks, long rest) = Math.DivRem(elements, dtype.BlockElements());
        Int128 length = (Int128)blocks * dtype.BlockBytes();
        bytes = length <= long.MaxValue ? (long)length : 0;
        return elements >= 0 && rest == 0 && length <= long.MaxValue;
    }

    /// <summary>True for the floating-point types a robust watermark can be embedded in: F16, BF16, F32, F64.</summary>
    public static bool IsMarkable(this DType dtype) => dtype is DType.F16 or DType.BF16 or DType.F32 or DType.F64;

    /// <summary>True for the 22 types of safetensors.</summary>
    public static bool IsSafetensors(this DType dtype) => dtype is >= DType.F4 and <= DType.U64;

    /// <summary>Finds the type of a name as safetensors spells it, case and all. False for any other text.</summary>
    /// <remarks>Not Enum.TryParse, which would also take <c>17</c> and <c>F32, F16</c>.</remarks>
    public static bool TryParse(string name, out DType dtype) => ByName.TryGetValue(name, out dtype);
}
