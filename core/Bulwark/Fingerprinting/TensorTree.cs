using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Audit;
using Bulwark.Models;

namespace Bulwark.Fingerprinting;

/// <summary>Hashes tensors while their bytes stream by in order, and joins them to the two exact roots. Not safe for concurrent use.</summary>
/// <remarks>
/// H = SHA-256; trees have the shape of RFC 6962 (split at the largest power of two below n, one leaf is itself, none is H("")).
/// <code>
/// chunk        1 MiB of little-endian row-major bytes, the last one shorter:   H(00 ‖ chunk)
/// node         H(01 ‖ left ‖ right)
/// tensor leaf  H(02 ‖ u8 dtype ‖ u8 dimensions ‖ u64 LE each, outermost first ‖ u64 LE bytes ‖ root of its chunks)
/// contentRoot  tree over the tensor leaves, sorted bytewise
/// namedRoot    tree over H(03 ‖ u32 LE length of name ‖ name in UTF-8 ‖ tensor leaf), sorted by the bytes of the name
/// </code>
/// </remarks>
internal sealed class TensorTree : IDisposable
{
    private static readonly byte[] ChunkPrefix = [0];

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<TensorInfo, CompactRange> _chunks = new(ReferenceEqualityComparer.Instance);

    /// <summary>Adds the next piece of a tensor; it begins on a chunk boundary and ends on one or with the tensor.</summary>
    public void Add(TensorSlice slice, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        if (!_chunks.TryGetValue(slice.Tensor, out CompactRange? range))
            _chunks[slice.Tensor] = range = new CompactRange();
        Span<byte> digest = stackalloc byte[MerkleHash.Size];
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, FileWindow.ChunkLength);
            _hash.AppendData(ChunkPrefix);
            _hash.AppendData(bytes[..length]);
            _hash.GetHashAndReset(digest);
            range.Add(0, new MerkleHash(digest));
            bytes = bytes[length..];
        }
    }

    /// <summary>The roots over all tensors of a model whose bytes were all added.</summary>
    public ExactFingerprint Complete(IReadOnlyList<TensorInfo> tensors)
    {
        List<byte[]> leaves = new(tensors.Count);
        List<(byte[] Name, byte[] Leaf)> named = new(tensors.Count);
        foreach (TensorInfo tensor in tensors)
        {
            byte[] leaf = Leaf(tensor, _chunks.TryGetValue(tensor, out CompactRange? range) ? range.Root() : MerkleTree.EmptyRoot);
            byte[] name = Encoding.UTF8.GetBytes(tensor.Name);
            leaves.Add(leaf);
            named.Add((name, Named(name, leaf)));
        }

        leaves.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        named.Sort(static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
        return new ExactFingerprint(Root(leaves), Root(named.Select(n => n.Leaf)));
    }

    /// <inheritdoc />
    public void Dispose() => _hash.Dispose();

    private static byte[] Root(IEnumerable<byte[]> hashes) => MerkleTree.Root([.. hashes.Select(h => new MerkleHash(h))]).ToArray();

    private static byte[] Leaf(TensorInfo tensor, MerkleHash dataRoot)
    {
        byte[] text = new byte[3 + 8 * tensor.Shape.Length + 8 + MerkleHash.Size];
        text[0] = 2;
        text[1] = Code(tensor.DType);
        text[2] = checked((byte)tensor.Shape.Length);
        Span<byte> rest = text.AsSpan(3);
        foreach (long dimension in tensor.Shape)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, dimension);
            rest = rest[8..];
        }

        BinaryPrimitives.WriteInt64LittleEndian(rest, tensor.Length);
        dataRoot.CopyTo(rest[8..]);
        return SHA256.HashData(text);
    }

    private static byte[] Named(byte[] name, byte[] leaf)
    {
        byte[] text = new byte[5 + name.Length + leaf.Length];
        text[0] = 3;
        BinaryPrimitives.WriteInt32LittleEndian(text.AsSpan(1), name.Length);
        name.CopyTo(text, 5);
        leaf.CopyTo(text, 5 + name.Length);
        return SHA256.HashData(text);
    }

    // The numbers are part of the format: 1 to 12 as published, block types at 0x40 + ggml's type, the rest from 0x20 on.
    private static byte Code(DType dtype) => dtype switch
    {
        DType.F64 => 1,
        DType.F32 => 2,
        DType.F16 => 3,
        DType.BF16 => 4,
        DType.F8_E4M3 => 5,
        DType.F8_E5M2 => 6,
        DType.I64 => 7,
        DType.I32 => 8,
        DType.I16 => 9,
        DType.I8 => 10,
        DType.U8 => 11,
        DType.BOOL => 12,
        DType.U16 => 0x20,
        DType.U32 => 0x21,
        DType.U64 => 0x22,
        DType.C64 => 0x23,
        DType.C128 => 0x24,
        DType.F4 => 0x25,
        DType.F6_E2M3 => 0x26,
        DType.F6_E3M2 => 0x27,
        DType.F8_E8M0 => 0x28,
        DType.F8_E4M3FNUZ => 0x29,
        DType.F8_E5M2FNUZ => 0x2A,
        DType.U4 => 0x2B,
        DType.I4 => 0x2C,
        DType.U2 => 0x2D,
        DType.I2 => 0x2E,
        DType.QI8 => 0x2F,
        DType.QU8 => 0x30,
        DType.QI32 => 0x31,
        DType.Q4_0 => 0x42,
        DType.Q4_1 => 0x43,
        DType.Q5_0 => 0x46,
        DType.Q5_1 => 0x47,
        DType.Q8_0 => 0x48,
        DType.Q8_1 => 0x49,
        DType.Q2_K => 0x4A,
        DType.Q3_K => 0x4B,
        DType.Q4_K => 0x4C,
        DType.Q5_K => 0x4D,
        DType.Q6_K => 0x4E,
        DType.Q8_K => 0x4F,
        DType.IQ2_XXS => 0x50,
        DType.IQ2_XS => 0x51,
        DType.IQ3_XXS => 0x52,
        DType.IQ1_S => 0x53,
        DType.IQ4_NL => 0x54,
        DType.IQ3_S => 0x55,
        DType.IQ2_S => 0x56,
        DType.IQ4_XS => 0x57,
        DType.IQ1_M => 0x5D,
        DType.TQ1_0 => 0x62,
        DType.TQ2_0 => 0x63,
        DType.MXFP4 => 0x67,
        DType.NVFP4 => 0x68,
        DType.Q1_0 => 0x69,
        DType.Q2_0 => 0x6A,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "A dtype without a number in the fingerprint."),
    };
}
