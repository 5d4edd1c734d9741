using Bulwark.Models;
using Bulwark.Watermarking;
using CsCheck;

namespace Bulwark.Tests.Watermarking;

/// <summary>What a mark never changes, and what it must stay below.</summary>
public sealed class WatermarkPropertyTests
{
    private static readonly Gen<(DType DType, int Seed, double Budget, double Zeros)> Cases = Gen.Select(
        Gen.OneOf(Gen.Const(DType.F16), Gen.Const(DType.BF16), Gen.Const(DType.F32), Gen.Const(DType.F64)), Gen.Int, Gen.Double[0.002, 0.125], Gen.OneOf(Gen.Const(0.0), Gen.Const(0.3), Gen.Const(0.9)));

    [Fact]
    public void Zeros_signs_outliers_other_tensors_and_tails_keep_their_bytes() => Cases.Sample(
        test =>
        {
            var random = new Random(test.Seed);
            TestModel model = TestModel.Create(
                test.DType, [[40, 101], [2048], [16, 63], [5, 6, 64]], () => random.NextDouble() < test.Zeros ? 0 : random.Next(30) == 0 ? TestModel.Normal(random) * 8 : TestModel.Normal(random));
            using WatermarkKey key = TestModel.Key(test.Seed);
            TestModel marked = model.Mark(key, WatermarkPayload.Create(key, 1, "p"), test.Budget);
            foreach (TensorInfo tensor in model.Tensors)
            {
                double[] before = model.Values(tensor), after = marked.Values(tensor);
                bool eligible = tensor.Shape.Length >= 2 && before.Length >= 1024;
                for (int i = 0; i < before.Length; i++)
                {
                    int group = i / 64 * 64;
                    bool whole = group + 64 <= before.Length;
                    double mean = whole ? before[group..(group + 64)].Average(Math.Abs) : 0;
                    bool keeps = !eligible || !whole || before[i] == 0 || Math.Abs(before[i]) >= 4 * mean;
                    Assert.Equal(double.IsNegative(before[i]), double.IsNegative(after[i]));
                    if (keeps)
                        Assert.Equal(before[i], after[i]);
                    else
                        Assert.InRange(Math.Abs(after[i]) / Math.Abs(before[i]), 0.74 - Coarseness(test.DType, before[i]), 1.26 + Coarseness(test.DType, before[i]));
                }
            }
        },
        iter: 60);

    [Theory]
    [InlineData(DType.F16, 65504)]
    [InlineData(DType.BF16, 3.3895313892515355E+38)]
    [InlineData(DType.F32, float.MaxValue)]
    [InlineData(DType.F64, double.MaxValue / 64)]
    public void The_largest_weights_never_become_infinite(DType dtype, double largest)
    {
        var random = new Random(5);
        TestModel model = TestModel.Create(dtype, [[64, 128]], () => largest * (random.Next(2) == 0 ? 1 : -1) * (1 - 0.1 * random.NextDouble()));
        using WatermarkKey key = TestModel.Key();
        WatermarkPayload payload = WatermarkPayload.Create(key, 1, "p");
        foreach (VectorPath path in VectorPaths.Supported)
        {
            TestModel marked = model.Mark(key, payload, 0.1, path);
            Assert.NotEqual(model.Bytes, marked.Bytes);
            Assert.All(marked.Values(marked.Tensors[0]), v => Assert.True(double.IsFinite(v)));
        }
    }

    [Fact]
    public void The_change_stays_within_the_budget_and_close_to_the_prediction() => Cases.Sample(
        test =>
        {
            TestModel model = TestModel.Gaussian(DType.F32, test.Seed, [[64, 256], [100, 130]]);
            using WatermarkKey key = TestModel.Key(test.Seed);
            WatermarkPlan plan = WatermarkPlan.Solve(model.Measure(key), WatermarkPayload.Create(key, 1, "p"), test.Budget);
            TestModel marked = model.Mark(key, WatermarkPayload.Create(key, 1, "p"), test.Budget);
            double[] before = [.. model.Tensors.SelectMany(model.Values)], after = [.. model.Tensors.SelectMany(marked.Values)];
            double change = Math.Sqrt(before.Zip(after).Where(p => p.First != p.Second).Average(p => Math.Pow(p.Second / p.First - 1, 2)));
            Assert.True(plan.RelativeChange <= test.Budget);
            Assert.InRange(change, plan.RelativeChange * 0.97, plan.RelativeChange * 1.03);
        },
        iter: 40);

