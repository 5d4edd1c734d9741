using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Bulwark.Fingerprinting;

/// <summary>
/// 1,600 bytes that stay close when a model is cast, rounded, pruned, marked or fine-tuned, and are unrelated for models trained apart.
/// Compare two with <see cref="FingerprintComparison.Of"/>.
/// </summary>
/// <remarks>
/// <code>
/// offset  length  field
///      0       8  ASCII "BWKFPRNT"
///      8       2  u16 LE version: 1
///     10       2  u16 LE flags: 1 part A, 2 part B, 4 part C say something; the others are zero
///     12       4  u32 LE bits of part A: a power of two, 256 to 8,192
///     16       8  u64 LE N: weights in tensors that carry it
///     24      16  contentRoot[0..16]
///     40      16  namedRoot[0..16]
///     56       8  zero
///     64   1,024  part A: bit i is bit i mod 8 of byte i / 8; zero behind its last bit
///  1,088     252  part B: 2,016 bits
///  1,340     252  part C: 2,016 bits
///  1,592       8  SHA-256(bytes 0 to 1,591)[0..8]: against accidents only, anyone can make one
/// </code>
/// What the bits are, with v = sign(w)·u in the integers of KMM64 (each group of 64 scaled to a mean magnitude of 4,096) and public
/// signs (<see cref="PublicSigns"/>):
/// <code>
/// A  votes of runs of 16 weights for buckets; tied to name and position       (BucketSums)
/// B  Gram matrix of 64 column-segment sums over the rows; blind to row order  (ColumnSegments)
/// C  Gram matrix of 64 row-segment sums over the columns                      (RowSegments)
/// </code>
/// B and C: each tensor's matrix is divided by its mean diagonal, weighted by √elements and added; a bit is the sign of an entry
/// above the diagonal.
/// </remarks>
public sealed class RobustFingerprint
{
    /// <summary>Bytes of a fingerprint.</summary>
    public const int Length = 1600;

    /// <summary>The version written and read.</summary>
    public const int Version = 1;

    internal const int MinimumBitsA = 256;
    internal const int MaximumBitsA = 8192;
    internal const int GramBits = Segments.Count * (Segments.Count - 1) / 2;

    private const int RootLength = 16;
    private const int FlagsOffset = 10;
    private const int BitsOffset = 12;
    private const int ElementsOffset = 16;
    private const int ContentOffset = 24;
    private const int NamedOffset = ContentOffset + RootLength;
    private const int ReservedOffset = NamedOffset + RootLength;
    private const int PartAOffset = 64;
    private const int PartBOffset = PartAOffset + MaximumBitsA / 8;
    private const int PartCOffset = PartBOffset + GramBits / 8;
    private const int ChecksumOffset = PartCOffset + GramBits / 8;
    private const RobustParts AllParts = RobustParts.A | RobustParts.B | RobustParts.C;

    private readonly byte[] _bytes;

    private RobustFingerprint(byte[] bytes) => _bytes = bytes;

    /// <summary>The first eight bytes of every saved fingerprint.</summary>
    public static ReadOnlySpan<byte> Magic => "BWKFPRNT"u8;

    /// <summary>Which parts say something.</summary>
    public RobustParts Parts => (RobustParts)BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(FlagsOffset));

    /// <summary>Bits of part A.</summary>
    public int BitsA => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(BitsOffset));

    /// <summary>Weights in tensors that carry the fingerprint.</summary>
    public long Elements => BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(ElementsOffset));

    /// <summary>The first 16 bytes of the content root.</summary>
    public ReadOnlySpan<byte> ContentRoot => _bytes.AsSpan(ContentOffset, RootLength);

    /// <summary>The first 16 bytes of the named root.</summary>
    public ReadOnlySpan<byte> NamedRoot => _bytes.AsSpan(NamedOffset, RootLength);

    internal ReadOnlySpan<byte> A => _bytes.AsSpan(PartAOffset, BitsA / 8);

    internal ReadOnlySpan<byte> B => _bytes.AsSpan(PartBOffset, GramBits / 8);

    internal ReadOnlySpan<byte> C => _bytes.AsSpan(PartCOffset, GramBits / 8);

    /// <summary>The 1,600 bytes.</summary>
    public byte[] ToBytes() => [.. _bytes];

    /// <summary>Reads a saved fingerprint.</summary>
    /// <param name="what">Name of what is read, for the error.</param>
    /// <param name="bytes">All of it.</param>
    /// <exception cref="FingerprintException">It is none, or damaged (BW1701), or of another version (BW1703).</exception>
    public static RobustFingerprint Parse(string what, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Magic.Length || !bytes.StartsWith(Magic))
            throw FingerprintException.Malformed(what, "it does not begin as one");
        if (bytes.Length > BitsOffset && BinaryPrimitives.ReadUInt16LittleEndian(bytes[Magic.Length..]) is var version and not Version)
            throw FingerprintException.UnknownVersion(what, version);
        if (bytes.Length != Length)
            throw FingerprintException.Malformed(what, $"it has {bytes.Length} bytes, not {Length}");
        if (!bytes[ChecksumOffset..].SequenceEqual(SHA256.HashData(bytes[..ChecksumOffset]).AsSpan(0, Length - ChecksumOffset)))
            throw FingerprintException.Malformed(what, "its checksum does not fit");

        RobustFingerprint read = new(bytes.ToArray());
        if ((read.Parts & ~AllParts) != 0)
            throw FingerprintException.Malformed(what, "it has unknown flags");
        if (read.Elements < 0 || read.BitsA != RobustFingerprintBuilder.BitCount(read.Elements))
            throw FingerprintException.Malformed(what, $"{read.BitsA} bits do not belong to {read.Elements} weights");
        if (bytes[ReservedOffset..PartAOffset].ContainsAnyExcept((byte)0) || bytes[(PartAOffset + read.BitsA / 8)..PartBOffset].ContainsAnyExcept((byte)0))
            throw FingerprintException.Malformed(what, "bytes are set that must be zero");
        if ((read.Silent(RobustParts.A) && read.A.ContainsAnyExcept((byte)0))
            || (read.Silent(RobustParts.B) && read.B.ContainsAnyExcept((byte)0))
            || (read.Silent(RobustParts.C) && read.C.ContainsAnyExcept((byte)0)))
        {
            throw FingerprintException.Malformed(what, "a part that says nothing has bits");
        }

        return read;
    }

    /// <summary>True when bytes begin as a saved fingerprint does.</summary>
    public static bool IsFingerprint(ReadOnlySpan<byte> head) => head.StartsWith(Magic);

    internal static RobustFingerprint Create(ExactFingerprint exact, long elements, RobustParts parts, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c)
    {
        byte[] bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(Magic.Length), Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(FlagsOffset), (ushort)parts);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(BitsOffset), a.Length * 8);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(ElementsOffset), elements);
        exact.ContentRoot.ToArray().AsSpan(0, RootLength).CopyTo(bytes.AsSpan(ContentOffset));
        exact.NamedRoot.ToArray().AsSpan(0, RootLength).CopyTo(bytes.AsSpan(NamedOffset));
        a.CopyTo(bytes.AsSpan(PartAOffset));
        b.CopyTo(bytes.AsSpan(PartBOffset));
        c.CopyTo(bytes.AsSpan(PartCOffset));
        SHA256.HashData(bytes.AsSpan(0, ChecksumOffset)).AsSpan(0, Length - ChecksumOffset).CopyTo(bytes.AsSpan(ChecksumOffset));
        return new RobustFingerprint(bytes);
    }

    private bool Silent(RobustParts part) => (Parts & part) == 0;
}
