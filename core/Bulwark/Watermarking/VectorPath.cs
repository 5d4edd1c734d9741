using System.Runtime.Intrinsics.X86;

namespace Bulwark.Watermarking;

/// <summary>Which instructions the group arithmetic uses. All paths give the same bytes; tests run every one the machine can.</summary>
internal enum VectorPath
{
    /// <summary>Plain arithmetic: the reference, and what runs on other processors.</summary>
    Scalar,

    /// <summary>AVX2.</summary>
    V256,

    /// <summary>AVX-512 F, BW, DQ and VL; runs, slowly, on AVX2 too.</summary>
    V512,
}

/// <summary>Facts about <see cref="VectorPath"/>.</summary>
internal static class VectorPaths
{
    /// <summary>The fastest path of this machine.</summary>
    public static VectorPath Best { get; } = IsNative(VectorPath.V512) ? VectorPath.V512 : IsNative(VectorPath.V256) ? VectorPath.V256 : VectorPath.Scalar;

    /// <summary>The paths that run here.</summary>
    public static IEnumerable<VectorPath> Supported => Avx2.IsSupported ? Enum.GetValues<VectorPath>() : [VectorPath.Scalar];

    /// <summary>True when the machine has the path's own instructions.</summary>
    public static bool IsNative(VectorPath path) => path switch
    {
        VectorPath.V512 => Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported,
        VectorPath.V256 => Avx2.IsSupported,
        _ => true,
    };
}
