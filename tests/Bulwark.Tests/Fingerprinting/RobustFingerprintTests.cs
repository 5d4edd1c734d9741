using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Testing;
using Bulwark.Tests.Watermarking;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Fingerprinting;

/// <summary>How far models of a common origin, and models of none, are from each other.</summary>
public sealed class RobustFingerprintTests
{
    private static readonly long[][] Shapes = [[512, 384], [128, 64, 3, 3], [256, 1024], [100, 96], [384]];
    private static readonly TestModel Original = TestModel.Gaussian(DType.F32, 1, Shapes);
    private static readonly RobustFingerprint Fingerprint = Fingerprints.Of(Original).Robust;

    [Fact]
    public void Models_made_apart_are_independent()
    {
        RobustFingerprint[] all = [Fingerprint, .. Enumerable.Range(2, 6).Select(seed => Fingerprints.Of(TestModel.Gaussian(DType.F32, seed, Shapes)).Robust)];
        for (int i = 0; i < all.Length; i++)
        {
            for (int j = i + 1; j < all.Length; j++)
            {
                FingerprintComparison comparison = FingerprintComparison.Of(all[i], all[j]);
                Assert.Equal(FingerprintVerdict.Independent, comparison.Verdict);
                Assert.InRange(comparison.A!.Value, 0.46, 0.54);
                Assert.InRange(comparison.B!.Value, 0.44, 0.56);
                Assert.InRange(comparison.C!.Value, 0.44, 0.56);
            }
        }
    }

    [Fact]
    public void A_watermark_moves_it_hardly_at_all()
    {
        WatermarkKey key = TestModel.Key();
        AssertDerived(Original.Mark(key, WatermarkPayload.Create(key, 1, "x"), 0.02), 0.02);
    }

    [Fact]
    public void Rounding_to_eight_bits_moves_it_hardly_at_all() => AssertDerived(Damage.Rounded(Original, 127), 0.02);

    [Fact]
    public void Rounding_to_four_bits_is_recognised() => AssertDerived(Damage.Rounded(Original, 7), 0.12);

    [Theory]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    public void A_cast_moves_it_hardly_at_all(DType dtype) => AssertDerived(Original.CastThrough(dtype), 0.01);

    [Theory]
    [InlineData(0.5, 0.16)]
    [InlineData(0.9, 0.38)]
    public void Pruning_is_recognised(double share, double most) => AssertDerived(Damage.Pruned(Original, share), most);

    [Fact]
    public void Noise_of_a_fifth_of_the_spread_is_recognised() => AssertDerived(Damage.Noisy(Original, 0.2, 5), 0.12);

    [Fact]
    public void A_merge_with_another_model_is_recognised() =>
        AssertDerived(Damage.Merged(Original, TestModel.Gaussian(DType.F32, 9, Shapes)), 0.36);

    [Fact]
    public void Permuted_rows_leave_part_B_as_it_is()
    {
        FingerprintComparison comparison = FingerprintComparison.Of(Fingerprint, Fingerprints.Of(Damage.RowsPermuted(Original, 3)).Robust);
        Assert.Equal(FingerprintVerdict.Derived, comparison.Verdict);
        // Not exactly: where a row is no whole number of groups, the groups change with the order.
        Assert.InRange(comparison.B!.Value, 0, 0.01);
        Assert.InRange(comparison.A!.Value, 0.45, 0.55);
        Assert.InRange(comparison.C!.Value, 0.4, 0.6);
    }

    [Fact]
    public void Other_names_leave_parts_B_and_C_and_what_wrappers_put_in_front_leaves_all()
    {
        FingerprintComparison renamed = FingerprintComparison.Of(
            Fingerprint, Fingerprints.Of(Original with { Tensors = [.. Original.Tensors.Select(t => t with { Name = "x." + t.Name })] }).Robust);
        Assert.Equal((FingerprintVerdict.Identical, false, 0.0, 0.0), (renamed.Verdict, renamed.SameNames, renamed.B, renamed.C));
        Assert.InRange(renamed.A!.Value, 0.45, 0.55);
        FingerprintComparison wrapped = FingerprintComparison.Of(
            Fingerprint, Fingerprints.Of(Original with { Tensors = [.. Original.Tensors.Select(t => t with { Name = "module._orig_mod." + t.Name })] }).Robust);
        Assert.Equal((0.0, 0.0, 0.0), (wrapped.A, wrapped.B, wrapped.C));
        FingerprintComparison same = FingerprintComparison.Of(Fingerprint, Fingerprints.Of(Original.Copy()).Robust);
        Assert.Equal((FingerprintVerdict.Identical, true), (same.Verdict, same.SameNames));
    }

