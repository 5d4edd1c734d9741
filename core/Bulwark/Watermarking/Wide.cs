using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Bulwark.Watermarking;

/// <summary>
/// The conversions of AVX-512 that .NET's portable vectors lack, with an AVX2 stand-in of two halves: so that the 512-bit path
/// can be tested on every machine with AVX2, though it is only chosen where it is native.
/// </summary>
internal static class Wide
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> ToDouble(Vector256<float> value) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512Double(value)
        : Vector512.Create(Avx.ConvertToVector256Double(value.GetLower()), Avx.ConvertToVector256Double(value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ToSingle(Vector512<double> value) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector256Single(value)
        : Vector256.Create(Avx.ConvertToVector128Single(value.GetLower()), Avx.ConvertToVector128Single(value.GetUpper()));

    /// <summary>Rounds half to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> ToInt32(Vector512<double> value) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector256Int32(value)
        : Vector256.Create(Avx.ConvertToVector128Int32(value.GetLower()), Avx.ConvertToVector128Int32(value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> ToInt16(Vector512<int> value) =>
        Avx512F.IsSupported ? Avx512F.ConvertToVector256Int16(value) : Vector256.Narrow(value.GetLower(), value.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> ToUInt16(Vector512<uint> value) =>
        Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(value) : Vector256.Narrow(value.GetLower(), value.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> ToUInt32(Vector256<ushort> value) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512UInt32(value)
        : Vector512.Create(Avx2.ConvertToVector256Int32(value.GetLower()), Avx2.ConvertToVector256Int32(value.GetUpper())).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> ToUInt32(Vector128<byte> value) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512UInt32(value)
        : Vector512.Create(Avx2.ConvertToVector256Int32(value), Avx2.ConvertToVector256Int32(Vector128.CreateScalar(value.AsUInt64().GetElement(1)).AsByte())).AsUInt32();

    /// <summary>Products of 16-bit lanes, neighbours added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAddAdjacent(Vector512<short> a, Vector512<short> b) => Avx512BW.IsSupported
        ? Avx512BW.MultiplyAddAdjacent(a, b)
        : Vector512.Create(Avx2.MultiplyAddAdjacent(a.GetLower(), b.GetLower()), Avx2.MultiplyAddAdjacent(a.GetUpper(), b.GetUpper()));
}
