using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

/// <summary>The main job as a person runs it.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MainJobTests : IDisposable
{
    private static readonly string Sample = Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");

    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_model_is_protected_verified_and_opened()
    {
        Cli.Outcome protect = _cli.Run("protect", Sample, "--out", _cli["out"], "--json");
        Assert.True(protect.Code == 0, protect.ToString());
        Assert.Equal("safetensors", protect.Json.GetProperty("format").GetString());
        foreach (string part in new[] { "enc", "enc.json", "sig", "claims.jsonl" })
            Assert.True(File.Exists(_cli[$"out/mnist-mlp.safetensors.{part}"]), part);

        Cli.Outcome verify = _cli.Run("verify", _cli["out/mnist-mlp.safetensors.enc"], "--json");
        Assert.True(verify.Code == 0, verify.ToString());
        Cli.Outcome open = _cli.Run("open", _cli["out/mnist-mlp.safetensors.enc"], "--out", _cli["opened.safetensors"]);
        Assert.True(open.Code == 0, open.ToString());
        string digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(_cli["opened.safetensors"])));
        Assert.Equal(protect.Json.GetProperty("sha256").GetString(), digest);
        Assert.Equal(digest, verify.Json.GetProperty("sha256").GetString());
        Assert.Equal(0, _cli.Run("inspect", _cli["opened.safetensors"]).Code);
    }

    [Fact]
    public void A_range_is_opened_alone()
    {
        byte[] model = new byte[3_000_000];
        new Random(1).NextBytes(model);
        File.WriteAllBytes(_cli["m.bin"], model);
        Assert.Equal(0, _cli.Run("protect", _cli["m.bin"]).Code);
        Cli.Outcome open = _cli.Run("open", _cli["m.bin.enc"], "--out", _cli["part"], "--range", "1048000:4096");
        Assert.True(open.Code == 0, open.ToString());
        Assert.Equal(model[1_048_000..1_052_096], File.ReadAllBytes(_cli["part"]));
        Assert.Equal(2, _cli.Run("open", _cli["m.bin.enc"], "--out", _cli["part2"], "--range", "2999999:2").Code);
        Assert.Equal(2, _cli.Run("open", _cli["m.bin.enc"], "--out", _cli["part2"], "--range", "-1:2").Code);
        Assert.False(File.Exists(_cli["part2"]));
    }

    [Fact]
    public void An_altered_body_is_refused_with_exit_code_1_and_leaves_no_output()
    {
        File.WriteAllBytes(_cli["m.bin"], new byte[2_500_000]);
        Assert.Equal(0, _cli.Run("protect", _cli["m.bin"]).Code);
        using (FileStream body = File.Open(_cli["m.bin.enc"], FileMode.Open))
        {
            body.Position = 2_400_000;
            body.WriteByte((byte)(body.ReadByte() ^ 1));
        }

        Cli.Outcome open = _cli.Run("open", _cli["m.bin.enc"], "--out", _cli["opened"], "--json");
        Assert.Equal(1, open.Code);
        Assert.Equal("BW1905", open.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.False(File.Exists(_cli["opened"]));
        Assert.Equal(1, _cli.Run("verify", _cli["m.bin.enc"]).Code);
    }

    [Theory]
    [InlineData(2, "BW1001", "protect", "missing.safetensors")]
    [InlineData(2, "BW1001", "verify", "missing.enc")]
    [InlineData(2, "BW2005", "verify", "present.bin")]
    [InlineData(1, "BW2008", "protect", "empty.bin")]
    [InlineData(2, "BW1008", "protect", "folder")]
    [InlineData(2, "BW1008", "protect", "link.bin")]
    [InlineData(2, "BW1008", "protect", "/dev/zero")]
    public void Bad_input_gets_a_code_and_a_remedy(int exitCode, string code, string command, string path)
    {
        File.WriteAllBytes(_cli["present.bin"], [1, 2, 3]);
        File.WriteAllBytes(_cli["empty.bin"], []);
        Directory.CreateDirectory(_cli["folder"]);
        File.CreateSymbolicLink(_cli["link.bin"], _cli["present.bin"]);
        Cli.Outcome outcome = _cli.Run(command, Path.Combine(_cli.Folder, path));
        Assert.Equal(exitCode, outcome.Code);
        Assert.Contains($"[{code}]", outcome.Error, StringComparison.Ordinal);
        Assert.True(outcome.Error.Trim().Split('\n').Length >= 2, outcome.Error);
    }

    [Theory]
    [InlineData]
    [InlineData("no-such-command")]
    [InlineData("protect")]
    [InlineData("protect", "a", "b")]
    [InlineData("open", "a.enc")]
    public void Wrong_usage_is_exit_code_2(params string[] arguments) => Assert.Equal(2, _cli.Run(arguments).Code);

    [Fact]
    public void Help_names_every_command_and_ends_with_examples()
    {
        Cli.Outcome help = _cli.Run("--help");
        Assert.Equal(0, help.Code);
        foreach (string command in new[] { "protect", "verify", "open", "inspect", "serve", "completion" })
            Assert.Contains(command, help.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:", _cli.Run("protect", "--help").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_private_and_exposed_ones_are_refused()
    {
        File.WriteAllBytes(_cli["m.bin"], [1, 2, 3]);
        Assert.Equal(0, _cli.Run("protect", _cli["m.bin"]).Code);
        string[] keys = Directory.GetFiles(Path.Combine(_cli.Home, "keys"), "*", SearchOption.AllDirectories);
        Assert.NotEmpty(keys);
        Assert.All(keys, k => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(k)));
        string wrapping = keys.Single(k => k.EndsWith("wrapping.json", StringComparison.Ordinal));
        File.SetUnixFileMode(wrapping, File.GetUnixFileMode(wrapping) | UnixFileMode.GroupRead);
        Cli.Outcome outcome = _cli.Run("verify", _cli["m.bin.enc"]);
        Assert.Equal(1, outcome.Code);
        Assert.Contains("[BW1202]", outcome.Error, StringComparison.Ordinal);
    }
}
