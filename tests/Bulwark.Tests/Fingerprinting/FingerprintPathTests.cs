using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Tests.Watermarking;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Fingerprinting;

/// <summary>Every instruction set gives the 1,600 bytes of the plain one, and so does every way to cut a tensor.</summary>
public sealed class FingerprintPathTests
{
    private static readonly long[][] Awkward = [[70, 1000], [300, 67], [9, 65_536], [64, 64], [2000, 64], [65, 4099], [3, 11, 64], [130, 130]];

    public static TheoryData<DType> DTypes => [DType.F16, DType.BF16, DType.F32, DType.F64];

    [Theory]
    [MemberData(nameof(DTypes))]
    public void All_paths_agree_on_hostile_weights(DType dtype)
    {
        for (int seed = 0; seed < 12; seed++)
            AssertSame(VectorPathTests.Hostile(dtype, seed));
    }

    [Fact]
    public void All_paths_agree_on_rows_that_end_anywhere() => AssertSame(TestModel.Gaussian(DType.F16, 4, Awkward));

    [Fact]
    public void The_cut_of_a_tensor_does_not_matter()
    {
        TestModel model = TestModel.Gaussian(DType.F32, 5, Awkward);
        byte[] expected = Fingerprints.Of(model).Robust.ToBytes();
        Assert.Equal(expected, Fingerprints.Of(model, 3 * FileWindow.ChunkLength).Robust.ToBytes());
        Assert.Equal(expected, Fingerprints.Of(model, 64 * FileWindow.ChunkLength).Robust.ToBytes());
    }

    [Fact]
    public void Groups_out_of_order_and_missing_ones_are_refused()
    {
        TestModel model = TestModel.Gaussian(DType.F32, 5, [[64, 64]]);
        GroupBatch batch = new();
        using RobustFingerprintBuilder builder = new(model.Tensors);
        batch.Load(DType.F32, model.Bytes.AsSpan(0, 1024), 3);
        Assert.Throws<ArgumentException>(() => builder.Add(model.Tensors[0], batch));
        batch.Load(DType.F32, model.Bytes.AsSpan(0, 1024), 0);
        builder.Add(model.Tensors[0], batch);
        Assert.Throws<InvalidOperationException>(() => builder.Finish(Fingerprints.Of(model).Exact));
    }

    [Fact]
    public void Sums_of_more_rows_than_a_small_number_holds_are_carried_over()
    {
        using PublicSigns signs = new();
        var random = new Random(1);
        short[][] rows = [.. Enumerable.Range(0, 1000).Select(_ => Enumerable.Range(0, 80).Select(_ => (short)random.Next(-16384, 16385)).ToArray())];
        double[][] totals = [.. new[] { 1, 3, 7, 65_536 }.Select(held =>
        {
            RowSegments segments = new(VectorPaths.Best, signs, held);
            double[] total = new double[64 * 64];
            segments.Begin(rows.Length, 80);
            foreach (short[] row in rows)
            {
                segments.Add(0, row.AsSpan(0, 33));
                segments.Add(33, row.AsSpan(33));
                segments.EndRow(row.Sum(v => (long)v));
            }

            Assert.True(segments.AddTo(total, 80_000));
            return total;
        })];
        Assert.All(totals, total => Assert.Equal(totals[0], total));
    }

    private static void AssertSame(TestModel model)
    {
        byte[] expected = Fingerprints.Of(model, VectorPath.Scalar).Robust.ToBytes();
        foreach (VectorPath path in VectorPaths.Supported)
            Assert.Equal(expected, Fingerprints.Of(model, path).Robust.ToBytes());
    }
}
