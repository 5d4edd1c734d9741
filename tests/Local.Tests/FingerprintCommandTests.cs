using System.Text.Json;
using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

/// <summary>Fingerprints as a person takes and compares them.</summary>
public sealed class FingerprintCommandTests : IDisposable
{
    private static readonly string Sample = Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");

    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_fingerprint_is_printed_saved_and_compared_in_place_of_its_model()
    {
        Cli.Outcome taken = _cli.Run("fingerprint", Sample, "--out", _cli["m.bwfp"], "--json");
        Assert.True(taken.Code == 0, taken.ToString());
        Assert.Equal(64, taken.Json.GetProperty("contentRoot").GetString()!.Length);
        Assert.Equal(64, taken.Json.GetProperty("namedRoot").GetString()!.Length);
        byte[] saved = File.ReadAllBytes(_cli["m.bwfp"]);
        Assert.Equal(1600, saved.Length);
        Assert.Equal(Convert.ToBase64String(saved), taken.Json.GetProperty("robust").GetString());
        Assert.Contains(taken.Json.GetProperty("contentRoot").GetString()!, _cli.Run("fingerprint", Sample).Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_cli.Home)); // no key was needed

        JsonElement same = Compare(0, Sample, _cli["m.bwfp"]);
        Assert.Equal("identical", same.GetProperty("verdict").GetString());
        Assert.True(same.GetProperty("sameNames").GetBoolean());
        Assert.Equal(0, same.GetProperty("a").GetDouble());

        // Nothing is replaced unasked.
        Assert.Equal(2, _cli.Run("fingerprint", Sample, "--out", _cli["m.bwfp"]).Code);
        Assert.Equal(0, _cli.Run("fingerprint", Sample, "--out", _cli["m.bwfp"], "--force").Code);
    }

    [Fact]
    public void A_marked_copy_is_derived_and_another_model_independent()
    {
        Assert.Equal(0, _cli.Run("watermark", "embed", Sample, "--out", _cli["marked.safetensors"]).Code);
        JsonElement derived = Compare(0, Sample, _cli["marked.safetensors"]);
        Assert.Equal("derived", derived.GetProperty("verdict").GetString());
        Assert.InRange(derived.GetProperty("a").GetDouble(), 0, 0.05);
        Assert.InRange(derived.GetProperty("b").GetDouble(), 0, 0.05);
        Assert.InRange(derived.GetProperty("c").GetDouble(), 0, 0.05);

        File.WriteAllBytes(_cli["other.safetensors"], Matrix(1000, 1000, 3));
        JsonElement independent = Compare(1, Sample, _cli["other.safetensors"]);
        Assert.Equal("independent", independent.GetProperty("verdict").GetString());
        Assert.Contains("Independent", _cli.Run("compare", Sample, _cli["other.safetensors"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Models_with_nothing_to_compare_are_left_to_a_person()
    {
        File.WriteAllBytes(_cli["a.safetensors"], SampleModel.Make(100, 1));
        File.WriteAllBytes(_cli["b.safetensors"], SampleModel.Make(100, 2));
        JsonElement comparison = Compare(3, _cli["a.safetensors"], _cli["b.safetensors"]);
        Assert.Equal("incomparable", comparison.GetProperty("verdict").GetString());
        Assert.False(comparison.TryGetProperty("a", out _));
    }

    [Fact]
    public void What_is_no_model_and_no_fingerprint_is_refused_with_its_code()
    {
        Assert.Equal(0, _cli.Run("fingerprint", Sample, "--out", _cli["m.bwfp"]).Code);
        byte[] good = File.ReadAllBytes(_cli["m.bwfp"]);
        File.WriteAllBytes(_cli["long.bwfp"], [.. good, 0]);
        File.WriteAllBytes(_cli["short.bwfp"], good[..100]);
        File.WriteAllBytes(_cli["flipped.bwfp"], [.. good[..700], (byte)(good[700] ^ 1), .. good[701..]]);
        File.WriteAllBytes(_cli["newer.bwfp"], [.. good[..8], 2, .. good[9..]]);
        File.WriteAllBytes(_cli["m.bin"], new byte[100]);
        foreach ((string file, string code) in new[]
        {
            ("long.bwfp", "BW1701"), ("short.bwfp", "BW1701"), ("flipped.bwfp", "BW1701"), ("newer.bwfp", "BW1703"), ("m.bin", "BW1702"),
        })
        {
            Assert.Equal(code, Compare(1, _cli["m.bwfp"], _cli[file]).GetProperty("error").GetProperty("code").GetString());
        }

        Assert.Equal("BW1001", Compare(2, Sample, _cli["missing"]).GetProperty("error").GetProperty("code").GetString());
    }

    private static byte[] Matrix(int rows, int columns, int seed)
    {
        byte[] flat = SampleModel.Make(rows * columns, seed);
        byte[] header = SampleModel.Header($$"""{"w":{"dtype":"F32","shape":[{{rows}},{{columns}}],"data_offsets":[0,{{rows * columns * 4L}}] } }""");
        return [.. header, .. flat[^(rows * columns * 4)..]];
    }

    private JsonElement Compare(int code, string first, string second)
    {
        Cli.Outcome outcome = _cli.Run("compare", first, second, "--json");
        Assert.True(outcome.Code == code, outcome.ToString());
        return outcome.Json;
    }
}
