using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bulwark.Watermarking;

namespace Bulwark.Fingerprinting;

/// <summary>v = sign(w)·u of a batch: the integers that all three parts of the robust fingerprint are sums of.</summary>
internal sealed class SignedMagnitudes
{
    /// <summary>Elements that may be read behind the last one, so that vectors need no remainder.</summary>
    public const int Slack = 16;

    private readonly short[] _v = new short[GroupBatch.Capacity * GroupQuantizer.GroupSize + Slack];

    /// <summary>Elements in it.</summary>
    public int Count { get; private set; }

    /// <summary>The integers, -16384 to 16384, and <see cref="Slack"/> more of no meaning.</summary>
    public ReadOnlySpan<short> WithSlack => _v.AsSpan(0, Count + Slack);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Load(GroupBatch batch)
    {
        Count = batch.Count * GroupQuantizer.GroupSize;
        ref short u = ref MemoryMarshal.GetReference(batch.U);
        ref short v = ref MemoryMarshal.GetArrayDataReference(_v);
        ReadOnlySpan<ulong> negative = batch.Negative;
        for (int g = 0; g < negative.Length; g++)
        {
            nuint at = (nuint)(g * GroupQuantizer.GroupSize);
            if (batch.Path == VectorPath.Scalar)
            {
                for (int i = 0; i < GroupQuantizer.GroupSize; i++)
                {
                    short magnitude = Unsafe.Add(ref u, at + (nuint)i);
                    Unsafe.Add(ref v, at + (nuint)i) = (negative[g] >> i & 1) == 1 ? (short)-magnitude : magnitude;
                }

                continue;
            }

            for (int run = 0; run < 4; run++)
            {
                Vector256<short> mask = SignLanes.Set((ushort)(negative[g] >> (16 * run)));
                Vector256<short> magnitude = Vector256.LoadUnsafe(ref u, at + (nuint)(16 * run));
                ((magnitude ^ mask) - mask).StoreUnsafe(ref v, at + (nuint)(16 * run));
            }
        }
    }
}
