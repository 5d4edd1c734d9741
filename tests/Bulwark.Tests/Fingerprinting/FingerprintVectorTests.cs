using System.Text.Json;
using Bulwark.Fingerprinting;
using Bulwark.Testing;
using Bulwark.Tests.Watermarking;

namespace Bulwark.Tests.Fingerprinting;

/// <summary>The published vectors: exact roots and A to the bit, B and C (floating point) within two bits.</summary>
public sealed class FingerprintVectorTests
{
    [DataTheory]
    [InlineData("kmm64-in.safetensors", "in_")]
    [InlineData("kmm64-out.safetensors", "out")]
    public void The_roots_and_the_robust_bits_are_the_published_ones(string file, string name)
    {
        Fingerprint fingerprint = ModelPrint.Of(TestModel.Read(SharedData.PathOf("watermark", file)));
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("watermark", "fingerprint-fragile-vectors.json")));
        JsonElement exact = vectors.RootElement.GetProperty("exact").GetProperty(name);
        Assert.Equal(exact.GetProperty("contentRoot").GetString(), Convert.ToHexStringLower(fingerprint.Exact.ContentRoot.Span));
        Assert.Equal(exact.GetProperty("namedRoot").GetString(), Convert.ToHexStringLower(fingerprint.Exact.NamedRoot.Span));
        JsonElement robust = vectors.RootElement.GetProperty("robust");
        Assert.Equal(robust.GetProperty("bitsA").GetInt32(), fingerprint.Robust!.BitsA);
        Assert.Equal(robust.GetProperty(name).GetProperty("A").GetString(), Convert.ToHexStringLower(fingerprint.Robust.A));
        Assert.InRange(RobustFingerprint.Hamming(fingerprint.Robust.B, Convert.FromHexString(robust.GetProperty(name).GetProperty("B").GetString()!)) * 2016, 0, 2);
        Assert.InRange(RobustFingerprint.Hamming(fingerprint.Robust.C, Convert.FromHexString(robust.GetProperty(name).GetProperty("C").GetString()!)) * 2016, 0, 2);
    }
}
