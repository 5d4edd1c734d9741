using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>The integers v = sign(w)·u of a quantised batch; zeros for skipped groups.</summary>
internal sealed class SignedBatch
{
    private readonly short[] _values = new short[GroupBatch.Capacity * GroupQuantizer.GroupSize];

    /// <summary>The values of the batch that was loaded last.</summary>
    public ReadOnlySpan<short> Values => _values.AsSpan(0, Count);

    private int Count { get; set; }

    /// <summary>Takes over a batch.</summary>
    public void Load(GroupBatch batch)
    {
        ReadOnlySpan<short> u = batch.U;
        ReadOnlySpan<ulong> negative = batch.Negative;
        Count = u.Length;
        ref short source = ref MemoryMarshal.GetReference(u);
        ref short target = ref MemoryMarshal.GetArrayDataReference(_values);
        for (int g = 0; g < negative.Length; g++)
        {
            for (int i = 0; i < 4; i++)
            {
                nuint at = (nuint)(g * GroupQuantizer.GroupSize + 16 * i);
                Negate(Vector256.LoadUnsafe(ref source, at), (short)(negative[g] >> (16 * i))).StoreUnsafe(ref target, at);
            }
        }
    }

    /// <summary>Negates the lanes whose bit is set.</summary>
    public static Vector256<short> Negate(Vector256<short> value, short bits)
    {
        Vector256<short> mask = ~Vector256.Equals(Vector256.Create(bits) & Bits, Vector256<short>.Zero);
        return (value ^ mask) - mask;
    }

    /// <summary>The sum of 16 values, without overflow.</summary>
    public static int Sum(Vector256<short> value)
    {
        (Vector256<int> low, Vector256<int> high) = Vector256.Widen(value);
        return Vector256.Sum(low + high);
    }

    private static Vector256<short> Bits => Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, short.MinValue);
}
