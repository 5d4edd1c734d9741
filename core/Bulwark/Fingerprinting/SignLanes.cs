using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bulwark.Fingerprinting;

/// <summary>Sixteen bits spread over sixteen lanes.</summary>
internal static class SignLanes
{
    private static Vector256<short> Bits => Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, short.MinValue);

    /// <summary>-1 where the bit is set, 0 elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Set(ushort bits) => Vector256.Equals(Vector256.Create((short)bits) & Bits, Bits);

    /// <summary>+1 where the bit is set, -1 elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> PlusMinus(ushort bits) => Vector256.Equals(Vector256.Create((short)bits) & Bits, Vector256<short>.Zero) | Vector256<short>.One;
}
