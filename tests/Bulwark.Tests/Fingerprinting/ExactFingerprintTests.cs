using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Tests.Watermarking;
using CsCheck;

namespace Bulwark.Tests.Fingerprinting;

/// <summary>The exact roots, against a naive recursion over the definition.</summary>
public sealed class ExactFingerprintTests
{
    private const int Chunk = FileWindow.ChunkLength;

    private static readonly Gen<int> GenLength = Gen.OneOf(
        Gen.Int[0, 200], Gen.Int[-2, 2].Select(Gen.Int[1, 5], (near, chunks) => chunks * Chunk + near), Gen.Const(0));

    [Fact]
    public void The_roots_are_those_of_a_naive_recursion_for_tensors_of_every_length()
    {
        Gen.Select(GenLength, GenName).Array[0, 7].Sample(
            tensors =>
            {
                TestModel model = Bytes(tensors);
                ExactFingerprint exact = Fingerprints.Of(model).Exact;
                byte[][] leaves = [.. model.Tensors.Select(t => Leaf(t, model.Bytes))];
                Assert.Equal(Convert.ToHexStringLower(Tree([.. leaves.OrderBy(Convert.ToHexString, StringComparer.Ordinal)])), exact.ContentRoot.ToString());
                IEnumerable<byte[]> named = model.Tensors.Zip(leaves)
                    .OrderBy(t => Convert.ToHexString(Encoding.UTF8.GetBytes(t.First.Name)), StringComparer.Ordinal)
                    .ThenBy(t => Convert.ToHexString(t.Second), StringComparer.Ordinal)
                    .Select(t => NameLeaf(t.First.Name, t.Second));
                Assert.Equal(Convert.ToHexStringLower(Tree([.. named])), exact.NamedRoot.ToString());
            },
            iter: 40);
    }

    [Fact]
    public void A_long_tensor_has_the_root_of_the_naive_recursion_however_it_is_cut()
    {
        TestModel model = Bytes([(37 * Chunk + 5, "long")]);
        string expected = Convert.ToHexStringLower(Tree([Leaf(model.Tensors[0], model.Bytes)]));
        foreach (int chunks in new[] { 1, 3, 16, 40 })
            Assert.Equal(expected, Fingerprints.Of(model, chunks * Chunk).Exact.ContentRoot.ToString());
    }

    [Fact]
    public void The_content_root_knows_neither_names_nor_order_nor_container()
    {
        TestModel model = TestModel.Gaussian(DType.F32, 1, [[16, 80], [300], [64, 64]]);
        ExactFingerprint exact = Fingerprints.Of(model).Exact;

        TestModel renamed = model with { Tensors = [.. model.Tensors.Select((t, i) => t with { Name = $"other.{i}" })] };
        Assert.Equal(exact.ContentRoot, Fingerprints.Of(renamed).Exact.ContentRoot);
        Assert.NotEqual(exact.NamedRoot, Fingerprints.Of(renamed).Exact.NamedRoot);

        // The last tensor first, all of it behind a header of 100 bytes.
        long offset = 100;
        List<TensorInfo> moved = [];
        List<byte> bytes = [.. new byte[100]];
        foreach (TensorInfo tensor in model.Tensors.Reverse())
        {
            moved.Add(tensor with { Offset = offset });
            bytes.AddRange(model.Bytes.AsSpan((int)tensor.Offset, (int)tensor.Length).ToArray());
            offset += tensor.Length;
        }

        Assert.Equal(exact, Fingerprints.Of(new TestModel(moved, [.. bytes])).Exact);
    }

    [Fact]
    public void A_bit_a_dtype_a_shape_and_a_missing_tensor_change_both_roots()
    {
        TestModel model = TestModel.Gaussian(DType.F16, 1, [[16, 80], [300]]);
        ExactFingerprint exact = Fingerprints.Of(model).Exact;
        TestModel flipped = model.Copy();
        flipped.Bytes[^1] ^= 1;
        foreach (TestModel other in new[]
        {
            flipped,
            model with { Tensors = [model.Tensors[0] with { DType = DType.BF16 }, model.Tensors[1]] },
            model with { Tensors = [model.Tensors[0] with { Shape = [80, 16] }, model.Tensors[1]] },
            model with { Tensors = [model.Tensors[0] with { Shape = [1, 16, 80] }, model.Tensors[1]] },
            model with { Tensors = [model.Tensors[0]] },
        })
        {
            ExactFingerprint changed = Fingerprints.Of(other).Exact;
            Assert.NotEqual(exact.ContentRoot, changed.ContentRoot);
            Assert.NotEqual(exact.NamedRoot, changed.NamedRoot);
        }
    }

