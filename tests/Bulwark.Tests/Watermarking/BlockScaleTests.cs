using System.Buffers.Binary;
using System.Security.Cryptography;
using Bulwark.Models;
using Bulwark.Watermarking;
using CsCheck;

namespace Bulwark.Tests.Watermarking;

/// <summary>The mark in the scales of ggml's blocks: its definition, what it leaves alone, and what it survives.</summary>
public sealed class BlockScaleTests
{
    private static readonly WatermarkKey Owner = TestModel.Key();
    private static readonly WatermarkPayload Payload = WatermarkPayload.Create(Owner, 4711, "gpt-q");

    [Theory]
    [InlineData(DType.Q4_0)]
    [InlineData(DType.Q8_0)]
    public void Statistics_and_bytes_are_those_of_a_second_implementation_on_every_path(DType dtype)
    {
        // Rows of 2, 3 and 10 blocks; tiny scales, which are subnormal; zero blocks and a row of zeros; infinite and NaN scales.
        var random = new Random(11);
        TestModel model = BlockQuantizer.Quantise(
            TestModel.Create(DType.F32, [[300, 320], [200, 96], [64, 64], [4, 5, 320], [40, 32]], () => random.Next(9) == 0 ? 0 : TestModel.Normal(random) * Math.Pow(10, random.Next(-6, 1))), dtype);
        int size = dtype.BlockBytes();
        model.Bytes.AsSpan(0, 10 * size).Clear();
        model.Bytes.AsSpan(25 * size, 3 * size).Clear();
        BinaryPrimitives.WriteHalfLittleEndian(model.Bytes.AsSpan(41 * size), Half.PositiveInfinity);
        BinaryPrimitives.WriteHalfLittleEndian(model.Bytes.AsSpan(52 * size), Half.NaN);
        BinaryPrimitives.WriteHalfLittleEndian(model.Bytes.AsSpan(63 * size), Half.MaxValue);
        BinaryPrimitives.WriteHalfLittleEndian(model.Bytes.AsSpan(64 * size), -Half.Epsilon);
        AssertAgree(model, Payload, 0.03);
    }

    [Fact]
    public void The_vectors_of_the_documentation_hold()
    {
        NaiveBlockScale naive = new(TestModel.Master);
        Assert.Equal("1e08b2aaeb46736402b5b8160026df22", Convert.ToHexStringLower(naive.Keyed("blk.0.ffn_up.weight", 0)));
        Assert.Equal("ba72a147a163633776c6c8f9b9a6a7a9", Convert.ToHexStringLower(naive.Keyed("blk.0.ffn_up.weight", 1)));
        using (KeyedBlocks blocks = Owner.CreateBlocks())
            Assert.Equal(naive.Keyed("blk.0.ffn_up.weight", 1), blocks.Compute(Owner.TensorId("blk.0.ffn_up.weight"), KeyedBlocks.BlockScaleDomain, 1, 1).ToArray());

        byte[] bytes = new byte[2048 * 34];
        for (int b = 0; b < 2048; b++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(b * 34), (ushort)(0x2000 + (b * 37 % 1024)));
            for (int i = 0; i < 32; i++)
                bytes[(b * 34) + 2 + i] = (byte)(sbyte)((((32 * b) + i) * 73 % 251) - 125);
        }

