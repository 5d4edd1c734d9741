using System.Collections;
using System.Text.Json;
using Bulwark.Audit;
using Bulwark.Fingerprinting;
using Bulwark.Models;
using Bulwark.Testing;
using Bulwark.Tests.Watermarking;
using Bulwark.Watermarking;

namespace Bulwark.Tests.Fingerprinting;

/// <summary>The vectors of the NumPy prototype.</summary>
public sealed class FingerprintVectorTests
{
    public static TheoryData<string, string> Files => new() { { "kmm64-in.safetensors", "in_" }, { "kmm64-out.safetensors", "out" } };

    [DataTheory]
    [MemberData(nameof(Files))]
    public void The_exact_roots_are_those_of_the_prototype(string file, string key)
    {
        TestModel model = TestModel.Read(SharedData.PathOf("watermark", file));
        JsonElement expected = Vectors.GetProperty("exact").GetProperty(key);
        ExactFingerprint exact = Fingerprints.Of(model).Exact;
        Assert.Equal(expected.GetProperty("contentRoot").GetString(), exact.ContentRoot.ToString());
        Assert.Equal(expected.GetProperty("namedRoot").GetString(), exact.NamedRoot.ToString());
        foreach (TensorInfo tensor in model.Tensors)
        {
            MerkleHash leaf = ExactFingerprintBuilder.HashTensor(tensor, MerkleTree.HashLeaf(model.Bytes.AsSpan((int)tensor.Offset, (int)tensor.Length)));
            Assert.Equal(expected.GetProperty("tensorLeaf").GetProperty(tensor.Name).GetString(), leaf.ToString());
        }
    }

    [DataTheory]
    [MemberData(nameof(Files))]
    public void The_robust_bits_are_those_of_the_prototype(string file, string key)
    {
        TestModel model = TestModel.Read(SharedData.PathOf("watermark", file));
        JsonElement expected = Vectors.GetProperty("robust").GetProperty(key);
        foreach (VectorPath path in VectorPaths.Supported)
        {
            RobustFingerprint robust = Fingerprints.Of(model, path).Robust;
            Assert.Equal(Vectors.GetProperty("robust").GetProperty("bitsA").GetInt32(), robust.BitsA);
            Assert.Equal(expected.GetProperty("A").GetString(), Convert.ToHexStringLower(robust.A));
            // Floating point: a sum that is all but zero may fall on either side.
            Assert.InRange(Differing(robust.B, expected.GetProperty("B").GetString()!), 0, 2);
            Assert.InRange(Differing(robust.C, expected.GetProperty("C").GetString()!), 0, 2);
        }
    }

    [DataFact]
    public void The_distances_are_those_of_the_prototype()
    {
        RobustFingerprint before = Fingerprints.Of(TestModel.Read(SharedData.PathOf("watermark", "kmm64-in.safetensors"))).Robust;
        RobustFingerprint after = Fingerprints.Of(TestModel.Read(SharedData.PathOf("watermark", "kmm64-out.safetensors"))).Robust;
        FingerprintComparison comparison = FingerprintComparison.Of(before, after);
        double[] expected = [.. Vectors.GetProperty("robust").GetProperty("distanceInOut").EnumerateArray().Select(d => d.GetDouble())];
        Assert.Equal(FingerprintVerdict.Derived, comparison.Verdict);
        Assert.Equal(expected[0], comparison.A!.Value, 4);
        Assert.Equal(expected[1], comparison.B!.Value, tolerance: 2.0 / RobustFingerprint.GramBits + 1e-4);
        Assert.Equal(expected[2], comparison.C!.Value, tolerance: 2.0 / RobustFingerprint.GramBits + 1e-4);
    }

    private static JsonElement Vectors => JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("watermark", "fingerprint-fragile-vectors.json"))).RootElement;

    private static int Differing(ReadOnlySpan<byte> actual, string expected)
    {
        BitArray difference = new BitArray(actual.ToArray()).Xor(new BitArray(Convert.FromHexString(expected)));
        return difference.Cast<bool>().Count(b => b);
    }
}