    [Fact]
    public void Every_dtype_has_a_code_of_its_own() =>
        Assert.Equal(Enum.GetValues<DType>().Length, Enum.GetValues<DType>().Select(DTypeCodes.Of).Distinct().Count());

    [Fact]
    public void The_codes_of_block_types_are_those_of_ggml()
    {
        for (int number = 0; number < 256; number++)
        {
            if (Bulwark.Models.Gguf.GgufFile.TryGetType(number, out DType dtype) && dtype >= DType.Q4_0)
                Assert.Equal(0x40 + number, DTypeCodes.Of(dtype));
        }
    }

    [Fact]
    public void Names_are_ordered_as_their_bytes_in_UTF8() => Gen.Select(GenName, GenName).Sample((a, b) =>
        Assert.Equal(Math.Sign(Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b))), Math.Sign(ExactFingerprintBuilder.CompareUtf8(a, b))));

    [Fact]
    public void Pieces_out_of_order_and_missing_ones_are_refused()
    {
        TestModel model = Bytes([(2 * Chunk + 10, "a"), (Chunk, "b")]);
        List<TensorSlice> slices = [.. model.Slices()];
        using ExactFingerprintBuilder builder = new(model.Tensors);
        Assert.Throws<ArgumentException>(() => builder.Add(slices[1], model.Of(slices[1])));
        builder.Add(slices[0], model.Of(slices[0]));
        Assert.Throws<ArgumentException>(() => builder.Add(slices[0], model.Of(slices[0])));
        Assert.Throws<ArgumentException>(() => builder.Add(slices[3], model.Of(slices[3])));
        Assert.Throws<ArgumentException>(() => builder.Add(slices[1], model.Of(slices[1])[..^1]));
        Assert.Throws<InvalidOperationException>(() => builder.Finish());
    }

    private static Gen<string> GenName { get; } =
        Gen.OneOf([.. new[] { "a", "b", "é", "\uFF5E", "\uD7FF", "\U0001F600", "\U00010000", "\uE000" }.Select(Gen.Const)]).Array[0, 4].Select(string.Concat);

    private static TestModel Bytes((int Length, string Name)[] tensors)
    {
        long offset = 0;
        List<TensorInfo> infos = [];
        foreach ((int length, string name) in tensors)
        {
            infos.Add(new TensorInfo(name, DType.U8, [length], offset, length));
            offset += length;
        }

        byte[] bytes = new byte[offset];
        new Random(tensors.Length).NextBytes(bytes);
        return new TestModel(infos, bytes);
    }

    private static byte[] Leaf(TensorInfo tensor, byte[] file)
    {
        byte[][] chunks = [.. file.AsMemory((int)tensor.Offset, (int)tensor.Length).ToArray().Chunk(Chunk).Select(c => SHA256.HashData([0, .. c]))];
        return SHA256.HashData([2, 11, (byte)tensor.Shape.Length, .. tensor.Shape.SelectMany(Number), .. Number(tensor.Length), .. Tree(chunks)]);
    }

    private static byte[] NameLeaf(string name, byte[] leaf)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        return SHA256.HashData([3, .. Number(text.Length)[..4], .. text, .. leaf]);
    }

    private static byte[] Number(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Tree(byte[][] hashes)
    {
        if (hashes.Length <= 1)
            return hashes.Length == 1 ? hashes[0] : SHA256.HashData([]);
        int split = 1;
        while (split * 2 < hashes.Length)
            split *= 2;
        return SHA256.HashData([1, .. Tree(hashes[..split]), .. Tree(hashes[split..])]);
    }
}
