using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Watermarking;

/// <summary>What unmarked models show to 2,000 keys: the false-positive bound rests on it.</summary>
public sealed class NullDistributionTests
{
    private const int Keys = 2000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Under_keys_it_was_not_marked_with_a_model_shows_a_standard_normal_score(bool marked)
    {
        // Heavy-tailed weights with structure, which a bound that assumed Gaussian ones would not cover.
        var random = new Random(5);
        TestModel model = TestModel.Create(DType.F32, [[128, 256], [96, 512]], () => Math.Pow(TestModel.Normal(random), 3));
        if (marked)
        {
            using WatermarkKey owner = TestModel.Key(-1);
            model = model.Mark(owner, WatermarkPayload.Create(owner, 1, "owned"), 0.05);
        }

        WatermarkKey[] keys = [.. Enumerable.Range(1, Keys).Select(TestModel.Key)];
        using var meter = new WatermarkMeter(keys);
        foreach (TensorSlice slice in model.Slices())
            meter.Add(slice, model.Of(slice));
        double[] z = [.. keys.Select((key, i) => Watermarker.Correlate(meter.Statistics[i], WatermarkPayload.Create(key, 7, "null"))).Order()];

        Assert.InRange(z.Average(), -0.09, 0.09);
        Assert.InRange(z.Select(v => v * v).Average() - z.Average() * z.Average(), 0.87, 1.13);
        Assert.InRange(z.Max(Math.Abs), 2.5, 4.8);
        double distance = z.Select((v, i) => Math.Max(Math.Abs((i + 1.0) / Keys - Normal(v)), Math.Abs((double)i / Keys - Normal(v)))).Max();
        Assert.True(distance < 1.63 / Math.Sqrt(Keys), $"Kolmogorov-Smirnov distance {distance}");
        Assert.DoesNotContain(keys.Select((key, i) => new WatermarkCandidate(key, meter.Statistics[i], [])), c => Watermarker.Detect([c]).Count > 0);
    }

    [Fact]
    public void The_bound_counts_the_hypotheses_and_is_never_rounded_to_zero()
    {
        using WatermarkKey key = TestModel.Key();
        WatermarkPayload payload = WatermarkPayload.Create(key, 9, "bound");
        TestModel marked = TestModel.Gaussian(DType.F32, 3, [[512, 512]]).Mark(key, payload, 0.1);

        WatermarkMatch blind = Assert.Single(marked.Detect(key));
        Assert.False(blind.Issued);
        Assert.Equal(96 * Math.Log10(2) - blind.Z * blind.Z / 2 / Math.Log(10), blind.Log10FalsePositive, 1e-9);

        WatermarkPayload[] issued = [payload, .. Enumerable.Range(0, 999).Select(i => WatermarkPayload.Create(key, (uint)i, "other"))];
        WatermarkMatch known = Assert.Single(marked.Detect(key, issued));
        Assert.True(known.Issued && known.Decoded && known.IsSignificant);
        Assert.Equal(3 - known.Z * known.Z / 2 / Math.Log(10), known.Log10FalsePositive, 1e-9);
        Assert.Equal(7.44, Math.Sqrt(2 * 12 * Math.Log(10)), 0.01);
    }

    /// <summary>The normal distribution function, by Simpson's rule over the density.</summary>
    private static double Normal(double z)
    {
        const int Steps = 400;
        double h = z / Steps, sum = 0;
        for (int i = 0; i <= Steps; i++)
            sum += (i == 0 || i == Steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-(i * h) * (i * h) / 2);
        return 0.5 + h / 3 * sum / Math.Sqrt(2 * Math.PI);
    }
}