    [Fact]
    public void A_missing_tensor_is_recognised()
    {
        TestModel fewer = Original with { Tensors = [.. Original.Tensors.Where(t => t.Name != "layer.1.weight")] };
        Assert.Equal(FingerprintVerdict.Derived, FingerprintComparison.Of(Fingerprint, Fingerprints.Of(fewer).Robust).Verdict);
    }

    [Fact]
    public void The_projects_own_network_is_recognised_after_rounding_and_pruning()
    {
        TestModel mnist = TestModel.Read(Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors"));
        RobustFingerprint own = Fingerprints.Of(mnist).Robust;
        FingerprintComparison comparison = FingerprintComparison.Of(own, Fingerprints.Of(Damage.Rounded(Damage.Pruned(mnist, 0.5), 127)).Robust);
        Assert.Equal(FingerprintVerdict.Derived, comparison.Verdict);
        Assert.InRange(comparison.A!.Value, 0, 0.2);
        Assert.Equal(FingerprintVerdict.Independent, FingerprintComparison.Of(own, Fingerprint).Verdict);
    }

    [Fact]
    public void A_model_without_large_float_tensors_cannot_be_compared_unless_it_is_identical()
    {
        TestModel Small(int seed) => TestModel.Gaussian(DType.F32, seed, [[10, 10], [400]]);
        RobustFingerprint small = Fingerprints.Of(Small(1)).Robust;
        Assert.Equal((RobustParts.None, 0L), (small.Parts, small.Elements));
        Assert.Equal(FingerprintVerdict.Incomparable, FingerprintComparison.Of(small, Fingerprints.Of(Small(2)).Robust).Verdict);
        Assert.Equal(FingerprintVerdict.Incomparable, FingerprintComparison.Of(small, Fingerprint).Verdict);
        Assert.Equal(FingerprintVerdict.Identical, FingerprintComparison.Of(small, Fingerprints.Of(Small(1)).Robust).Verdict);
    }

    [Fact]
    public void Models_whose_weights_say_nothing_have_no_common_origin()
    {
        RobustFingerprint Constant(float value)
        {
            TestModel model = TestModel.Gaussian(DType.F32, 1, [[64, 64], [100, 100]]);
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(model.Bytes.AsSpan()).Fill(value);
            return Fingerprints.Of(model).Robust;
        }

        RobustFingerprint zero = Constant(0);
        Assert.Equal(RobustParts.None, zero.Parts);
        Assert.Equal(zero.Parts, RobustFingerprint.Parse("zero", zero.ToBytes()).Parts);
        Assert.Equal(FingerprintVerdict.Identical, FingerprintComparison.Of(zero, zero).Verdict);
        foreach (float other in new[] { 0.5f, -1, float.NaN, float.PositiveInfinity })
            Assert.Equal(FingerprintVerdict.Incomparable, FingerprintComparison.Of(zero, Constant(other)).Verdict);
    }

    [Theory]
    [InlineData(0, 256)]
    [InlineData(65_535, 256)]
    [InlineData(65_536, 512)]
    [InlineData(67_736, 512)]
    [InlineData(1_048_575, 4096)]
    [InlineData(1_048_576, 8192)]
    [InlineData(long.MaxValue / 2, 8192)]
    public void The_bits_of_part_A_grow_with_the_model(long elements, int bits) => Assert.Equal(bits, RobustFingerprintBuilder.BitCount(elements));

    [Theory]
    [InlineData(new long[] { 8, 64 }, 8, 64)]
    [InlineData(new long[] { 7, 64 }, null, null)]
    [InlineData(new long[] { 8, 63 }, null, null)]
    [InlineData(new long[] { 2, 4, 64 }, 8, 64)]
    [InlineData(new long[] { 512, 16, 3, 3 }, 512, 144)]
    [InlineData(new long[] { 8, 65_536 }, 8, 65_536)]
    [InlineData(new long[] { 8, 2, 65_535 }, 16, 65_535)]
    [InlineData(new long[] { 8, 65_537 }, null, null)]
    [InlineData(new long[] { 0, 64 }, null, null)]
    [InlineData(new long[] { 4096 }, null, null)]
    public void A_tensor_is_seen_as_a_matrix_at_the_first_split_that_fits(long[] shape, int? rows, int? columns)
    {
        TensorView? view = TensorView.Of(new TensorInfo("t", DType.F32, [.. shape], 0, 0));
        Assert.Equal((rows, columns), ((int?)view?.Rows, view?.Columns));
    }

    private static void AssertDerived(TestModel model, double most)
    {
        FingerprintComparison comparison = FingerprintComparison.Of(Fingerprint, Fingerprints.Of(model).Robust);
        Assert.Equal(FingerprintVerdict.Derived, comparison.Verdict);
        Assert.InRange(comparison.A!.Value, 0, most);
        Assert.InRange(comparison.B!.Value, 0, most);
        Assert.InRange(comparison.C!.Value, 0, most);
    }
}
