using Bulwark.Models;
using Bulwark.Models.Gguf;

namespace Bulwark.Watermarking;

/// <summary>Which tensors carry a mark, and in which ones a mark can be read: more, because models are quantised after they are marked.</summary>
/// <remarks>
/// All have two dimensions or more and 1,024 elements or more. A row is the innermost dimension.
/// <code>
/// mode          marked                                              read
/// elements      F16, BF16, F32, F64; I8 whose zero point is 0       those; I8, U8 with a zero point; F8; ggml's block types that are decoded
/// block scales  Q4_0, Q5_0, Q8_0, IQ4_NL                            the same types, when a row is whole blocks of 32 and at least two
/// </code>
/// Integers without a zero point of their own are read as if it were 0 when they have a sign, and not at all when they have none.
/// </remarks>
internal static class MarkableTensors
{
    /// <summary>Fewer elements than this carry no part of a mark.</summary>
    public const int MinimumElements = 1024;

    /// <summary>True when a mark is written into the tensor.</summary>
    public static bool CanMark(TensorInfo tensor, WatermarkMode mode) => HasShape(tensor, mode) && (mode == WatermarkMode.Elements
        ? tensor.DType.IsMarkable() || tensor is { DType: DType.I8, ZeroPoint: 0 }
        : tensor.DType is DType.Q4_0 or DType.Q5_0 or DType.Q8_0 or DType.IQ4_NL);

    /// <summary>True when a mark is looked for in the tensor.</summary>
    public static bool CanRead(TensorInfo tensor, WatermarkMode mode) => HasShape(tensor, mode) && IsKnown(tensor);

    /// <summary>Why a tensor that looks like weights cannot be read; null when it can, or is none.</summary>
    public static string? WhyUnread(TensorInfo tensor) => !HasShape(tensor, WatermarkMode.Elements) || IsKnown(tensor) ? null : tensor.DType switch
    {
        DType.U8 => "unsigned codes without a known zero point",
        >= DType.Q4_0 => "a block type that indexes a lattice, which is not decoded",
        DType.F4 or DType.F6_E2M3 or DType.F6_E3M2 or DType.U4 or DType.I4 or DType.U2 or DType.I2 => "codes of less than 8 bits whose scales lie elsewhere",
        DType.QI8 or DType.QU8 or DType.QI32 => "codes whose zero point lies elsewhere",
        _ => null,
    };

    /// <summary>Number of weights that a mark would be written into.</summary>
    public static long CountMarked(IEnumerable<TensorInfo> tensors, WatermarkMode mode) => tensors.Where(t => CanMark(t, mode)).Sum(t => t.ElementCount);

    /// <summary>Number of weights that a mark is looked for in.</summary>
    public static long CountRead(IEnumerable<TensorInfo> tensors) => tensors.Where(t => CanRead(t, WatermarkMode.Elements)).Sum(t => t.ElementCount);

    private static bool IsKnown(TensorInfo tensor) => tensor.DType switch
    {
        DType.I8 or DType.F8_E4M3 or DType.F8_E4M3FNUZ or DType.F8_E5M2 or DType.F8_E5M2FNUZ => true,
        DType.U8 => tensor.ZeroPoint is not null,
        _ => Dequantizer.CanDecode(tensor.DType),
    };

    private static bool HasShape(TensorInfo tensor, WatermarkMode mode) => tensor.Shape.Length >= 2 && tensor.ElementCount >= MinimumElements
        && (mode == WatermarkMode.Elements || (tensor.Shape[^1] % BlockMagnitudes.BlockSize == 0 && tensor.Shape[^1] >= 2 * BlockMagnitudes.BlockSize));
}
