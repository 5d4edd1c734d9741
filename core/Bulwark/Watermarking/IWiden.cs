using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Bulwark.Watermarking;

/// <summary>Loads the magnitudes and signs of a group's little-endian elements, widened exactly to binary64.</summary>
internal interface IWiden
{
    /// <summary>Bytes of one element.</summary>
    static abstract int Size { get; }

    /// <summary>Magnitudes of elements 8·index to 8·index + 7. AVX-512.</summary>
    static abstract Vector512<double> Eight(ref byte group, int index);

    /// <summary>The same in two halves. AVX2.</summary>
    static abstract (Vector256<double> Low, Vector256<double> High) Fours(ref byte group, int index);

    /// <summary>The 64 sign bits.</summary>
    static abstract ulong Signs(ref byte group);
}

/// <summary>binary32.</summary>
internal readonly struct WidenF32 : IWiden
{
    public static int Size => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Eight(ref byte group, int index) =>
        Vector512.Abs(Wide.ToDouble(Vector256.LoadUnsafe(ref group, (nuint)(32 * index)).AsSingle()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<double> Low, Vector256<double> High) Fours(ref byte group, int index) =>
        WidenShorts.Split(Vector256.Abs(Vector256.LoadUnsafe(ref group, (nuint)(32 * index)).AsSingle()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Signs(ref byte group)
    {
        ulong signs = 0;
        for (int i = 0; i < 8; i++)
            signs |= (ulong)Vector256.LoadUnsafe(ref group, (nuint)(32 * i)).AsSingle().ExtractMostSignificantBits() << (8 * i);
        return signs;
    }
}

/// <summary>binary16, whose conversion instruction .NET does not offer: shifted into binary32 and rescaled, which is exact.</summary>
internal readonly struct WidenF16 : IWiden
{
    // The smallest bits of an infinity or NaN, shifted into binary32.
    private const int NotFinite = 0x7C00 << 13;
    private const float Rescale = 5.192296858534828e33f; // 2^112, the difference of the exponent biases

    public static int Size => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Eight(ref byte group, int index) => Wide.ToDouble(Singles(ref group, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<double> Low, Vector256<double> High) Fours(ref byte group, int index) => WidenShorts.Split(Singles(ref group, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Singles(ref byte group, int index)
    {
        Vector256<int> bits = Avx2.ShiftLeftLogical(Avx2.And(WidenShorts.Eight(ref group, index), Vector256.Create(0x7FFF)), 13);
        Vector256<float> value = bits.AsSingle() * Vector256.Create(Rescale);
        Vector256<int> special = Avx2.CompareGreaterThan(bits, Vector256.Create(NotFinite - 1));
        return Vector256.ConditionalSelect(special.AsSingle(), Vector256.Create(float.PositiveInfinity), value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Signs(ref byte group) => WidenShorts.Signs(ref group);
}

/// <summary>The upper half of a binary32.</summary>
internal readonly struct WidenBF16 : IWiden
{
    public static int Size => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Eight(ref byte group, int index) =>
        Wide.ToDouble(Singles(ref group, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<double> Low, Vector256<double> High) Fours(ref byte group, int index) => WidenShorts.Split(Singles(ref group, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Singles(ref byte group, int index) =>
        Vector256.Abs(Avx2.ShiftLeftLogical(WidenShorts.Eight(ref group, index), 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Signs(ref byte group) => WidenShorts.Signs(ref group);
}

/// <summary>binary64.</summary>
internal readonly struct WidenF64 : IWiden
{
    public static int Size => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Eight(ref byte group, int index) => Vector512.Abs(Vector512.LoadUnsafe(ref group, (nuint)(64 * index)).AsDouble());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<double> Low, Vector256<double> High) Fours(ref byte group, int index) =>
        (Vector256.Abs(Vector256.LoadUnsafe(ref group, (nuint)(64 * index)).AsDouble()), Vector256.Abs(Vector256.LoadUnsafe(ref group, (nuint)(64 * index + 32)).AsDouble()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Signs(ref byte group)
    {
        ulong signs = 0;
        for (int i = 0; i < 16; i++)
            signs |= (ulong)Vector256.LoadUnsafe(ref group, (nuint)(32 * i)).AsDouble().ExtractMostSignificantBits() << (4 * i);
        return signs;
    }
}

/// <summary>What the two 16-bit formats share.</summary>
internal static class WidenShorts
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Eight(ref byte group, int index) =>
        Avx2.ConvertToVector256Int32(Vector128.LoadUnsafe(ref group, (nuint)(16 * index)).AsUInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<double> Low, Vector256<double> High) Split(Vector256<float> value) =>
        (Avx.ConvertToVector256Double(value.GetLower()), Avx.ConvertToVector256Double(value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Signs(ref byte group)
    {
        // The even bytes are dropped by packing the arithmetic sign words, in element order again after the lane permute.
        ulong signs = 0;
        for (int i = 0; i < 2; i++)
        {
            Vector256<short> a = Vector256.LoadUnsafe(ref group, (nuint)(64 * i)).AsInt16();
            Vector256<short> b = Vector256.LoadUnsafe(ref group, (nuint)(64 * i + 32)).AsInt16();
            Vector256<sbyte> packed = Avx2.Permute4x64(Avx2.PackSignedSaturate(a, b).AsInt64(), 0b11_01_10_00).AsSByte();
            signs |= (ulong)packed.ExtractMostSignificantBits() << (32 * i);
        }

        return signs;
    }
}
