using System.Collections.Frozen;

namespace Bulwark.Models;

/// <summary>Facts about <see cref="DType"/>.</summary>
public static class DTypes
{
    private static readonly FrozenDictionary<string, DType> ByName =
        Enum.GetValues<DType>().ToFrozenDictionary(d => d.ToString(), StringComparer.Ordinal);

    /// <summary>Width of one element in bits: 4, 6, 8, 16, 32 or 64.</summary>
    public static int BitWidth(this DType dtype) => dtype switch
    {
        DType.F4 => 4,
        DType.F6_E2M3 or DType.F6_E3M2 => 6,
        DType.I16 or DType.U16 or DType.F16 or DType.BF16 => 16,
        DType.I32 or DType.U32 or DType.F32 => 32,
        DType.C64 or DType.F64 or DType.I64 or DType.U64 => 64,
        _ => 8,
    };

    /// <summary>True for the floating-point types a robust watermark can be embedded in: F16, BF16, F32, F64.</summary>
    public static bool IsMarkable(this DType dtype) => dtype is DType.F16 or DType.BF16 or DType.F32 or DType.F64;

    /// <summary>Finds the type of a name as safetensors spells it, case and all. False for any other text.</summary>
    /// <remarks>Not Enum.TryParse, which would also take <c>17</c> and <c>F32, F16</c>.</remarks>
    public static bool TryParse(string name, out DType dtype) => ByName.TryGetValue(name, out dtype);
}
