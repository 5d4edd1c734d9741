using System.Text.Json;
using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

public sealed class ScanCommandTests : IDisposable
{
    private readonly Cli _cli = new();

    private static string Sample => Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_benign_model_is_exit_code_0_and_a_payload_1_and_an_unknown_class_3()
    {
        File.WriteAllText(_cli["evil.pkl"], "cposix\nsystem\n(S'id'\ntR.");
        File.WriteAllBytes(_cli["own.pkl"], [.. "c__main__\nModel\n)"u8, 0x81, (byte)'.']);
        Assert.Equal(0, _cli.Run("scan", Sample).Code);
        Cli.Outcome evil = _cli.Run("scan", _cli["evil.pkl"], Sample, "--json");
        Assert.True(evil.Code == 1, evil.ToString());
        JsonElement[] files = [.. evil.Json.GetProperty("files").EnumerateArray()];
        Assert.Equal(2, files.Length);
        JsonElement bad = files.Single(f => f.GetProperty("path").GetString()!.EndsWith("evil.pkl", StringComparison.Ordinal));
        Assert.Equal("malicious", bad.GetProperty("verdict").GetString());
        Assert.NotEmpty(bad.GetProperty("findings").EnumerateArray());
        Assert.Equal(3, _cli.Run("scan", _cli["own.pkl"]).Code);
        Assert.Equal(2, _cli.Run("scan", _cli["missing"]).Code);
    }

    [Fact]
    public void The_findings_are_written_as_SARIF()
    {
        File.WriteAllText(_cli["evil.pkl"], "cposix\nsystem\n(S'id'\ntR.");
        Assert.Equal(1, _cli.Run("scan", _cli["evil.pkl"], "--sarif", _cli["out.sarif"]).Code);
        using JsonDocument sarif = JsonDocument.Parse(File.ReadAllBytes(_cli["out.sarif"]));
        Assert.Equal("2.1.0", sarif.RootElement.GetProperty("version").GetString());
        Assert.NotEmpty(sarif.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray());
    }

    [Fact]
    public void What_would_run_code_is_not_protected_and_the_refusal_is_on_record()
    {
        File.WriteAllText(_cli["evil.pkl"], "cposix\nsystem\n(S'id'\ntR.");
        Cli.Outcome refused = _cli.Run("protect", _cli["evil.pkl"], "--out", _cli["out"]);
        Assert.Equal(1, refused.Code);
        Assert.Contains("[BW2011]", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_cli["out"]) && Directory.EnumerateFileSystemEntries(_cli["out"]).Any());
        Assert.Contains("model.quarantined", _cli.Run("log", "show", "--json").Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(_cli["evil.pkl"]), File.ReadAllBytes(Assert.Single(Directory.GetFiles(_cli["home/quarantine"], "*.quarantined"))));
        Assert.Single(Directory.GetFiles(_cli["home/quarantine"], "*.finding.json"));

        File.WriteAllBytes(_cli["own.pkl"], [.. "c__main__\nModel\n)"u8, 0x81, (byte)'.']);
        Assert.Contains("[BW2013]", _cli.Run("protect", _cli["own.pkl"], "--out", _cli["out"]).Error, StringComparison.Ordinal);
        Cli.Outcome allowed = _cli.Run("protect", _cli["own.pkl"], "--out", _cli["out"], "--allow-suspicious");
        Assert.True(allowed.Code == 0, allowed.ToString());
        Assert.Equal(0, _cli.Run("verify", _cli["out/own.pkl.enc"]).Code);
    }

    [Fact]
    public void The_quarantine_can_be_elsewhere_is_for_its_owner_only_and_nothing_in_it_is_protected()
    {
        File.WriteAllText(_cli["evil.pkl"], "cposix\nsystem\n(S'id'\ntR.");
        Cli.Outcome refused = _cli.Run("protect", _cli["evil.pkl"], "--quarantine", _cli["aside"], "--json");
        Assert.Equal(1, refused.Code);
        string copy = Assert.Single(Directory.GetFiles(_cli["aside"], "*.quarantined"));
        Assert.Contains(copy, refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_cli["home/quarantine"]));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_cli["aside"]));

        Assert.Contains("[BW2014]", _cli.Run("protect", copy, "--quarantine", _cli["aside"]).Error, StringComparison.Ordinal);
        Assert.Equal(2, _cli.Run("protect", _cli["evil.pkl"], "--quarantine", _cli["evil.pkl"]).Code);
        Assert.Equal(2, _cli.Run("serve", "--incoming", _cli["aside"], "--quarantine", _cli["aside/below"]).Code);
        Assert.Equal(2, _cli.Run("serve", "--incoming", _cli["home"]).Code);
    }
}
