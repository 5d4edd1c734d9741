namespace Bulwark.Models;

/// <summary>Element type of a tensor. The names of the first 22 are those of safetensors.</summary>
#pragma warning disable CS1591, CA1707, CA1720 // each member is its own documentation; the field calls them so
public enum DType
{
    F4, F6_E2M3, F6_E3M2,
    BOOL, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ,
    I16, U16, F16, BF16,
    I32, U32, F32,
    C64, F64, I64, U64,
}
#pragma warning restore CS1591, CA1707, CA1720