    [Fact]
    public void Pieces_in_any_cut_give_the_bytes_and_sums_of_the_whole() => Gen.Select(Gen.OneOf(Gen.Const(DType.F16), Gen.Const(DType.F32)), Gen.Int[1, 9]).Sample(
        (dtype, chunks) =>
        {
            TestModel model = TestModel.Gaussian(dtype, 3, [[130, 1000]]);
            using WatermarkKey key = TestModel.Key();
            WatermarkPayload payload = WatermarkPayload.Create(key, 1, "cut");
            TestModel whole = model.Mark(key, payload, 0.02), pieces = model.Copy();
            int length = chunks * 4096 * dtype.BitWidth() / 8;
            WatermarkStatistics sum = new();
            foreach (TensorSlice slice in model.Slices(length).Reverse())
            {
                using var meter = new WatermarkMeter([key]);
                meter.Add(slice, model.Of(slice));
                sum.Add(meter.Statistics[0]);
            }

            Assert.Equal(model.Measure(key).S, sum.S);
            using var marker = new WatermarkMarker(key, WatermarkPlan.Solve(sum, payload, 0.02));
            foreach (TensorSlice slice in pieces.Slices(length).Reverse())
                marker.Apply(slice, pieces.Of(slice));
            Assert.Equal(whole.Bytes, pieces.Bytes);
        },
        iter: 12);

    [Fact]
    public void Any_message_is_decoded_through_noise_that_turns_coded_bits() => Gen.Select(Gen.Byte.Array[16], Gen.Int).Sample(
        (message, seed) =>
        {
            var random = new Random(seed);
            sbyte[] coded = new sbyte[ConvolutionalCode.Length];
            ConvolutionalCode.Encode(message, coded);
            double[] soft = [.. coded.Select(c => c * 2.2 + TestModel.Normal(random))];
            byte[] decoded = new byte[16];
            ConvolutionalCode.Decode(soft, decoded);
            Assert.Equal(message, decoded);
        },
        iter: 300);

    [Fact]
    public void A_payload_tells_owner_and_model_and_is_refused_when_any_bit_is_changed()
    {
        using WatermarkKey key = TestModel.Key(), other = TestModel.Key(1);
        WatermarkPayload payload = WatermarkPayload.Create(key, uint.MaxValue, "gpt-2");
        Assert.Equal((uint.MaxValue, "gpt-2"), (payload.OwnerId, payload.ModelId));
        WatermarkPayload digest = WatermarkPayload.Create(key, 0, "a name of more than seven bytes");
        Assert.StartsWith("sha256:", digest.ModelId, StringComparison.Ordinal);

        Assert.Equal(payload, WatermarkPayload.Authenticate(key, payload.Bytes));
        Assert.Null(WatermarkPayload.Authenticate(other, payload.Bytes));
        for (int bit = 0; bit < 128; bit++)
        {
            byte[] bytes = payload.Bytes.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(WatermarkPayload.Authenticate(key, bytes));
        }
    }

    [Fact]
    public void What_cannot_be_marked_is_refused_with_a_code()
    {
        Assert.Equal("BW1601", Assert.Throws<WatermarkException>(() => WatermarkKey.FromMaster("k", new byte[31])).Code);
        using WatermarkKey key = TestModel.Key();
        WatermarkPayload payload = WatermarkPayload.Create(key, 1, "m");
        foreach (double budget in new[] { 0, -1, 0.2, double.NaN, double.PositiveInfinity })
            Assert.Equal("BW1602", Assert.Throws<WatermarkException>(() => WatermarkPlan.Solve(new WatermarkStatistics(), payload, budget)).Code);
        Assert.Equal("BW1603", Assert.Throws<WatermarkException>(() => WatermarkPlan.Solve(new WatermarkStatistics(), payload, 0.01)).Code);
        Assert.Equal("BW1605", Assert.Throws<WatermarkException>(() => WatermarkPayload.Create(key, 1, "")).Code);
        TestModel zeros = TestModel.Create(DType.F32, [[64, 64]], () => 0);
        Assert.Equal(0, zeros.Measure(key).Elements);
        Assert.Empty(zeros.Detect(key, payload));
    }

    [Theory]
    [InlineData(50_000, 0.04)]
    [InlineData(499_999, 0.0396)]
    [InlineData(500_000, 0.01)]
    [InlineData(7_000_000, 0.01)]
    [InlineData(30_000_000, 0.00511)]
    [InlineData(1_000_000_000, 0.002)]
    public void The_default_budget_follows_the_size(long elements, double expected) =>
        Assert.Equal(expected, Watermarker.DefaultBudget(elements), 1e-4);

    [Theory]
    [InlineData("_orig_mod.module.a", "a")]
    [InlineData("module.module.a.weight", "a.weight")]
    [InlineData("a.module.b", "a.module.b")]
    public void Wrapper_prefixes_do_not_change_a_tensors_identity(string name, string canonical) =>
        Assert.Equal(canonical, WatermarkKey.CanonicalName(name));

    private static double Coarseness(DType dtype, double value) => dtype switch
    {
        DType.F16 => Math.Max(1.0 / 1024, 6e-8 / Math.Abs(value)),
        DType.BF16 => 1.0 / 128,
        _ => 1e-6,
    };
}
