using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Audit;
using Bulwark.Models;

namespace Bulwark.Fingerprinting;

/// <summary>
/// Computes the two roots of <see cref="ExactFingerprint"/> while the tensors stream by in file order. It holds 40 bytes a
/// finished tensor and 32 for each level of the running tensor's tree. Not safe for concurrent use.
/// </summary>
internal sealed class ExactFingerprintBuilder(IReadOnlyList<TensorInfo> tensors) : IDisposable
{
    private const byte LeafPrefix = 2;
    private const byte NamePrefix = 3;

    private readonly ChunkHasher _hasher = new();
    private readonly List<MerkleHash> _leaves = [];
    private readonly byte[] _digests = new byte[FileWindow.MaximumLength / FileWindow.ChunkLength * ChunkHasher.DigestLength];
    private CompactRange _chunks = new();
    private long _done;

    /// <summary>Adds the next piece of a tensor.</summary>
    /// <param name="slice">Where it lies: pieces come in file order and without gaps, cut only between chunks.</param>
    /// <param name="bytes">The piece.</param>
    /// <exception cref="ArgumentException">The piece is not the next one.</exception>
    public void Add(TensorSlice slice, ReadOnlySpan<byte> bytes)
    {
        FinishEmptyTensors();
        bool ends = slice.TensorOffset + bytes.Length == slice.Tensor.Length;
        if (_leaves.Count == tensors.Count || !ReferenceEquals(tensors[_leaves.Count], slice.Tensor) || slice.TensorOffset != _done
            || slice.Length != bytes.Length || bytes.Length > slice.Tensor.Length - _done || (!ends && bytes.Length % FileWindow.ChunkLength != 0))
        {
            throw new ArgumentException("The piece is not the next one of its tensor.", nameof(slice));
        }

        while (!bytes.IsEmpty)
        {
            // Whole chunks together, the last and shorter one by itself.
            int length = Math.Min(FileWindow.ChunkLength, bytes.Length);
            int count = Math.Min(bytes.Length / length, _digests.Length / ChunkHasher.DigestLength);
            Span<byte> digests = _digests.AsSpan(0, count * ChunkHasher.DigestLength);
            _hasher.HashChunks(bytes[..(count * length)], length, digests);
            for (int i = 0; i < count; i++)
                _chunks.Add(0, new MerkleHash(digests.Slice(i * ChunkHasher.DigestLength, ChunkHasher.DigestLength)));
            bytes = bytes[(count * length)..];
        }

        _done += slice.Length;
        if (ends)
            FinishTensor(slice.Tensor);
    }

    /// <summary>Adds the tensor bytes of the next window.</summary>
    public ValueTask ConsumeAsync(FileWindow window, ReadOnlyMemory<byte> bytes)
    {
        foreach (TensorSlice slice in window.Slices)
            Add(slice, bytes.Span.Slice(slice.WindowOffset, slice.Length));
        return ValueTask.CompletedTask;
    }

    /// <summary>The roots.</summary>
    /// <exception cref="InvalidOperationException">A tensor's bytes did not all come.</exception>
    public ExactFingerprint Finish()
    {
        FinishEmptyTensors();
        if (_leaves.Count != tensors.Count)
            throw new InvalidOperationException($"The bytes of {tensors[_leaves.Count].Name} did not all come.");

        MerkleHash[] named = new MerkleHash[_leaves.Count];
        int[] order = [.. Enumerable.Range(0, named.Length)];
        Array.Sort(order, (a, b) =>
        {
            int byName = CompareUtf8(tensors[a].Name, tensors[b].Name);
            return byName != 0 ? byName : Compare(_leaves[a], _leaves[b]);
        });
        for (int i = 0; i < named.Length; i++)
            named[i] = HashName(tensors[order[i]].Name, _leaves[order[i]]);

        MerkleHash[] content = [.. _leaves];
        Array.Sort(content, Compare);
        return new ExactFingerprint(MerkleTree.Root(content), MerkleTree.Root(named));
    }

    /// <summary>The leaf of a tensor.</summary>
    internal static MerkleHash HashTensor(TensorInfo tensor, MerkleHash dataRoot)
    {
        byte[] text = new byte[3 + 8 * tensor.Shape.Length + 8 + MerkleHash.Size];
        text[0] = LeafPrefix;
        text[1] = DTypeCodes.Of(tensor.DType);
        text[2] = checked((byte)tensor.Shape.Length);
        for (int i = 0; i < tensor.Shape.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(text.AsSpan(3 + 8 * i), tensor.Shape[i]);
        BinaryPrimitives.WriteInt64LittleEndian(text.AsSpan(3 + 8 * tensor.Shape.Length), tensor.Length);
        dataRoot.CopyTo(text.AsSpan(11 + 8 * tensor.Shape.Length));
        return new MerkleHash(SHA256.HashData(text));
    }

    /// <summary>Orders names by their bytes in UTF-8, without making those bytes.</summary>
    internal static int CompareUtf8(string a, string b)
    {
        int at = a.AsSpan().CommonPrefixLength(b);
        return at == a.Length || at == b.Length ? a.Length.CompareTo(b.Length) : Rank(a[at]).CompareTo(Rank(b[at]));

        // Surrogates stand for what comes after U+FFFF, so they move behind U+E000 to U+FFFF.
        static int Rank(char unit) => unit >= 0xE000 ? unit - 0x800 : unit >= 0xD800 ? unit + 0x2000 : unit;
    }

    public void Dispose() => _hasher.Dispose();

    private static MerkleHash HashName(string name, MerkleHash leaf)
    {
        int length = Encoding.UTF8.GetByteCount(name);
        byte[] text = new byte[5 + length + MerkleHash.Size];
        text[0] = NamePrefix;
        BinaryPrimitives.WriteInt32LittleEndian(text.AsSpan(1), length);
        Encoding.UTF8.GetBytes(name, text.AsSpan(5));
        leaf.CopyTo(text.AsSpan(5 + length));
        return new MerkleHash(SHA256.HashData(text));
    }

    private static int Compare(MerkleHash a, MerkleHash b)
    {
        Span<byte> left = stackalloc byte[MerkleHash.Size], right = stackalloc byte[MerkleHash.Size];
        a.CopyTo(left);
        b.CopyTo(right);
        return left.SequenceCompareTo(right);
    }

    private void FinishEmptyTensors()
    {
        while (_leaves.Count < tensors.Count && tensors[_leaves.Count].Length == 0)
            FinishTensor(tensors[_leaves.Count]);
    }

    private void FinishTensor(TensorInfo tensor)
    {
        _leaves.Add(HashTensor(tensor, _chunks.Root()));
        _chunks = new CompactRange();
        _done = 0;
    }
}
