using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Watermarking;

public sealed class GroupQuantizerTests
{
    [Fact]
    public void The_mean_magnitude_becomes_4096_and_outliers_are_clipped_at_16384()
    {
        double[] values = [.. Enumerable.Repeat(0.5, 62), -0.25, -40];
        double k = 262144 / values.Sum(Math.Abs);
        short[] u = new short[64];

        foreach (VectorPath path in VectorPaths.Supported)
        {
            Assert.True(Quantize(path, values, u, out ulong negative));

            Assert.Equal(3UL << 62, negative);
            Assert.All(u[..62], v => Assert.Equal((short)Math.Round(0.5 * k), v));
            Assert.Equal((short)Math.Round(0.25 * k), u[62]);
            Assert.Equal(16384, u[63]);
        }
    }

    [Fact]
    public void Halves_round_to_even()
    {
        // Sum 64, so k = 4096; multiples of 2^-13 land exactly between two integers.
        double[] values = [.. Enumerable.Repeat(1.0, 60), 4 - (4.0 / 8192), 1.0 / 8192, 3.0 / 8192, 0];
        short[] u = new short[64];

        foreach (VectorPath path in VectorPaths.Supported)
        {
            Assert.True(Quantize(path, values, u, out _));

            Assert.Equal(4096, u[0]);
            Assert.Equal(0, u[61]);
            Assert.Equal(2, u[62]);
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.MaxValue)]
    [InlineData(double.Epsilon)]
    public void A_group_whose_sum_is_zero_not_finite_or_vanishing_is_skipped(double value)
    {
        double[] values = new double[64];
        values[3] = values[40] = value;
        foreach (VectorPath path in VectorPaths.Supported)
        {
            short[] u = new short[64];
            u.AsSpan().Fill(7);

            Assert.False(Quantize(path, values, u, out _));
            Assert.All(u, v => Assert.Equal(0, v));
        }
    }

    private static bool Quantize(VectorPath path, double[] values, short[] u, out ulong negative)
    {
        ulong[] signs = new ulong[1];
        bool[] usable = new bool[1];
        GroupQuantizer.Quantize(path, DType.F64, Bytes(values), u, signs, usable);
        negative = signs[0];
        return usable[0];
    }

    private static byte[] Bytes(double[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
