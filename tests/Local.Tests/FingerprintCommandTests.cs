using System.Buffers.Binary;
using System.Text.Json;
using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

public sealed class FingerprintCommandTests : IDisposable
{
    private readonly Cli _cli = new();

    private static string Sample => Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_watermarked_model_is_derived_from_its_source_and_another_one_is_independent()
    {
        Assert.Equal(0, _cli.Run("watermark", "embed", Sample, "--out", _cli["marked.safetensors"]).Code);
        Cli.Outcome derived = _cli.Run("compare", Sample, _cli["marked.safetensors"], "--json");
        Assert.True(derived.Code == 0, derived.ToString());
        Assert.Equal("derived", derived.Json.GetProperty("verdict").GetString());
        Assert.InRange(derived.Json.GetProperty("a").GetDouble(), 0.0001, 0.05);

        byte[] other = File.ReadAllBytes(Sample);
        int start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(other);
        Random random = new(7);
        for (int i = start; i < other.Length; i += 4)
            BinaryPrimitives.WriteSingleLittleEndian(other.AsSpan(i), (float)(random.NextDouble() + random.NextDouble() - 1));
        File.WriteAllBytes(_cli["other.safetensors"], other);
        Cli.Outcome independent = _cli.Run("compare", Sample, _cli["other.safetensors"], "--json");
        Assert.Equal(1, independent.Code);
        Assert.Equal("independent", independent.Json.GetProperty("verdict").GetString());
    }

    [Fact]
    public void A_saved_fingerprint_stands_for_its_model_and_is_the_one_in_the_signed_claim()
    {
        Cli.Outcome taken = _cli.Run("fingerprint", Sample, "--out", _cli["m.fingerprint"], "--json");
        Assert.True(taken.Code == 0, taken.ToString());
        Assert.Equal(1600, new FileInfo(_cli["m.fingerprint"]).Length);
        Assert.Equal("identical", _cli.Run("compare", _cli["m.fingerprint"], Sample, "--json").Json.GetProperty("verdict").GetString());
        Assert.Equal(2, _cli.Run("fingerprint", Sample, "--out", _cli["m.fingerprint"]).Code);

        Cli.Outcome result = _cli.Run("protect", Sample, "--out", _cli["out"], "--no-watermark", "--json");
        Assert.Equal(taken.Json.GetProperty("contentRoot").GetString(), result.Json.GetProperty("contentRoot").GetString());
        string claims = File.ReadAllText(_cli["out/mnist-mlp.safetensors.claims.jsonl"]);
        string statement = claims.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("dsseEnvelope").GetProperty("payload").GetBytesFromBase64())
            .Select(System.Text.Encoding.UTF8.GetString)
            .Single(s => s.Contains("claims/fingerprint/v1", StringComparison.Ordinal));
        JsonElement predicate = JsonDocument.Parse(statement).RootElement.GetProperty("predicate");
        Assert.Equal(File.ReadAllBytes(_cli["m.fingerprint"]), predicate.GetProperty("robust").GetBytesFromBase64());
    }

    [Fact]
    public void A_file_without_tensors_has_no_fingerprint()
    {
        File.WriteAllText(_cli["notes.txt"], "no model");
        Cli.Outcome outcome = _cli.Run("fingerprint", _cli["notes.txt"]);
        Assert.Equal(1, outcome.Code);
        Assert.Contains("[BW1702]", outcome.Error, StringComparison.Ordinal);
    }
}
