using System.Security.Cryptography;
using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Tests.Watermarking;
using Bulwark.Watermarking;
using CsCheck;

namespace Bulwark.Tests.Fingerprinting;

public sealed class FingerprintTests
{
    private static readonly long[][] Shapes = [[128, 256], [300, 200], [64, 8, 3, 3], [128]];

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    public void Every_vector_path_gives_the_same_fingerprint(DType dtype)
    {
        TestModel model = TestModel.Gaussian(dtype, 1, Shapes);
        byte[][] prints = [.. VectorPaths.Supported.Select(p => ModelPrint.Of(model, p).Robust!.ToBytes())];
        Assert.All(prints, p => Assert.Equal(prints[0], p));
    }

    [Fact]
    public void Independent_models_are_half_apart_and_not_derived()
    {
        FingerprintComparison comparison = Compare(TestModel.Gaussian(DType.F32, 1, Shapes), TestModel.Gaussian(DType.F32, 2, Shapes));
        Assert.InRange(comparison.A!.Value, 0.45, 0.55);
        Assert.InRange(comparison.B!.Value, 0.45, 0.55);
        Assert.InRange(comparison.C!.Value, 0.45, 0.55);
        Assert.False(comparison.IsDerived);
    }

    [Fact]
    public void A_pruned_and_a_noisy_copy_are_derived()
    {
        TestModel model = TestModel.Gaussian(DType.F32, 1, Shapes);
        Assert.InRange(Compare(model, model.Copy().Map((_, w) => Math.Abs(w) < 0.0135 ? 0 : w)).A!.Value, 0.001, 0.2);
        var random = new Random(3);
        FingerprintComparison noisy = Compare(model, model.Copy().Map((_, w) => w + 0.004 * TestModel.Normal(random)));
        Assert.True(noisy is { A: < 0.15, B: < 0.15, C: < 0.15, IsDerived: true, SameContent: false }, noisy.ToString());
    }

    [Fact]
    public void Rows_may_be_reordered_without_changing_B()
    {
        TestModel model = TestModel.Gaussian(DType.F32, 1, [[128, 256]]);
        TestModel turned = model.Copy();
        for (int r = 0; r < 128; r++)
            model.Bytes.AsSpan(r * 1024, 1024).CopyTo(turned.Bytes.AsSpan((127 - r) * 1024));
        FingerprintComparison comparison = Compare(model, turned);
        Assert.InRange(comparison.B!.Value, 0, 0.002);
        Assert.InRange(comparison.A!.Value, 0.4, 0.6);
        Assert.True(comparison.IsDerived);
    }

    [Fact]
    public void The_content_root_knows_neither_names_nor_order_nor_places_and_the_named_root_knows_names()
    {
        TestModel model = TestModel.Gaussian(DType.F32, 1, Shapes);
        var moved = new TestModel(
            [model.Tensors[1] with { Offset = 0 }, .. new[] { 0, 2, 3 }.Select(i => model.Tensors[i])], []);
        int first = (int)model.Tensors[0].Length, second = (int)model.Tensors[1].Length;
        byte[] bytes = [.. model.Bytes.AsSpan(first, second), .. model.Bytes.AsSpan(0, first), .. model.Bytes.AsSpan(first + second)];
        moved = new TestModel([moved.Tensors[0], moved.Tensors[1] with { Offset = second }, moved.Tensors[2], moved.Tensors[3]], bytes);
        ExactFingerprint exact = ModelPrint.Of(model).Exact;
        Assert.Equal(exact, ModelPrint.Of(moved).Exact);
        var renamed = new TestModel([model.Tensors[0] with { Name = "other" }, .. model.Tensors.Skip(1)], model.Bytes);
        Assert.True(exact.ContentRoot.Span.SequenceEqual(ModelPrint.Of(renamed).Exact.ContentRoot.Span));
        Assert.False(exact.NamedRoot.Span.SequenceEqual(ModelPrint.Of(renamed).Exact.NamedRoot.Span));
        TestModel flipped = model.Copy();
        flipped.Bytes[^1] ^= 1;
        Assert.False(exact.ContentRoot.Span.SequenceEqual(ModelPrint.Of(flipped).Exact.ContentRoot.Span));
    }

    [Fact]
    public void A_tensor_s_leaf_is_the_naive_recursive_tree_over_its_chunks()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes((5 << 20) + 123);
        var tensor = new TensorInfo("t", DType.U8, [bytes.Length], 0, bytes.Length);
        byte[] root = Naive([.. bytes.Chunk(1 << 20).Select(c => SHA256.HashData([0, .. c]))]);
        byte[] leaf = SHA256.HashData([2, 11, 1, .. BitConverter.GetBytes((long)bytes.Length), .. BitConverter.GetBytes((long)bytes.Length), .. root]);
        Assert.Equal(leaf, ModelPrint.Of(new TestModel([tensor], bytes)).Exact.ContentRoot.ToArray());
    }

    [Fact]
    public void A_model_of_small_tensors_has_exact_roots_only()
    {
        Assert.Null(ModelPrint.Of(TestModel.Gaussian(DType.F32, 1, [[4, 4], [16]])).Robust);
        Assert.Equal(1600, ModelPrint.Of(TestModel.Gaussian(DType.F32, 1, Shapes)).Robust!.ToBytes().Length);
    }

    [Fact]
    public void Damaged_fingerprints_are_refused_or_still_well_formed()
    {
        byte[] good = ModelPrint.Of(TestModel.Gaussian(DType.F32, 1, Shapes)).Robust!.ToBytes();
        Assert.Equal(good, RobustFingerprint.Parse(good).ToBytes());
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte[1, 255]).Sample((at, flip) =>
        {
            byte[] bad = [.. good];
            bad[at] ^= flip;
            try
            {
                Assert.Equal(bad, RobustFingerprint.Parse(bad).ToBytes());
                Assert.True(at >= 12);
            }
            catch (FingerprintException error)
            {
                Assert.Equal("BW1701", error.Code);
            }
        });
        Assert.Throws<FingerprintException>(() => RobustFingerprint.Parse(good.AsSpan(1)));
        Assert.Throws<FingerprintException>(() => RobustFingerprint.Parse([]));
    }

    private static FingerprintComparison Compare(TestModel a, TestModel b) =>
        FingerprintComparison.Of(ModelPrint.Of(a).Robust!, ModelPrint.Of(b).Robust!);

    private static byte[] Naive(byte[][] leaves)
    {
        if (leaves.Length == 1)
            return leaves[0];
        int split = 1;
        while (split * 2 < leaves.Length)
            split *= 2;
        return SHA256.HashData([1, .. Naive(leaves[..split]), .. Naive(leaves[split..])]);
    }
}
