using System.Diagnostics;
using System.Text.Json;
using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

/// <summary>The keys as a person lists, rotates and publishes them.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class KeysCommandTests : IDisposable
{
    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void Listing_and_exporting_make_no_key()
    {
        Cli.Outcome list = _cli.Run("keys", "list", "--json");
        Assert.Equal((0, 0), (list.Code, list.Json.GetArrayLength()));
        Assert.Equal(0, _cli.Run("keys", "list").Code);
        Cli.Outcome export = _cli.Run("keys", "export-public", "--json");
        Assert.Equal(2, export.Code);
        Assert.Equal("BW1204", export.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.False(Directory.Exists(_cli.Home));
    }

    [Fact]
    public void What_was_protected_before_a_rotation_of_every_key_opens_after_it()
    {
        byte[] model = new byte[100_000];
        new Random(3).NextBytes(model);
        File.WriteAllBytes(_cli["m.bin"], model);
        Assert.Equal(0, _cli.Run("protect", _cli["m.bin"], "--out", _cli["out"], "--post-quantum").Code);
        Dictionary<string, string> before = InUse();
        Assert.Equal(["log", "mldsa", "signing", "watermark", "wrapping"], before.Keys.Order());
        foreach (string kind in before.Keys)
        {
            Cli.Outcome rotate = _cli.Run("keys", "rotate", kind, "--json");
            Assert.True(rotate.Code == 0, rotate.ToString());
            Assert.Equal(kind, rotate.Json.GetProperty("kind").GetString());
        }

        Dictionary<string, string> after = InUse();
        Assert.All(before, old => Assert.NotEqual(old.Value, after[old.Key]));
        JsonElement all = _cli.Run("keys", "list", "--json").Json;
        Assert.Equal(10, all.GetArrayLength());
        Assert.All(before, old => Assert.Contains(all.EnumerateArray(), k => k.GetProperty("id").GetString() == old.Value && !k.GetProperty("inUse").GetBoolean()));

        Assert.Equal(0, _cli.Run("verify", _cli["out/m.bin.enc"]).Code);
        Assert.Equal(0, _cli.Run("open", _cli["out/m.bin.enc"], "--out", _cli["opened"]).Code);
        Assert.Equal(model, File.ReadAllBytes(_cli["opened"]));
        Assert.True(_cli.Run("log", "verify", "--json").Json.GetProperty("intact").GetBoolean());
        JsonElement entries = _cli.Run("log", "show", "--json").Json;
        Assert.Equal(5, entries.EnumerateArray().Count(e => e.GetProperty("action").GetString() == "key.rotated"));

        // Gone is gone: without the old key-encryption key nothing opens, and no new key takes its place.
        File.Copy(Path.Combine(_cli.Home, "keys", "wrapping.json"), _cli["kept.json"]);
        File.WriteAllText(Path.Combine(_cli.Home, "keys", "wrapping.json"), "");
        Cli.Outcome lost = _cli.Run("open", _cli["out/m.bin.enc"], "--out", _cli["again"], "--json");
        Assert.Equal("BW1205", lost.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.Empty(File.ReadAllBytes(Path.Combine(_cli.Home, "keys", "wrapping.json")));
    }

    [Fact]
    public void A_key_that_others_could_read_is_refused_with_the_command_that_mends_it()
    {
        Assert.Equal(0, _cli.Run("keys", "rotate", "signing").Code);
        string log = Path.Combine(_cli.Home, "keys", "log.pem");
        File.SetUnixFileMode(log, File.GetUnixFileMode(log) | UnixFileMode.GroupRead);
        Cli.Outcome refused = _cli.Run("log", "verify");
        Assert.Equal(1, refused.Code);
        Assert.Contains($"chmod 600 {log}", refused.Error, StringComparison.Ordinal);
        Assert.Contains("[BW1202]", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_generous_umask_opens_nothing_to_the_group()
    {
        ProcessStartInfo start = _cli.StartInfo("keys", "rotate", "signing");
        start.ArgumentList.Insert(0, start.FileName);
        foreach (string argument in new[] { "sh", "umask 0002; exec \"$@\"", "-c" })
            start.ArgumentList.Insert(0, argument);
        start.FileName = "sh";
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        foreach (string folder in new[] { "", "keys", "keys/signing", "audit" })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(_cli.Home, folder)));
    }

    [Fact]
    public async Task A_server_that_was_started_before_the_keys_were_rotated_goes_on_with_the_new_ones()
    {
        Directory.CreateDirectory(_cli["in"]);
        using Process serve = _cli.Start("serve", "--incoming", _cli["in"], "--out", _cli["out"], "--settle", "0.1");
        try
        {
            Assert.StartsWith("Watching", await serve.StandardError.ReadLineAsync(), StringComparison.Ordinal);
            Assert.Equal(0, _cli.Run("keys", "rotate", "log").Code);
            Assert.Equal(0, _cli.Run("keys", "rotate", "signing").Code);
            File.WriteAllBytes(_cli["in/m.bin"], [1, 2, 3]);
            Assert.StartsWith("protected m.bin", await serve.StandardError.ReadLineAsync(), StringComparison.Ordinal);
        }
        finally
        {
            serve.Kill();
        }

        Assert.Equal(0, _cli.Run("verify", _cli["out/m.bin.enc"]).Code);
        Assert.Equal(3, _cli.Run("log", "verify", "--json").Json.GetProperty("size").GetInt64());
    }

    [Fact]
    public void A_kind_that_does_not_exist_or_has_no_public_half_is_wrong_usage()
    {
        Assert.Equal(2, _cli.Run("keys", "rotate", "door").Code);
        Assert.Equal(2, _cli.Run("keys", "export-public", "wrapping").Code);
        Assert.Equal(2, _cli.Run("keys", "rotate").Code);
    }

    [Fact]
    public void The_exported_key_verifies_what_was_signed_on_another_machine()
    {
        File.WriteAllBytes(_cli["m.bin"], [1, 2, 3]);
        Assert.Equal(0, _cli.Run("sign", _cli["m.bin"], "--signature", _cli["m.sig"]).Code);
        File.WriteAllText(_cli["pub.pem"], _cli.Run("keys", "export-public").Output);
        Assert.Equal(0, _cli.Run("keys", "rotate", "signing").Code);
        Assert.Equal(0, _cli.Run("verify-signature", _cli["m.bin"], "--signature", _cli["m.sig"], "--public-key", _cli["pub.pem"]).Code);
        File.WriteAllText(_cli["pub.pem"], _cli.Run("keys", "export-public").Output);
        Assert.Equal(1, _cli.Run("verify-signature", _cli["m.bin"], "--signature", _cli["m.sig"], "--public-key", _cli["pub.pem"]).Code);
    }

    [ProgramFact("openssl")]
    public void Openssl_reads_the_exported_keys()
    {
        Assert.Equal(0, _cli.Run("keys", "rotate", "signing").Code);
        foreach ((string kind, string expected) in new[] { ("signing", "prime256v1"), ("log", "ED25519 Public-Key") })
        {
            string pem = _cli.Run("keys", "export-public", kind).Output;
            Assert.Equal(pem, _cli.Run("keys", "export-public", kind, "--json").Json.GetProperty("pem").GetString());
            File.WriteAllText(_cli["pub.pem"], pem);
            using Process openssl = Process.Start(new ProcessStartInfo("openssl", ["pkey", "-pubin", "-in", _cli["pub.pem"], "-noout", "-text"]) { RedirectStandardOutput = true })!;
            Assert.Contains(expected, openssl.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
            openssl.WaitForExit();
            Assert.Equal(0, openssl.ExitCode);
        }
    }

    private Dictionary<string, string> InUse() => _cli.Run("keys", "list", "--json").Json.EnumerateArray()
        .Where(k => k.GetProperty("inUse").GetBoolean())
        .ToDictionary(k => k.GetProperty("kind").GetString()!, k => k.GetProperty("id").GetString()!);
}
