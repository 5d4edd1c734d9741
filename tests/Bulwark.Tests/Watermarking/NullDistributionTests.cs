using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Watermarking;

/// <summary>What unmarked models show to 2,000 keys: the false-positive bound rests on it.</summary>
public sealed class NullDistributionTests
{
    private const int Keys = 2000;

    [Theory]
    [InlineData(false, WatermarkMode.Elements, DType.F32)]
    [InlineData(true, WatermarkMode.Elements, DType.F32)]
    [InlineData(false, WatermarkMode.BlockScales, DType.Q8_0)]
    [InlineData(true, WatermarkMode.BlockScales, DType.Q4_0)]
    public void Under_keys_it_was_not_marked_with_a_model_shows_a_standard_normal_score(bool marked, WatermarkMode mode, DType dtype)
    {
        // Heavy-tailed weights with structure, which a bound that assumed Gaussian ones would not cover.
        var random = new Random(5);
        TestModel model = TestModel.Create(DType.F32, [[128, 256], [96, 512]], () => Math.Pow(TestModel.Normal(random), 3));
        if (dtype != DType.F32)
            model = BlockQuantizer.Quantise(model, dtype);
        if (marked)
        {
            using WatermarkKey owner = TestModel.Key(-1);
            model = model.Mark(owner, WatermarkPayload.Create(owner, 1, "owned"), 0.05, mode: mode);
        }

        WatermarkKey[] keys = [.. Enumerable.Range(1, Keys).Select(TestModel.Key)];
        using var meter = new WatermarkMeter(keys, mode, toMark: false);
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

    [Fact]
    public void Every_mode_that_is_tried_counts_as_hypotheses()
    {
        using WatermarkKey key = TestModel.Key();
        WatermarkPayload payload = WatermarkPayload.Create(key, 9, "bound");
        TestModel marked = TestModel.Gaussian(DType.F32, 3, [[512, 512]]).Mark(key, payload, 0.1);

        WatermarkMatch blind = Assert.Single(marked.DetectInAll(key));
        Assert.Equal((97 * Math.Log10(2)) - (blind.Z * blind.Z / 2 / Math.Log(10)), blind.Log10FalsePositive, 1e-9);
        WatermarkMatch known = Assert.Single(marked.DetectInAll(key, payload));
        Assert.Equal(Math.Log10(2) - (known.Z * known.Z / 2 / Math.Log(10)), known.Log10FalsePositive, 1e-9);
        Assert.Equal(WatermarkMode.Elements, known.Mode);
    }

    [Fact]
    public void Tensors_that_share_their_signs_are_counted_once()
    {
        // Sixteen times the same weights under names that are one name to the key would show a score four times as wide.
        using WatermarkKey key = TestModel.Key();
        TestModel one = TestModel.Gaussian(DType.F32, 3, [[64, 64]]);
        TensorInfo tensor = one.Tensors[0];
        TestModel many = new(
            [.. Enumerable.Range(0, 16).Select(i => tensor with { Name = string.Concat(Enumerable.Repeat("module.", i)) + tensor.Name, Offset = i * tensor.Length })],
            [.. Enumerable.Repeat(one.Bytes, 16).SelectMany(b => b)]);

        foreach (WatermarkMode mode in WatermarkModes.All)
            Assert.Equal(one.Measure(key, mode: mode).S, many.Measure(key, mode: mode).S);
        TestModel marked = many.Mark(key, WatermarkPayload.Create(key, 1, "m"), 0.1);
        Assert.Equal(many.Bytes.AsSpan((int)tensor.Length).ToArray(), marked.Bytes.AsSpan((int)tensor.Length).ToArray());
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
