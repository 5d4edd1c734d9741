using Bulwark.Models;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Watermarking;

/// <summary>Every path of this machine gives the bytes of the scalar one, on elements of every kind there is.</summary>
public sealed class VectorPathTests
{
    public static TheoryData<DType> DTypes => [DType.F16, DType.BF16, DType.F32, DType.F64];

    [Theory]
    [MemberData(nameof(DTypes))]
    public void All_paths_quantise_accumulate_and_mark_alike(DType dtype)
    {
        WatermarkKey key = TestModel.Key();
        WatermarkPayload payload = WatermarkPayload.Create(key, 7, "paths");
        for (int seed = 0; seed < 40; seed++)
        {
            TestModel model = Hostile(dtype, seed);
            WatermarkStatistics reference = model.Measure(key, VectorPath.Scalar);
            TestModel? marked = reference.Elements == 0 ? null : model.Mark(key, payload, 0.05, VectorPath.Scalar);
            foreach (VectorPath path in VectorPaths.Supported)
            {
                AssertSameGroups(dtype, model.Bytes, path);
                WatermarkStatistics statistics = model.Measure(key, path);
                Assert.Equal(reference.S, statistics.S);
                Assert.Equal(reference.E, statistics.E);
                Assert.Equal(reference.R, statistics.R);
                Assert.Equal(reference.N, statistics.N);
                if (marked is not null)
                    Assert.Equal(marked.Bytes, model.Mark(key, payload, 0.05, path).Bytes);
            }
        }
    }

    private static void AssertSameGroups(DType dtype, byte[] bytes, VectorPath path)
    {
        int count = bytes.Length / GroupQuantizer.GroupLength(dtype);
        Assert.Equal(Quantize(VectorPath.Scalar), Quantize(path));

        (string U, string Negative, string Usable) Quantize(VectorPath with)
        {
            short[] u = new short[64 * count];
            ulong[] negative = new ulong[count];
            bool[] usable = new bool[count];
            GroupQuantizer.Quantize(with, dtype, bytes.AsSpan(0, count * GroupQuantizer.GroupLength(dtype)), u, negative, usable);
            return (string.Join(',', u), string.Join(',', negative), string.Join(',', usable));
        }
    }

    /// <summary>Groups of ordinary, zero, denormal, huge, infinite and arbitrary elements, mixed.</summary>
    internal static TestModel Hostile(DType dtype, int seed)
    {
        var random = new Random(seed);
        int kind = seed % 5;
        int i = 0;
        TestModel model = TestModel.Create(dtype, [[48, 100], [64, 64], [3, 11, 64]], () =>
        {
            if (i++ % 64 == 0 && seed >= 5)
                kind = random.Next(6);
            double value = TestModel.Normal(random);
            return kind switch
            {
                0 => value * 0.02,
                1 => random.Next(3) == 0 ? value : random.Next(2) == 0 ? 0.0 : -0.0,
                2 => value * dtype switch { DType.F16 => 1e-6, DType.F64 => 1e-308, _ => 1e-39 },
                3 => value * dtype switch { DType.F16 => 2e4, DType.F64 => 1e300, _ => 1e38 },
                4 => random.Next(40) == 0 ? value * 20 : value,
                _ => value,
            };
        });
        if (seed % 3 == 0)
        {
            // Arbitrary bits: NaNs and infinities among them, in some groups.
            for (int g = 0; g + 512 <= model.Bytes.Length; g += 512 * (1 + random.Next(9)))
                random.NextBytes(model.Bytes.AsSpan(g, random.Next(1, 9)));
        }

        return model;
    }
}
