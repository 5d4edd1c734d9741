using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Bulwark.Testing;
using NJsonSchema;

namespace Bulwark.Local.Cli.Tests;

public sealed class ScanCommandTests : IDisposable
{
    private const string Payload = "cposix\nsystem\n(S'id'\ntR.";

    private readonly Cli _cli = new();

    private static string Sample => Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_benign_model_is_exit_code_0_and_a_payload_1_and_an_unknown_class_3()
    {
        File.WriteAllText(_cli["evil.pkl"], Payload);
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

    [DataFact]
    public async Task The_findings_are_written_as_SARIF_of_its_schema()
    {
        JsonSchema schema = await JsonSchema.FromJsonAsync(await File.ReadAllTextAsync(SharedData.PathOf("schemas", "sarif-schema-2.1.0.json")));
        Directory.CreateDirectory(_cli["in side"]);
        File.WriteAllText(_cli["in side/50% #1?\u00e9 [a].pkl"], Payload);
        File.WriteAllText(_cli["in side/big.safetensors"], "");
        using (ZipArchive zip = ZipFile.Open(_cli["in side/m.zip"], ZipArchiveMode.Create))
        using (Stream member = zip.CreateEntry("a/b.pkl").Open())
            member.Write(Encoding.ASCII.GetBytes(Payload));
        string elsewhere = Directory.CreateTempSubdirectory("bulwark-sarif-").FullName;
        File.WriteAllText(Path.Combine(elsewhere, "x y.pkl"), Payload);
        File.WriteAllText(_cli["in side/bad\\name.pkl"], Payload);
        Cli.Outcome outcome = _cli.Run("scan", "in side", elsewhere, "--sarif", _cli["out.sarif"]);
        Directory.Delete(elsewhere, recursive: true);
        Assert.True(outcome.Code == 1, outcome.ToString());

        string text = File.ReadAllText(_cli["out.sarif"]);
        Assert.Equal([], schema.Validate(text).Select(e => e.ToString()));
        using JsonDocument sarif = JsonDocument.Parse(text);
        JsonElement run = Assert.Single(sarif.RootElement.GetProperty("runs").EnumerateArray());
        JsonElement[] rules = [.. run.GetProperty("tool").GetProperty("driver").GetProperty("rules").EnumerateArray()];
        JsonElement[] results = [.. run.GetProperty("results").EnumerateArray()];
        Assert.NotEmpty(results);
        Assert.All(results, r => Assert.Equal(r.GetProperty("ruleId").GetString(), rules[r.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString()));
        Uri root = new(run.GetProperty("originalUriBaseIds").GetProperty("SRCROOT").GetProperty("uri").GetString()!);
        Assert.EndsWith("/", root.AbsoluteUri, StringComparison.Ordinal);
        JsonElement[] artifacts = [.. results.Select(r => r.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation"))];
        string[] found = [.. artifacts.Select(a => a.TryGetProperty("uriBaseId", out _) ? new Uri(root, a.GetProperty("uri").GetString()!) : new Uri(a.GetProperty("uri").GetString()!)).Select(u => u.LocalPath).Distinct().Order(StringComparer.Ordinal)];
        Assert.Contains(found, f => f.EndsWith("/in side/50% #1?\u00e9 [a].pkl", StringComparison.Ordinal));
        Assert.Contains(Path.Combine(elsewhere, "x y.pkl"), found);
        JsonElement inside = results.First(r => r.GetProperty("locations")[0].TryGetProperty("logicalLocations", out _));
        Assert.Equal("m.zip!a/b.pkl", inside.GetProperty("locations")[0].GetProperty("logicalLocations")[0].GetProperty("fullyQualifiedName").GetString());
        Assert.False(inside.GetProperty("locations")[0].GetProperty("physicalLocation").TryGetProperty("region", out _));
        JsonElement invocation = Assert.Single(run.GetProperty("invocations").EnumerateArray());
        Assert.False(invocation.GetProperty("executionSuccessful").GetBoolean());
        Assert.Contains("BW1002", invocation.GetProperty("toolExecutionNotifications")[0].GetProperty("message").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_read_is_said_keeps_nothing_else_from_being_scanned_and_is_not_benign()
    {
        Directory.CreateDirectory(_cli["m"]);
        File.Copy(Sample, _cli["m/good.safetensors"]);
        File.WriteAllText(_cli["m/bad\\name.pkl"], Payload);
        Cli.Outcome outcome = _cli.Run("scan", _cli["m"], "--json");
        Assert.True(outcome.Code == 2, outcome.ToString());
        Assert.Equal("benign", Assert.Single(outcome.Json.GetProperty("files").EnumerateArray()).GetProperty("verdict").GetString());
        JsonElement error = Assert.Single(outcome.Json.GetProperty("errors").EnumerateArray());
        Assert.Equal(("BW1002", _cli["m/bad\\name.pkl"]), (error.GetProperty("code").GetString(), error.GetProperty("path").GetString()));
        Assert.Equal(1, outcome.Json.GetProperty("summary").GetProperty("unreadable").GetInt32());
        Assert.Contains("unreadable", _cli.Run("scan", _cli["m"]).Output, StringComparison.Ordinal);

        File.WriteAllText(_cli["m/evil.pkl"], Payload);
        Assert.Equal(1, _cli.Run("scan", _cli["m"]).Code);
    }

    [RootFact]
    public void A_file_and_a_folder_that_may_not_be_read_are_errors_of_their_own()
    {
        Assert.Equal(0, _cli.Bash("mkdir -p m/closed && echo x > m/closed/a.bin && echo y > m/b.bin && echo z > m/c.bin && chmod 755 . m && chmod 000 m/closed m/b.bin").Code);
        Cli.Outcome outcome = _cli.Bash("exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all bulwark scan m --json");
        Assert.True(outcome.Code == 2, outcome.ToString());
        Assert.Equal(["BW1007", "BW1007"], outcome.Json.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("code").GetString()));
        Assert.Single(outcome.Json.GetProperty("files").EnumerateArray());
    }

    [Fact]
    public void Links_in_folders_are_not_followed_and_a_link_that_is_named_is()
    {
        Directory.CreateDirectory(_cli["m/deep"]);
        File.WriteAllText(_cli["evil.pkl"], Payload);
        File.Copy(Sample, _cli["m/deep/good.safetensors"]);
        File.CreateSymbolicLink(_cli["m/link.pkl"], _cli["evil.pkl"]);
        Directory.CreateSymbolicLink(_cli["m/deep/loop"], _cli["m"]);
        Directory.CreateSymbolicLink(_cli["m/up"], "..");
        Cli.Outcome outcome = _cli.Run("scan", _cli["m"], "--json");
        Assert.True(outcome.Code == 0, outcome.ToString());
        Assert.Equal((1, 3), (outcome.Json.GetProperty("summary").GetProperty("files").GetInt32(), outcome.Json.GetProperty("summary").GetProperty("linksNotFollowed").GetInt32()));
        Assert.Equal(1, _cli.Run("scan", _cli["m/link.pkl"]).Code);
        File.CreateSymbolicLink(_cli["self"], _cli["self"]);
        Assert.Equal(2, _cli.Run("scan", _cli["self"]).Code);
    }

    [Fact]
    public void Ten_thousand_files_are_scanned_and_only_those_that_matter_are_listed()
    {
        Directory.CreateDirectory(_cli["many"]);
        for (int i = 0; i < 10_000; i++)
            File.WriteAllText(_cli[$"many/{i}.json"], "{\"hidden_size\": 8}");
        File.WriteAllText(_cli["many/evil.pkl"], Payload);
        Cli.Outcome outcome = _cli.Run("scan", _cli["many"]);
        Assert.True(outcome.Code == 1, outcome.ToString()[..200]);
        Assert.Contains("10,001 files scanned", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("10,000 benign, 1 malicious", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(".json", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("evil.pkl", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_path_stands_whole_on_one_line_and_no_name_drives_the_terminal()
    {
        string folder = string.Join('/', Enumerable.Repeat("a-rather-long-name-of-a-folder", 5));
        Directory.CreateDirectory(_cli[folder]);
        File.WriteAllText(_cli[$"{folder}/evil.pkl"], Payload);
        string output = _cli.Run("scan", _cli[folder]).Output;
        Assert.Contains(output.Split('\n'), line => line.StartsWith("malicious", StringComparison.Ordinal) && line.Contains($"{folder}/evil.pkl", StringComparison.Ordinal));
        File.WriteAllText(_cli["turned\u202Egpj.pkl"], Payload);
        Assert.DoesNotContain("\u202E", _cli.Run("scan", _cli["turned\u202Egpj.pkl"]).Output, StringComparison.Ordinal);
    }

    [DataFact]
    public void The_data_of_an_ONNX_model_are_looked_up_in_its_folder()
    {
        string[] files = [.. Directory.GetFiles(SharedData.PathOf("models", "onnx"), "digits_cnn_external*")];
        Assert.True(files.Length >= 2);
        Directory.CreateDirectory(_cli["m"]);
        foreach (string file in files)
            File.Copy(file, _cli[$"m/{Path.GetFileName(file)}"]);
        string model = _cli["m/digits_cnn_external.onnx"], data = _cli[$"m/{files.Select(Path.GetFileName).Single(f => f != "digits_cnn_external.onnx")}"];
        Assert.Equal("benign", VerdictOf(model));
        using (FileStream cut = File.OpenWrite(data))
            cut.SetLength(cut.Length - 1);
        Assert.Equal("malformed", VerdictOf(model));
        File.Move(data, _cli["elsewhere"]);
        Assert.Equal("benign", VerdictOf(model));
        File.CreateSymbolicLink(data, _cli["elsewhere"]);
        Assert.Equal("malicious", VerdictOf(model));
    }

    private string VerdictOf(string file) => _cli.Run("scan", file, "--json").Json.GetProperty("files")[0].GetProperty("verdict").GetString()!;

    [Fact]
    public void What_would_run_code_is_not_protected_and_the_refusal_is_on_record()
    {
        File.WriteAllText(_cli["evil.pkl"], Payload);
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
        File.WriteAllText(_cli["evil.pkl"], Payload);
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