        TestModel model = new([new TensorInfo("blk.0.ffn_up.weight", DType.Q8_0, [256, 256], 0, bytes.Length)], bytes);
        (WatermarkPlan plan, byte[] marked) = AssertAgree(model, WatermarkPayload.Create(Owner, 0x00c0ffee, "model01"), 0.03);
        WatermarkStatistics statistics = model.Measure(Owner, mode: WatermarkMode.BlockScales, toMark: true);
        Assert.Equal((-241L, 30532L, 648989132L, 7321212L), (statistics.S[0], statistics.S.Sum(), statistics.E.Sum(), statistics.R.Sum()));
        Assert.Equal([15729, 15729, 83795, 15729], plan.Q[..4]);
        Assert.Equal("f8345168b0f5f4d7835f933e0567d0010e240f6b79c8a2fe659d11d65ca2b65a", Convert.ToHexStringLower(SHA256.HashData(marked)));
    }

    [Theory]
    [InlineData(DType.Q4_0)]
    [InlineData(DType.Q5_0)]
    [InlineData(DType.Q8_0)]
    [InlineData(DType.IQ4_NL)]
    public void Codes_zero_scales_signs_and_other_tensors_keep_their_bytes(DType dtype) => Gen.Select(Gen.Int, Gen.Double[0.002, 0.125]).Sample(
        (seed, budget) =>
        {
            var random = new Random(seed);
            TestModel model = BlockQuantizer.Quantise(
                TestModel.Create(DType.F32, [[160, 256], [2048], [128, 32], [16, 96], [3, 64], [20, 100]], () => random.Next(50) == 0 ? 0 : 0.02 * TestModel.Normal(random)), dtype);
            model.Bytes.AsSpan(0, 9 * dtype.BlockBytes()).Clear();
            using WatermarkKey key = TestModel.Key(seed);
            WatermarkPayload payload = WatermarkPayload.Create(key, 1, "p");
            WatermarkPlan plan = WatermarkPlan.Solve(model.Measure(key, mode: WatermarkMode.BlockScales, toMark: true), payload, budget);
            TestModel marked = model.Mark(key, payload, budget, mode: WatermarkMode.BlockScales);
            (double squares, int scales) = (0, 0);
            foreach (TensorInfo tensor in model.Tensors)
            {
                byte[] before = model.Bytes.AsSpan((int)tensor.Offset, (int)tensor.Length).ToArray(), after = marked.Bytes.AsSpan((int)tensor.Offset, (int)tensor.Length).ToArray();
                if (tensor.DType != dtype || tensor.Shape[^1] < 64 || tensor.ElementCount < 1024)
                {
                    Assert.Equal(before, after);
                    continue;
                }

                for (int at = 0; at < before.Length; at += dtype.BlockBytes())
                {
                    Assert.Equal(before[(at + 2)..(at + dtype.BlockBytes())], after[(at + 2)..(at + dtype.BlockBytes())]);
                    (double old, double scale) = ((double)BitConverter.ToHalf(before, at), (double)BitConverter.ToHalf(after, at));
                    if (old == 0)
                    {
                        Assert.Equal(BitConverter.ToUInt16(before, at), BitConverter.ToUInt16(after, at));
                        continue;
                    }

                    Assert.InRange(scale / old, 0.74, 1.26);
                    squares += Math.Pow((scale / old) - 1, 2);
                    scales++;
                }
            }

            Assert.True(plan.RelativeChange <= budget);

            // About 1,400 scales, each moved by its group's own step: the root mean square strays by some 3 % from seed to seed.
            Assert.InRange(Math.Sqrt(squares / scales), plan.RelativeChange * 0.8, (plan.RelativeChange * 1.2) + 0.0005);
        },
        iter: 10);

    [Fact]
    public void Pieces_cut_inside_blocks_and_rows_give_the_bytes_and_sums_of_the_whole() => Gen.Select(
        Gen.OneOf(Gen.Const(DType.Q4_0), Gen.Const(DType.Q8_0), Gen.Const(DType.Q6_K), Gen.Const(DType.F32)), Gen.Int[1, 700], Gen.OneOf(Gen.Const(WatermarkMode.Elements), Gen.Const(WatermarkMode.BlockScales))).Sample(
        (dtype, cut, mode) =>
        {
            TestModel model = TestModel.Gaussian(DType.F32, 3, [[33, 256], [9, 768], [37, 1024]]);
            model = dtype == DType.F32 ? model : BlockQuantizer.Quantise(model, dtype);
            int length = dtype == DType.F32 ? 256 * cut : 2 * cut;
            using var meter = new WatermarkMeter([Owner], mode, toMark: false);
            foreach (TensorSlice slice in model.Slices(length))
                meter.Add(slice, model.Of(slice));
            WatermarkStatistics whole = model.Measure(Owner, mode: mode), pieces = meter.Statistics[0];
            Assert.Equal(whole.S, pieces.S);
            Assert.Equal(whole.E, pieces.E);
            Assert.True(whole.Elements > 0);
            if (dtype is not (DType.Q4_0 or DType.Q8_0))
                return;
            WatermarkPlan plan = WatermarkPlan.Solve(model.Measure(Owner, mode: WatermarkMode.BlockScales, toMark: true), Payload, 0.03);
            TestModel marked = model.Copy();
            using var marker = new WatermarkMarker(Owner, plan);
            foreach (TensorSlice slice in model.Slices(length).Reverse())
                marker.Apply(slice, marked.Of(slice));
            Assert.Equal(model.Mark(Owner, Payload, 0.03, mode: WatermarkMode.BlockScales).Bytes, marked.Bytes);
        },
        iter: 30);

    [Fact]
    public void Pieces_out_of_order_are_refused_rather_than_misread()
    {
        TestModel model = BlockQuantizer.Quantise(TestModel.Gaussian(DType.F32, 3, [[64, 256]]), DType.Q4_0);
        using var meter = new WatermarkMeter([Owner], WatermarkMode.BlockScales, toMark: false);
        TensorSlice[] slices = [.. model.Slices(1000)];
        meter.Add(slices[0], model.Of(slices[0]));
        Assert.Throws<ArgumentException>(() => meter.Add(slices[2], model.Of(slices[2])));
    }

    [Fact]
    public void Rows_longer_than_a_piece_are_read_and_marked_in_pieces()
    {
        // 4,097 blocks: a piece of 4,096 and one of a single block, which says nothing and stays as it is.
        TestModel model = BlockQuantizer.Quantise(TestModel.Gaussian(DType.F32, 5, [[2, 4097 * 32], [2, 4096 * 32], [2, 4098 * 32]]), DType.Q4_0);
        WatermarkStatistics statistics = model.Measure(Owner, mode: WatermarkMode.BlockScales, toMark: true);
        Assert.Equal(2 * 32 * (4096 + 4096 + 4098), statistics.Elements);
        TestModel marked = model.Mark(Owner, Payload, 0.125, mode: WatermarkMode.BlockScales);
        bool[] changed = [.. Enumerable.Range(0, 2 * 4097).Select(b => BitConverter.ToUInt16(model.Bytes, b * 18) != BitConverter.ToUInt16(marked.Bytes, b * 18))];
        Assert.False(changed[4096] || changed[8193]);
        Assert.True(changed[..4096].Count(c => c) > 4000 && changed[4097..8193].Count(c => c) > 4000);
    }

    private static (WatermarkPlan Plan, byte[] Marked) AssertAgree(TestModel model, WatermarkPayload payload, double budget)
    {
        NaiveBlockScale naive = new(TestModel.Master);
        foreach (TensorInfo tensor in model.Tensors.Where(t => t.Shape[^1] > 32))
            naive.Measure(tensor, model.Bytes.AsSpan((int)tensor.Offset, (int)tensor.Length));
        WatermarkPlan plan = WatermarkPlan.Solve(model.Measure(Owner, mode: WatermarkMode.BlockScales, toMark: true), payload, budget);
        byte[] expected = [.. model.Bytes];
        foreach (TensorInfo tensor in model.Tensors.Where(t => t.Shape[^1] > 32))
            naive.Mark(tensor, expected.AsSpan((int)tensor.Offset, (int)tensor.Length), plan.Codeword, plan.Q);
        foreach (VectorPath path in VectorPaths.Supported)
        {
            WatermarkStatistics statistics = model.Measure(Owner, path, WatermarkMode.BlockScales, toMark: true);
            Assert.Equal(naive.S, statistics.S);
            Assert.Equal(naive.E, statistics.E);
            Assert.Equal(naive.R, statistics.R);
            Assert.Equal(naive.N, statistics.N);
            Assert.Equal(expected, model.Mark(Owner, payload, budget, path, WatermarkMode.BlockScales).Bytes);
        }

        return (plan, expected);
    }
}
