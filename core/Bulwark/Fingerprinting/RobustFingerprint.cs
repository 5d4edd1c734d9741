using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Bulwark.Fingerprinting;

/// <summary>
/// 1,600 bytes that stay close when a model is fine-tuned, pruned, quantised, cast or merged, and are unrelated for models trained
/// independently. Computed under a public key: it proves kinship, not ownership.
/// </summary>
/// <remarks>
/// <code>
/// offset  length  content
/// 0       8       ASCII "BWKFPRT1"
/// 8       4       u32 LE bits of A: 256 to 8,192, a power of two
/// 12      4       u32 LE flags: bit 0, some tensor gave B; bit 1, some tensor gave C
/// 16      8       u64 LE N, weights the fingerprint was taken of
/// 24      16      first half of the exact contentRoot
/// 40      24      zero
/// 64      1,024   A, lowest bit first, zero beyond its bits: by weight and tensor name
/// 1,088   252     B, 2,016 bits: by columns; blind to the order of rows
/// 1,340   252     C, 2,016 bits: by rows; blind to the order of columns
/// 1,592   8       zero
/// </code>
/// </remarks>
public sealed class RobustFingerprint
{
    /// <summary>Bytes of a fingerprint.</summary>
    public const int Length = 1600;

    /// <summary>The most bits of A.</summary>
    public const int MaximumBitsA = 8192;

    internal const int GramBits = 2016;
    internal const int GramBytes = GramBits / 8;
    internal const int OffsetA = 64;
    internal const int OffsetB = OffsetA + MaximumBitsA / 8;
    internal const int OffsetC = OffsetB + GramBytes;
    internal const uint HasBFlag = 1;
    internal const uint HasCFlag = 2;

    private const int MinimumBitsA = 256;
    private const int RootOffset = 24;
    private const int RootLength = 16;

    private readonly byte[] _bytes;

    private RobustFingerprint(byte[] bytes)
    {
        _bytes = bytes;
        BitsA = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        Flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(12));
        Elements = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16));
    }

    /// <summary>Bits of A: 256 to 8,192.</summary>
    public int BitsA { get; }

    /// <summary>Weights it was taken of.</summary>
    public long Elements { get; }

    /// <summary>First 16 bytes of the model's exact contentRoot.</summary>
    public ReadOnlySpan<byte> ContentRootStart => _bytes.AsSpan(RootOffset, RootLength);

    /// <summary>True when some tensor was wide enough for B.</summary>
    public bool HasB => (Flags & HasBFlag) != 0;

    /// <summary>True when some tensor was tall enough for C.</summary>
    public bool HasC => (Flags & HasCFlag) != 0;

    internal ReadOnlySpan<byte> A => _bytes.AsSpan(OffsetA, BitsA / 8);

    internal ReadOnlySpan<byte> B => _bytes.AsSpan(OffsetB, GramBytes);

    internal ReadOnlySpan<byte> C => _bytes.AsSpan(OffsetC, GramBytes);

    private uint Flags { get; }

    private static ReadOnlySpan<byte> Magic => "BWKFPRT1"u8;

    /// <summary>Bits of A for N weights: the largest power of two up to N/128, held between 256 and 8,192.</summary>
    public static int BitsFor(long elements) =>
        (int)Math.Clamp(elements < 128 ? 0L : 1L << BitOperations.Log2((ulong)elements / 128), MinimumBitsA, MaximumBitsA);

    /// <summary>True for bytes that begin as a fingerprint does and have its length.</summary>
    public static bool IsFingerprint(long length, ReadOnlySpan<byte> head) => length == Length && head.StartsWith(Magic);

    /// <summary>Reads a fingerprint; every reserved bit must be zero.</summary>
    /// <exception cref="FingerprintException">BW1701.</exception>
    public static RobustFingerprint Parse(ReadOnlySpan<byte> bytes)
    {
        if (!IsFingerprint(bytes.Length, bytes))
            throw FingerprintException.Malformed($"it is not {Length} bytes that begin with '{System.Text.Encoding.ASCII.GetString(Magic)}'");
        RobustFingerprint parsed = new(bytes.ToArray());
        if (parsed.BitsA is < MinimumBitsA or > MaximumBitsA || !BitOperations.IsPow2(parsed.BitsA))
            throw FingerprintException.Malformed("the number of bits of A is not a power of two from 256 to 8,192");
        bool reserved = bytes[40..OffsetA].ContainsAnyExcept((byte)0)
            || bytes[(OffsetA + parsed.BitsA / 8)..OffsetB].ContainsAnyExcept((byte)0)
            || bytes[(OffsetC + GramBytes)..].ContainsAnyExcept((byte)0);
        if (reserved || (parsed.Flags & ~(HasBFlag | HasCFlag)) != 0 || parsed.Elements < 0)
            throw FingerprintException.Malformed("a reserved field is not zero");
        return parsed;
    }

    /// <summary>The 1,600 bytes.</summary>
    public byte[] ToBytes() => [.. _bytes];

    internal static RobustFingerprint Create(int bitsA, uint flags, long elements, ReadOnlySpan<byte> contentRoot, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c)
    {
        byte[] bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), bitsA);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), flags);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), elements);
        contentRoot[..RootLength].CopyTo(bytes.AsSpan(RootOffset));
        a.CopyTo(bytes.AsSpan(OffsetA));
        b.CopyTo(bytes.AsSpan(OffsetB));
        c.CopyTo(bytes.AsSpan(OffsetC));
        return new RobustFingerprint(bytes);
    }

    /// <summary>The share of bits in which two equally long strings of bits differ.</summary>
    internal static double Hamming(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int different = 0, i = 0;
        ReadOnlySpan<ulong> l = MemoryMarshal.Cast<byte, ulong>(left), r = MemoryMarshal.Cast<byte, ulong>(right);
        for (; i < l.Length; i++)
            different += BitOperations.PopCount(l[i] ^ r[i]);
        for (i *= sizeof(ulong); i < left.Length; i++)
            different += BitOperations.PopCount((uint)(left[i] ^ right[i]));
        return different / (8.0 * left.Length);
    }
}
