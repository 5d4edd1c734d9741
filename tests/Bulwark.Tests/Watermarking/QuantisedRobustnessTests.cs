using Bulwark.Models;
using Bulwark.Watermarking;
using Xunit.Abstractions;

namespace Bulwark.Tests.Watermarking;

/// <summary>Marks in and through quantised files, on 3.2 million weights in the shapes of a small language model.</summary>
public sealed class QuantisedRobustnessTests(ITestOutputHelper output)
{
    private static readonly WatermarkKey Owner = TestModel.Key();
    private static readonly WatermarkPayload Payload = WatermarkPayload.Create(Owner, 4711, "gpt-q");
    private static readonly Lazy<TestModel> Transformer = new(CreateTransformer);
    private static readonly Lazy<TestModel> Marked = new(() => Transformer.Value.Mark(Owner, Payload, 0.01));
    private static readonly Dictionary<DType, Lazy<TestModel>> InScales = new[] { DType.Q4_0, DType.Q8_0 }.ToDictionary(
        d => d, d => new Lazy<TestModel>(() => BlockQuantizer.Quantise(Transformer.Value, d).Mark(Owner, Payload, 0.01, mode: WatermarkMode.BlockScales)));

    public static TheoryData<DType> Types => [.. BlockQuantizer.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_mark_in_single_weights_is_read_in_every_block_type_they_are_rounded_to(DType dtype) =>
        AssertRead(BlockQuantizer.Quantise(Marked.Value, dtype), WatermarkMode.Elements, $"elements 1 % -> {dtype}");

    [Theory]
    [InlineData(DType.F8_E4M3)]
    [InlineData(DType.F8_E5M2)]
    [InlineData(DType.F8_E4M3FNUZ)]
    [InlineData(DType.F8_E5M2FNUZ)]
    [InlineData(DType.I8)]
    public void A_mark_in_single_weights_is_read_in_eight_bit_codes(DType dtype) =>
        AssertRead(ToCodes(Marked.Value, dtype, 0), WatermarkMode.Elements, $"elements 1 % -> {dtype}");

    [Fact]
    public void Unsigned_codes_are_read_around_their_zero_point_and_not_at_all_without_one()
    {
        AssertRead(ToCodes(Marked.Value, DType.U8, 131), WatermarkMode.Elements, "elements 1 % -> U8");
        TestModel unknown = ToCodes(Marked.Value, DType.U8, 131);
        unknown = unknown with { Tensors = [.. unknown.Tensors.Select(t => t with { ZeroPoint = null })] };
        Assert.Empty(unknown.DetectInAll(Owner, Payload));
        Assert.All(unknown.Tensors, t => Assert.Equal("unsigned codes without a known zero point", MarkableTensors.WhyUnread(t)));
    }

    [Theory]
    [InlineData(DType.Q4_0)]
    [InlineData(DType.Q8_0)]
    public void A_mark_in_block_scales_is_read_after_what_happens_to_quantised_models(DType dtype)
    {
        TestModel marked = InScales[dtype].Value;
        string from = $"{dtype} scales 1 %";
        AssertRead(marked, WatermarkMode.BlockScales, from);
        TestModel floats = BlockQuantizer.Dequantise(marked);
        AssertRead(floats, WatermarkMode.BlockScales, $"{from} -> F32");
        AssertRead(floats.CastThrough(DType.BF16), WatermarkMode.BlockScales, $"{from} -> BF16");
        AssertRead(BlockQuantizer.Quantise(floats, DType.Q4_0), WatermarkMode.BlockScales, $"{from} -> Q4_0");
        AssertRead(BlockQuantizer.Quantise(floats, DType.Q8_0), WatermarkMode.BlockScales, $"{from} -> Q8_0");
        AssertRead(BlockQuantizer.Quantise(floats, DType.Q6_K), WatermarkMode.BlockScales, $"{from} -> Q6_K");
        AssertRead(BlockQuantizer.Quantise(floats, DType.Q4_K), WatermarkMode.BlockScales, $"{from} -> Q4_K");
        AssertRead(ToCodes(floats, DType.I8, 0), WatermarkMode.BlockScales, $"{from} -> I8");
        AssertRead(Prune(floats, 0.5), WatermarkMode.BlockScales, $"{from} -> prune 50 %");
        AssertRead(BlockQuantizer.Quantise(Prune(floats, 0.5), DType.Q4_0), WatermarkMode.BlockScales, $"{from} -> prune 50 % -> Q4_0");
        AssertRead(Noise(floats, 0.2), WatermarkMode.BlockScales, $"{from} -> noise 20 %");
    }

    [Theory]
    [InlineData(DType.Q4_0)]
    [InlineData(DType.Q8_0)]
    public void Two_percent_in_block_scales_stands_out_more(DType dtype) =>
        AssertRead(BlockQuantizer.Quantise(Transformer.Value, dtype).Mark(Owner, Payload, 0.02, mode: WatermarkMode.BlockScales), WatermarkMode.BlockScales, $"{dtype} scales 2 %");

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.02)]
    public void A_mark_in_signed_codes_is_read_after_pruning_and_rounding_to_four_bits(double budget)
    {
        TestModel codes = ToCodes(Transformer.Value, DType.I8, 0), marked = codes.Mark(Owner, Payload, budget);
        int moved = codes.Bytes.Zip(marked.Bytes).Count(p => p.First != p.Second);
        double squares = codes.Bytes.Zip(marked.Bytes).Sum(p => Math.Pow((sbyte)p.First - (sbyte)p.Second, 2)), all = codes.Bytes.Sum(b => Math.Pow((sbyte)b, 2));
        Assert.All(codes.Bytes.Zip(marked.Bytes).Take(300_000), p => Assert.True(Math.Sign((sbyte)p.First) * Math.Sign((sbyte)p.Second) >= 0 && (p.First != 0 || p.Second == 0)));
        Assert.DoesNotContain((byte)0x80, marked.Bytes);
        string from = FormattableString.Invariant($"I8 {budget:P0}, {(double)moved / codes.Bytes.Length:P0} of codes moved, change {Math.Sqrt(squares / all):P2}");
        AssertRead(marked, WatermarkMode.Elements, from);
        TestModel floats = BlockQuantizer.Dequantise(Floats(marked));
        AssertRead(Prune(floats, 0.5), WatermarkMode.Elements, $"{from} -> prune 50 %");
        AssertRead(BlockQuantizer.Quantise(floats, DType.Q4_0), WatermarkMode.Elements, $"{from} -> Q4_0");
    }

    [Fact]
    public void Neither_mode_sees_the_mark_of_the_other_nor_one_where_there_is_none()
    {
        Assert.Empty(BlockQuantizer.Quantise(Transformer.Value, DType.Q4_0).DetectInAll(Owner, Payload));
        Assert.DoesNotContain(Marked.Value.DetectInAll(Owner, Payload), m => m.Mode == WatermarkMode.BlockScales);
        Assert.DoesNotContain(InScales[DType.Q4_0].Value.DetectInAll(Owner, Payload), m => m.Mode == WatermarkMode.Elements);
    }

    [Fact]
    public void A_model_marked_in_its_weights_and_then_in_its_scales_shows_both()
    {
        WatermarkPayload second = WatermarkPayload.Create(Owner, 12, "second");
        TestModel both = BlockQuantizer.Quantise(Marked.Value, DType.Q8_0).Mark(Owner, second, 0.01, mode: WatermarkMode.BlockScales);

        IReadOnlyList<WatermarkMatch> matches = both.DetectInAll(Owner, Payload, second);

        Assert.Equal(
            [(WatermarkMode.Elements, 4711u), (WatermarkMode.BlockScales, 12u)],
            matches.Where(m => m.IsSignificant).Select(m => (m.Mode, m.Payload.OwnerId)).OrderBy(m => m.Mode));
    }

    private static TestModel CreateTransformer()
    {
        // Rows and columns of different strength and a few heavy tails, as trained matrices have.
        var random = new Random(17);
        long[][] layer = [[768, 256], [256, 256], [1024, 256], [256, 1024]];
        long[][] shapes = [[96, 256], .. layer, .. layer, .. layer, .. layer];
        TestModel model = TestModel.Create(DType.F32, shapes, () => 0);
        foreach (TensorInfo tensor in model.Tensors)
        {
            int columns = (int)tensor.Shape[1];
            double[] row = [.. Enumerable.Range(0, (int)tensor.Shape[0]).Select(_ => Math.Exp(0.25 * TestModel.Normal(random)))];
            double[] column = [.. Enumerable.Range(0, columns).Select(_ => Math.Exp(0.25 * TestModel.Normal(random)))];
            for (int i = 0; i < tensor.ElementCount; i++)
            {
                double value = 0.02 * row[i / columns] * column[i % columns] * TestModel.Normal(random) * (random.Next(500) == 0 ? 4 : 1);
                TestModel.Write(DType.F32, model.Bytes.AsSpan((int)tensor.Offset + (4 * i), 4), value);
            }
        }

        return model;
    }

    /// <summary>One code a weight, scaled by row; the scale is dropped, as a reader without it sees the model.</summary>
    internal static TestModel ToCodes(TestModel model, DType dtype, int zeroPoint)
    {
        float[] values = [.. Enumerable.Range(0, 256).Select(c => WeightDecoder.Value(dtype, zeroPoint, (byte)c))];
        (float Value, byte Code)[] order = [.. values.Select((v, c) => (v, (byte)c)).Where(v => float.IsFinite(v.v)).OrderBy(v => v.v)];
        float[] sorted = [.. order.Select(o => o.Value)];
        float largest = Math.Min(sorted[^1], -sorted[0]);
        List<TensorInfo> tensors = [];
        List<byte> bytes = [];
        foreach (TensorInfo tensor in model.Tensors)
        {
            float[] numbers = model.Numbers(tensor);
            tensors.Add(tensor with { DType = dtype, Offset = bytes.Count, Length = numbers.Length, ZeroPoint = dtype is DType.I8 or DType.U8 ? zeroPoint : null });
            foreach (float[] row in numbers.Chunk((int)tensor.Shape[^1]))
            {
                float scale = largest / row.Max(MathF.Abs);
                foreach (float value in row)
                {
                    int at = Array.BinarySearch(sorted, value * scale);
                    at = at >= 0 ? at : Math.Clamp(~at, 1, sorted.Length - 1);
                    at = at > 0 && value * scale - sorted[at - 1] < sorted[at] - (value * scale) ? at - 1 : at;
                    bytes.Add(order[at].Code);
                }
            }
        }

        return new TestModel(tensors, [.. bytes]);
    }

    private static TestModel Floats(TestModel codes)
    {
        byte[] bytes = [.. codes.Tensors.SelectMany(t => codes.Bytes.Skip((int)t.Offset).Take((int)t.Length)).SelectMany(b => BitConverter.GetBytes((float)(sbyte)b))];
        return new TestModel([.. codes.Tensors.Select(t => t with { DType = DType.F32, Offset = 4 * t.Offset, Length = 4 * t.Length, ZeroPoint = null })], bytes);
    }

    private static TestModel Prune(TestModel model, double share)
    {
        Dictionary<string, double> threshold = model.Tensors.ToDictionary(t => t.Name, t => model.Values(t).Select(Math.Abs).Order().ElementAt((int)(share * (t.ElementCount - 1))));
        return model.Copy().Map((t, v) => Math.Abs(v) <= threshold[t.Name] ? 0 : v);
    }

    private static TestModel Noise(TestModel model, double share)
    {
        var random = new Random(3);
        Dictionary<string, double> spread = model.Tensors.ToDictionary(t => t.Name, t => Math.Sqrt(model.Values(t).Average(v => v * v)));
        return model.Copy().Map((t, v) => v + (share * spread[t.Name] * TestModel.Normal(random)));
    }

    private void AssertRead(TestModel model, WatermarkMode mode, string how)
    {
        WatermarkMatch? match = model.DetectInAll(Owner, Payload).FirstOrDefault(m => m.Mode == mode);
        output.WriteLine(FormattableString.Invariant($"{how}: {(match is null ? "nothing" : $"Z {match.Z:0.0}, {(match.Decoded ? "exact" : "known only")}")}"));
        Assert.True(match is { Decoded: true, IsSignificant: true }, how);
        Assert.Equal(Payload, match!.Payload);
    }
}
