using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

/// <summary>Bad input, bad places and bad luck: each gets a code, and nothing is lost.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HostileInputTests : IDisposable
{
    private readonly Cli _cli = new();

    public static TheoryData<string, byte[], int, string> BadModels => new()
    {
        { "empty.bin", [], 1, "BW2008" },
        { "empty.safetensors", [], 1, "BW2008" },
        { "short.safetensors", [9, 9, 9], 1, "BW1401" },
        { "huge-header.safetensors", [0, 0, 0, 0, 1, 0, 0, 0, (byte)'{', (byte)'}'], 1, "BW1402" },
        { "endless-header.safetensors", [255, 255, 255, 255, 255, 255, 255, 255, (byte)'{', (byte)'}'], 1, "BW1402" },
        { "cut.safetensors", SampleModel.Make(1000, 1)[..40], 1, "BW1403" },
        { "missing-data.safetensors", SampleModel.Make(1000, 1)[..2000], 1, "" },
        { "trailing.safetensors", [.. SampleModel.Make(1000, 1), 0], 1, "" },
        { "not-utf8.safetensors", [.. SampleModel.Header("{\"\0\":1}").Select(b => b == 0 ? (byte)0xff : b)], 1, "" },
    };

    public void Dispose() => _cli.Dispose();

    [Theory]
    [MemberData(nameof(BadModels))]
    public void A_bad_model_is_refused_and_stays_where_it_is(string name, byte[] model, int exitCode, string code)
    {
        File.WriteAllBytes(_cli[name], model);
        Expect(exitCode, code, "protect", _cli[name], "--out", _cli["out"], "--delete-source");
        Assert.Equal(model, File.ReadAllBytes(_cli[name]));
        Assert.False(Directory.Exists(_cli["out"]) && Directory.EnumerateFileSystemEntries(_cli["out"]).Any());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"__metadata__":{"a":"b"}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""")]
    public void A_model_without_weights_is_protected_all_the_same(string header) => RoundTrip("none.safetensors", SampleModel.Header(header));

    [Theory]
    [InlineData("m.enc")]
    [InlineData("m.enc.json")]
    [InlineData("m.sig")]
    [InlineData(".hidden")]
    [InlineData("-rf")]
    [InlineData("a b'$(x)`;\".bin")]
    [InlineData("Modell-\u00fc-\u6a21\u578b-\U0001F600")]
    public void An_odd_name_is_protected_like_any_other(string name) => RoundTrip(name, [1, 2, 3]);

    [Fact]
    public void The_longest_name_that_leaves_room_for_its_companions_is_protected_and_a_longer_one_is_refused_at_once()
    {
        RoundTrip(new string('n', 255 - ".claims.jsonl".Length), [1, 2, 3]);
        foreach (int length in new[] { 243, 251, 255 })
        {
            string name = _cli[new string('n', length)];
            File.WriteAllBytes(name, [1]);
            Expect(2, "BW2007", "protect", name, "--out", _cli["none"]);
            Assert.False(Directory.Exists(_cli["none"]));
        }
    }

    [Fact]
    public void A_name_that_is_not_UTF_8_is_said_not_to_be_there()
    {
        Cli.Outcome outcome = _cli.Bash("printf x > $'a\\xff.bin'; bulwark protect $'a\\xff.bin'");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("[BW1001]", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Places_that_cannot_be_written_are_named()
    {
        File.WriteAllBytes(_cli["m.bin"], [1, 2, 3]);
        File.WriteAllBytes(_cli["file"], []);
        Assert.Equal(2, Expect(2, "", "protect", _cli["m.bin"], "--out", _cli["file"]).Code);
        Assert.Equal(2, Expect(2, "", "protect", _cli["m.bin"], "--out", _cli["file/below"]).Code);
        Assert.Equal(2, Expect(2, "", "protect", _cli["m.bin"], "--out", "/proc/none").Code);
        Assert.Equal(0, _cli.Run("protect", _cli["m.bin"], "--out", _cli["made/on/the/way/"]).Code);
        Expect(2, "", "open", _cli["made/on/the/way/m.bin.enc"], "--out", _cli["file/below"]);
        Expect(2, "BW1008", "open", _cli["made/on/the/way/m.bin.enc"], "--out", "/dev/null", "--force");
        Expect(2, "BW9002", "open", _cli["made/on/the/way/m.bin.enc"], "--out", _cli["m.bin"]);
        Expect(2, "BW9001", "open", _cli["made/on/the/way/m.bin.enc"], "--out", _cli["made/on/the/way/m.bin.sig"], "--force");
        Assert.Equal(0, _cli.Run("verify", _cli["made/on/the/way/m.bin.enc"]).Code);
    }

    [Fact]
    public void What_stands_in_the_way_is_not_lost()
    {
        Directory.CreateDirectory(_cli["a"]);
        Directory.CreateDirectory(_cli["b"]);
        File.WriteAllBytes(_cli["a/m.bin"], [1, 1, 1]);
        File.WriteAllBytes(_cli["b/m.bin"], [2, 2, 2]);
        Assert.Equal(0, _cli.Run("protect", _cli["a/m.bin"], "--out", _cli["out"], "--delete-source").Code);
        Assert.False(File.Exists(_cli["a/m.bin"]));
        Expect(2, "BW2010", "protect", _cli["b/m.bin"], "--out", _cli["out"], "--delete-source");
        Assert.True(File.Exists(_cli["b/m.bin"]));
        Assert.Equal(0, _cli.Run("open", _cli["out/m.bin.enc"], "--out", _cli["opened"]).Code);
        Assert.Equal([1, 1, 1], File.ReadAllBytes(_cli["opened"]));
        Expect(2, "BW1001", "protect", _cli["a/m.bin"], "--out", _cli["out"]);
    }

    [Fact]
    public void Parts_of_another_model_another_version_and_another_users_keys_are_refused()
    {
        File.WriteAllBytes(_cli["a.bin"], new byte[100_000]);
        File.WriteAllBytes(_cli["b.bin"], new byte[100_000]);
        Assert.Equal(0, _cli.Run("protect", _cli["a.bin"]).Code);
        Assert.Equal(0, _cli.Run("protect", _cli["b.bin"]).Code);
        string sidecar = File.ReadAllText(_cli["a.bin.enc.json"]);

        File.Copy(_cli["b.bin.enc.json"], _cli["a.bin.enc.json"], overwrite: true);
        ExpectNothingOpened(1, "", "a.bin.enc");
        File.WriteAllText(_cli["a.bin.enc.json"], sidecar.Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal));
        ExpectNothingOpened(1, "BW1908", "a.bin.enc");
        File.WriteAllText(_cli["a.bin.enc.json"], sidecar.Replace("bulwark/v1/a.bin", "bulwark/v1/b.bin", StringComparison.Ordinal));
        ExpectNothingOpened(1, "BW2004", "a.bin.enc");
        File.WriteAllText(_cli["a.bin.enc.json"], sidecar);

        // All four parts of a under b's name.
        foreach (string part in new[] { "enc", "enc.json", "sig", "claims.jsonl" })
            File.Copy(_cli[$"a.bin.{part}"], _cli[$"c.bin.{part}"]);
        ExpectNothingOpened(1, "BW1803", "c.bin.enc");

        using FileStream body = File.Open(_cli["b.bin.enc"], FileMode.Open);
        body.SetLength(body.Length - 1);
        body.Dispose();
        ExpectNothingOpened(1, "BW1903", "b.bin.enc");
        File.AppendAllText(_cli["b.bin.enc"], "xy");
        ExpectNothingOpened(1, "BW1904", "b.bin.enc");

        Cli.Outcome stranger = _cli.Bash($"BULWARK_HOME='{_cli["other"]}' bulwark open a.bin.enc --out opened");
        Assert.Equal(1, stranger.Code);
        Assert.Contains("[BW1802]", stranger.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_cli["opened"]));
        Assert.Equal(0, _cli.Run("verify", _cli["a.bin.enc"]).Code);
    }

    [Fact]
    public void A_source_that_may_not_be_read_is_said_to_be_so()
    {
        File.WriteAllBytes(_cli["m.bin"], [1]);
        File.SetUnixFileMode(_cli["m.bin"], UnixFileMode.None);
        // Root may read everything, so it becomes nobody first.
        Cli.Outcome outcome = _cli.Bash(
            """
            if [ "$(id -u)" != 0 ]; then exec bulwark protect m.bin --out out; fi
            chmod 777 . ; exec setpriv --reuid=65534 --regid=65534 --clear-groups bulwark protect "$PWD/m.bin" --out out
            """);
        Assert.True(outcome.Code == 2 && outcome.Error.Contains("[BW1007]", StringComparison.Ordinal), outcome.ToString());
    }

    [RootFact]
    public void A_full_disk_loses_neither_the_source_nor_what_was_protected_before()
    {
        File.WriteAllBytes(_cli["m.bin"], new byte[3 << 20]);
        OnDisk("size=8m", disk =>
        {
            Assert.Equal(0, _cli.Run("protect", _cli["m.bin"], "--out", disk).Code);
            File.WriteAllBytes(_cli["m.bin"], [.. Enumerable.Repeat((byte)1, 6 << 20)]);
            Expect(2, "BW1006", "protect", _cli["m.bin"], "--out", disk, "--delete-source");
            Assert.True(File.Exists(_cli["m.bin"]));
            Assert.Equal(4, Directory.GetFileSystemEntries(disk).Length);
            File.WriteAllBytes(Path.Combine(disk, "filler"), new byte[3 << 20]);
            Expect(2, "BW1006", "open", Path.Combine(disk, "m.bin.enc"), "--out", Path.Combine(disk, "opened"));
            Assert.False(File.Exists(Path.Combine(disk, "opened")));
            Assert.Equal(0, _cli.Run("open", Path.Combine(disk, "m.bin.enc"), "--out", _cli["opened"]).Code);
            Assert.Equal(new byte[3 << 20], File.ReadAllBytes(_cli["opened"]));
        });
    }

    [RootFact]
    public void Disks_that_may_not_be_written_and_homes_that_are_full_are_named()
    {
        File.WriteAllBytes(_cli["m.bin"], [1, 2, 3]);
        OnDisk("ro", disk =>
        {
            Expect(2, "BW1007", "protect", _cli["m.bin"], "--out", disk);
            Expect(2, "BW1007", "protect", _cli["m.bin"], "--out", Path.Combine(disk, "below"));
            Cli.Outcome home = _cli.Bash($"BULWARK_HOME='{disk}/home' bulwark protect m.bin --out out");
            Assert.True(home.Code == 2 && home.Error.Contains("[BW", StringComparison.Ordinal) && !home.Error.Contains("BW9099", StringComparison.Ordinal), home.ToString());
        });
        OnDisk("size=64k", disk =>
        {
            Cli.Outcome home = _cli.Bash($"head -c 60K /dev/zero > '{disk}/filler'; BULWARK_HOME='{disk}/home' bulwark protect m.bin --out out --delete-source");
            Assert.True(home.Code == 2 && home.Error.Contains("[BW", StringComparison.Ordinal) && !home.Error.Contains("BW9099", StringComparison.Ordinal), home.ToString());
            Assert.True(File.Exists(_cli["m.bin"]));
            Assert.False(File.Exists(_cli["out/m.bin.enc"]));
        });
    }

    [RootFact]
    public void A_home_without_room_is_called_full_and_no_model_leaves_without_a_record()
    {
        File.WriteAllBytes(_cli["m.bin"], [1, 2, 3]);
        OnDisk("size=1m,mode=700", disk =>
        {
            Cli.Outcome made = _cli.Bash($"export BULWARK_HOME='{disk}'; bulwark protect m.bin && dd if=/dev/zero of='{disk}/filler' bs=4k status=none; bulwark open m.bin.enc --out opened");
            Assert.Equal(2, made.Code);
            Assert.Contains("[BW1106]", made.Error, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(_cli.Folder, "*opened*").Concat(Directory.GetFiles(_cli.Folder, ".bulwark-*")));
        });
    }

    [Fact]
    public void With_a_damaged_log_nothing_is_protected_or_opened_and_a_refusal_is_still_a_refusal()
    {
        File.WriteAllBytes(_cli["m.bin"], [1, 2, 3]);
        Assert.Equal(0, _cli.Run("protect", _cli["m.bin"]).Code);
        string bundle = Path.Combine(_cli.Home, "audit/tile/entries/000.p/1");
        File.WriteAllText(bundle, File.ReadAllText(bundle).Replace("success", "succesS", StringComparison.Ordinal));
        ExpectNothingWritten("BW1307", "open", _cli["m.bin.enc"], "--out", _cli["opened"]);
        ExpectNothingWritten("BW1307", "open", _cli["m.bin.enc"], "--out", _cli["opened"], "--range", "0:1");
        File.WriteAllBytes(_cli["other.bin"], [4]);
        ExpectNothingWritten("BW1307", "protect", _cli["other.bin"]);
        Assert.False(File.Exists(_cli["other.bin.enc"]));

        byte[] body = File.ReadAllBytes(_cli["m.bin.enc"]);
        body[^1] ^= 1;
        File.WriteAllBytes(_cli["m.bin.enc"], body);
        Cli.Outcome refused = ExpectNothingWritten("BW1905", "open", _cli["m.bin.enc"], "--out", _cli["opened"], "--json");
        Assert.Contains("could not be written to the audit log", refused.Error, StringComparison.Ordinal);
        Assert.Equal("BW1307", refused.Json.GetProperty("error").GetProperty("unrecorded").GetString());
        ExpectNothingWritten("BW1905", "verify", _cli["m.bin.enc"]);
    }

    [Fact]
    public void A_working_folder_that_was_removed_is_said_to_be_so()
    {
        Cli.Outcome outcome = _cli.Bash("mkdir gone && cd gone && rmdir ../gone && bulwark protect m.bin");
        Assert.True(outcome.Code == 2 && outcome.Error.Contains("[BW9001]", StringComparison.Ordinal), outcome.ToString());
    }

    [Fact]
    public void A_file_whose_name_begins_with_an_at_sign_brings_no_arguments()
    {
        File.WriteAllBytes(_cli["@m.bin"], [1, 2, 3]);
        File.WriteAllText(_cli["m.bin"], "--help");
        Cli.Outcome outcome = _cli.Bash("bulwark inspect @m.bin --json");
        Assert.True(outcome.Code == 0, outcome.ToString());
        Assert.Equal(3, outcome.Json.GetProperty("size").GetInt64());
    }

    private Cli.Outcome ExpectNothingWritten(string code, params string[] arguments)
    {
        Cli.Outcome outcome = Expect(1, code, arguments);
        Assert.Empty(Directory.GetFiles(_cli.Folder, "opened*").Concat(Directory.GetFiles(_cli.Folder, ".bulwark-*")));
        return outcome;
    }

    private void OnDisk(string options, Action<string> work)
    {
        string disk = Directory.CreateDirectory(_cli["disk"]).FullName;
        Shell.Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk);
        try
        {
            work(disk);
        }
        finally
        {
            Shell.Run("umount", disk);
        }
    }

    private void RoundTrip(string name, byte[] model)
    {
        File.WriteAllBytes(_cli[name], model);
        Cli.Outcome protect = _cli.Run("protect", _cli[name], "--out", _cli["out"]);
        Assert.True(protect.Code == 0, protect.ToString());
        Cli.Outcome open = _cli.Run("open", Path.Combine(_cli["out"], name + ".enc"), "--out", _cli["opened"], "--force");
        Assert.True(open.Code == 0, open.ToString());
        Assert.Equal(model, File.ReadAllBytes(_cli["opened"]));
    }

    private void ExpectNothingOpened(int exitCode, string code, string body)
    {
        Expect(exitCode, code, "verify", _cli[body]);
        Expect(exitCode, code, "open", _cli[body], "--out", _cli["opened"]);
        Expect(exitCode, code, "open", _cli[body], "--out", _cli["opened"], "--range", "0:10");
        Assert.Empty(Directory.GetFiles(_cli.Folder, "opened*").Concat(Directory.GetFiles(_cli.Folder, ".bulwark-*")));
    }

    private Cli.Outcome Expect(int exitCode, string code, params string[] arguments)
    {
        Cli.Outcome outcome = _cli.Run(arguments);
        Assert.True(outcome.Code == exitCode, outcome.ToString());
        Assert.Contains($"[{(code.Length > 0 ? code : "BW")}", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("BW9099", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        return outcome;
    }
}
