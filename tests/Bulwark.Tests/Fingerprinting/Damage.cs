using Bulwark.Models;
using Bulwark.Tests.Watermarking;

namespace Bulwark.Tests.Fingerprinting;

/// <summary>What happens to models in the world.</summary>
internal static class Damage
{
    /// <summary>Rounded to that many levels on each side of zero, scaled by row.</summary>
    public static TestModel Rounded(TestModel model, int levels)
    {
        Dictionary<string, double[]> scales = model.Tensors.ToDictionary(
            t => t.Name, t => model.Values(t).Chunk((int)t.Shape[^1]).Select(r => Math.Max(r.Max(Math.Abs) / levels, 1e-12)).ToArray());
        Dictionary<string, int> at = model.Tensors.ToDictionary(t => t.Name, _ => 0);
        return model.Copy().Map((t, v) =>
        {
            double scale = scales[t.Name][at[t.Name]++ / (int)t.Shape[^1]];
            return Math.Round(v / scale) * scale;
        });
    }

    /// <summary>The smallest weights of each tensor set to zero.</summary>
    public static TestModel Pruned(TestModel model, double share)
    {
        Dictionary<string, double> threshold = model.Tensors.ToDictionary(t => t.Name, t =>
        {
            double[] magnitudes = [.. model.Values(t).Select(Math.Abs).Order()];
            return magnitudes[(int)(share * (magnitudes.Length - 1))];
        });
        return model.Copy().Map((t, v) => Math.Abs(v) <= threshold[t.Name] ? 0 : v);
    }

    /// <summary>Gaussian noise of a share of each tensor's spread.</summary>
    public static TestModel Noisy(TestModel model, double share, int seed)
    {
        var random = new Random(seed);
        Dictionary<string, double> spread = model.Tensors.ToDictionary(t => t.Name, t => Math.Sqrt(model.Values(t).Average(v => v * v)));
        return model.Copy().Map((t, v) => v + share * spread[t.Name] * TestModel.Normal(random));
    }

    /// <summary>The rows of every tensor in another order.</summary>
    public static TestModel RowsPermuted(TestModel model, int seed)
    {
        var random = new Random(seed);
        TestModel permuted = model.Copy();
        foreach (TensorInfo tensor in model.Tensors)
        {
            int rows = (int)tensor.Shape[0], length = (int)tensor.Length / rows;
            int[] order = [.. Enumerable.Range(0, rows)];
            random.Shuffle(order);
            for (int r = 0; r < rows; r++)
                model.Bytes.AsSpan((int)tensor.Offset + order[r] * length, length).CopyTo(permuted.Bytes.AsSpan((int)tensor.Offset + r * length));
        }

        return permuted;
    }

    /// <summary>Half of one model and half of another.</summary>
    public static TestModel Merged(TestModel model, TestModel other)
    {
        double[] values = [.. other.Tensors.SelectMany(other.Values)];
        int i = 0;
        return model.Copy().Map((_, v) => (v + values[i++]) / 2);
    }
}
