namespace Bulwark.Watermarking;

/// <summary>What a mark is written into. The two are keyed apart: a model can carry both, and neither is seen as the other.</summary>
public enum WatermarkMode
{
    /// <summary>Single weights in groups of 64: floating-point numbers, and 8-bit codes around zero.</summary>
    Elements,

    /// <summary>The scales of ggml's blocks of 32 weights; the codes keep their bytes.</summary>
    BlockScales,
}

/// <summary>Facts about <see cref="WatermarkMode"/>.</summary>
public static class WatermarkModes
{
    /// <summary>Both, in the order they are tried.</summary>
    public static IReadOnlyList<WatermarkMode> All { get; } = [WatermarkMode.Elements, WatermarkMode.BlockScales];

    /// <summary>The name in receipts and documents: <c>elements</c> or <c>block-scales</c>.</summary>
    public static string Name(this WatermarkMode mode) => mode == WatermarkMode.Elements ? "elements" : "block-scales";
}
