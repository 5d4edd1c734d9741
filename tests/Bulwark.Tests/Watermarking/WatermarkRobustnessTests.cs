using Bulwark.Models;
using Bulwark.Testing;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Watermarking;

/// <summary>The mark on the project's own trained network, after what happens to models in the world.</summary>
public sealed class WatermarkRobustnessTests
{
    private static readonly WatermarkKey Owner = TestModel.Key();
    private static readonly WatermarkPayload Payload = WatermarkPayload.Create(Owner, 4711, "mnist-1");
    private static readonly TestModel Original = TestModel.Read(Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors"));
    private static readonly TestModel Marked = Original.Mark(Owner, Payload, 0.02);

    [Fact]
    public void The_default_budget_is_enough_for_the_sample() => AssertRead(Original.Mark(Owner, Payload, Watermarker.DefaultBudget(Watermarker.CountElements(Original.Tensors))));

    [Fact]
    public void It_survives_a_cast_to_bf16_and_back() => AssertRead(Marked.CastThrough(DType.BF16));

    [Fact]
    public void It_survives_rounding_to_eight_bits() => AssertRead(Quantise(Marked, 127));

    [Fact]
    public void It_survives_rounding_to_four_bits() => AssertRead(Quantise(Marked, 7));

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.7)]
    public void It_survives_pruning(double share) => AssertRead(Prune(Marked, share));

    [Fact]
    public void It_survives_pruning_and_rounding_together() => AssertRead(Quantise(Prune(Marked, 0.5), 127));

    [Fact]
    public void It_survives_noise_of_a_fifth_of_the_spread()
    {
        var random = new Random(3);
        Dictionary<string, double> spread = Marked.Tensors.ToDictionary(t => t.Name, t => Math.Sqrt(Marked.Values(t).Average(v => v * v)));
        AssertRead(Marked.Copy().Map((t, v) => v + 0.2 * spread[t.Name] * TestModel.Normal(random)));
    }

    [Fact]
    public void It_survives_three_marks_of_other_keys_on_top()
    {
        TestModel model = Marked;
        for (int i = 1; i <= 3; i++)
        {
            using WatermarkKey other = TestModel.Key(i);
            model = model.Mark(other, WatermarkPayload.Create(other, (uint)i, "thief"), 0.02);
        }

        AssertRead(model);
    }

    [Fact]
    public void It_survives_the_renaming_that_wrappers_do()
    {
        TestModel wrapped = Marked with { Tensors = [.. Marked.Tensors.Select(t => t with { Name = "module._orig_mod." + t.Name })] };
        AssertRead(wrapped);
    }

    [Fact]
    public void Two_averaged_copies_show_both_of_their_payloads()
    {
        WatermarkPayload second = WatermarkPayload.Create(Owner, 4712, "mnist-1");
        TestModel other = Original.Mark(Owner, second, 0.02);
        double[] values = [.. Original.Tensors.SelectMany(other.Values)];
        int i = 0;
        TestModel average = Marked.Copy().Map((_, v) => (v + values[i++]) / 2);

        IReadOnlyList<WatermarkMatch> matches = average.Detect(Owner, [Payload, second, WatermarkPayload.Create(Owner, 4713, "mnist-1")]);

        Assert.Equal([4711u, 4712u], matches.Where(m => m.IsSignificant).Select(m => m.Payload.OwnerId).Order());
    }

    [Fact]
    public void Neither_another_key_nor_the_unmarked_model_shows_a_mark()
    {
        using WatermarkKey other = TestModel.Key(99);
        Assert.Empty(Marked.Detect(other, WatermarkPayload.Create(other, 4711, "mnist-1")));
        Assert.Empty(Original.Detect(Owner, Payload));
    }

    [Fact]
    public void A_single_flipped_bit_is_found_in_its_chunk_and_every_chunk_under_another_key()
    {
        TestModel model = Marked.Copy();
        using (var seal = new FragileSeal(Owner))
        {
            foreach (TensorSlice slice in model.Slices())
                seal.Apply(slice, model.Of(slice));
        }

        Assert.Empty(Broken(model, Owner));
        AssertRead(model);
        var random = new Random(8);
        TensorSlice largest = model.Slices().MaxBy(s => s.Length);
        for (int i = 0; i < 200; i++)
        {
            int at = random.Next(largest.Length / 8192 * 8192);
            byte sealedByte = model.Of(largest)[at];
            model.Of(largest)[at] ^= (byte)(1 << random.Next(8));
            Assert.Equal([(largest.Tensor.Name, (largest.TensorOffset + at) / 8192)], Broken(model with { Tensors = [largest.Tensor] }, Owner));
            model.Of(largest)[at] = sealedByte;
        }

        using WatermarkKey other = TestModel.Key(5);
        long chunks = Marked.Tensors.Where(FragileSeal.IsEligible).Sum(t => (t.Length + 8191) / 8192);
        Assert.InRange(Broken(model, other).Count, chunks - 3, chunks);
    }

    private static List<(string Tensor, long Chunk)> Broken(TestModel model, WatermarkKey key)
    {
        List<(string, long)> all = [];
        using var seal = new FragileSeal(key);
        foreach (TensorSlice slice in model.Slices())
        {
            List<long> broken = [];
            seal.Check(slice, model.Of(slice), broken);
            all.AddRange(broken.Select(b => (slice.Tensor.Name, b)));
        }

        return all;
    }

    private static void AssertRead(TestModel model)
    {
        WatermarkMatch match = model.Detect(Owner, Payload)[0];
        Assert.Equal(Payload, match.Payload);
        Assert.True(match.Decoded, $"decoded, Z {match.Z}");
        Assert.True(match.IsSignificant, $"Z {match.Z}");
    }

    /// <summary>Symmetric rounding with one scale per row, to 2·levels + 1 values, and back.</summary>
    private static TestModel Quantise(TestModel model, int levels)
    {
        Dictionary<string, (double[] Scale, int Width)> rows = model.Tensors.ToDictionary(t => t.Name, t =>
        {
            int width = (int)t.Shape[^1];
            return (model.Values(t).Chunk(width).Select(r => Math.Max(r.Max(Math.Abs) / levels, 1e-9)).ToArray(), width);
        });
        Dictionary<string, int> at = model.Tensors.ToDictionary(t => t.Name, _ => 0);
        return model.Copy().Map((t, v) =>
        {
            double scale = rows[t.Name].Scale[at[t.Name]++ / rows[t.Name].Width];
            return Math.Round(v / scale) * scale;
        });
    }

    private static TestModel Prune(TestModel model, double share)
    {
        Dictionary<string, double> threshold = model.Tensors.ToDictionary(t => t.Name, t => model.Values(t).Select(Math.Abs).Order().ElementAt((int)(share * (t.Length / 2 - 1))));
        return model.Copy().Map((t, v) => Math.Abs(v) <= threshold[t.Name] ? 0 : v);
    }
}
