using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Bulwark.Audit;
using Bulwark.Keys;
using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

/// <summary>The audit log as a person verifies it, and as foreign programs do.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class LogCommandTests : IDisposable
{
    private const string Origin = "bulwark.local/log";
    private const string GoPath = "/usr/share/gocode";

    private readonly Cli _cli = new();

    private string Log => Path.Combine(_cli.Home, "audit");

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_log_nobody_wrote_to_is_intact_and_empty()
    {
        JsonElement report = Verify(0);
        Assert.True(report.GetProperty("intact").GetBoolean());
        Assert.Equal(0, report.GetProperty("size").GetInt64());
        Assert.Equal(0, _cli.Run("log", "show").Code);
    }

    [Fact]
    public async Task An_intact_log_is_shown_from_any_entry_on()
    {
        await AppendAsync(7);
        JsonElement report = Verify(0);
        Assert.Equal(7, report.GetProperty("size").GetInt64());
        Assert.Equal(File.ReadLines(Path.Combine(Log, "checkpoint")).ElementAt(2), report.GetProperty("root").GetString());
        Assert.StartsWith(Origin + "+", report.GetProperty("verifierKey").GetString(), StringComparison.Ordinal);
        Assert.False(report.TryGetProperty("firstBadEntry", out _));

        Cli.Outcome show = _cli.Run("log", "show", "--from", "5", "--json");
        Assert.True(show.Code == 0, show.ToString());
        Assert.Equal(["model 5", "model 6"], show.Json.EnumerateArray().Select(e => e.GetProperty("subject").GetString()!));
        Assert.Equal(2, _cli.Run("log", "show", "--from", "8").Code);
        Assert.Equal(2, _cli.Run("log", "show", "--from", "-1").Code);
    }

    public static TheoryData<string, int> Tamperings => new() { { "altered", 3 }, { "missing", 2 }, { "outOfOrder", 1 } };

    [Theory]
    [MemberData(nameof(Tamperings))]
    public async Task The_first_bad_entry_is_named(string kind, int first)
    {
        await AppendAsync(7);
        Edit("tile/entries/000.p/7", entries =>
        {
            switch (kind)
            {
                case "altered":
                    entries[3] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(entries[3]).Replace("success", "failure", StringComparison.Ordinal));
                    break;
                case "missing":
                    entries.RemoveAt(2);
                    break;
                default:
                    (entries[1], entries[5]) = (entries[5], entries[1]);
                    break;
            }
        });

        JsonElement report = Verify(1);
        Assert.False(report.GetProperty("intact").GetBoolean());
        Assert.Equal(first, report.GetProperty("firstBadEntry").GetInt64());
        JsonElement fault = report.GetProperty("faults")[0];
        Assert.Equal(kind, fault.GetProperty("kind").GetString());
        Assert.Equal(first, fault.GetProperty("lastEntry").GetInt64());

        Cli.Outcome people = _cli.Run("log", "verify");
        Assert.Equal(1, people.Code);
        Assert.Contains("Not intact", people.Output, StringComparison.Ordinal);
        Assert.Contains($"Entry {first} is", people.Output, StringComparison.Ordinal);

        // Nothing is shown that is not in the signed tree, and nothing is appended to a log that is not as it was.
        Cli.Outcome show = _cli.Run("log", "show", "--json");
        Assert.Equal((1, "BW1307"), (show.Code, CodeOf(show)));
        Assert.Equal(1, _cli.Run("keys", "rotate", "signing").Code);
    }

    [Fact]
    public async Task An_older_signed_log_put_back_is_noticed_and_not_continued()
    {
        await AppendAsync(3);
        string older = _cli["older"];
        Copy(Log, older);
        await AppendAsync(2, from: 3);
        Assert.Equal(5, Verify(0).GetProperty("size").GetInt64());
        Directory.Delete(Log, recursive: true);
        Copy(older, Log);

        JsonElement report = Verify(1);
        Assert.Equal(3, report.GetProperty("firstBadEntry").GetInt64());
        Assert.Equal("missing", report.GetProperty("faults")[0].GetProperty("kind").GetString());
        string[] before = Keys();
        Cli.Outcome rotate = _cli.Run("keys", "rotate", "signing", "--json");
        Assert.Equal((1, "BW1305"), (rotate.Code, CodeOf(rotate)));
        Assert.Equal(before, Keys());
    }

    [Fact]
    public async Task A_second_history_under_the_same_key_is_noticed()
    {
        await AppendAsync(4);
        Directory.Delete(Log, recursive: true);
        await AppendAsync(6, from: 100, remember: false);
        JsonElement report = Verify(1);
        Assert.Equal("rewritten", report.GetProperty("faults")[0].GetProperty("kind").GetString());
        Cli.Outcome rotate = _cli.Run("keys", "rotate", "signing", "--json");
        Assert.Equal((1, "BW1306"), (rotate.Code, CodeOf(rotate)));
    }

    [Fact]
    public async Task A_log_without_its_checkpoint_or_with_a_forged_one_is_refused()
    {
        await AppendAsync(4);
        await AppendAsync(1, from: 4);
        string checkpoint = Path.Combine(Log, "checkpoint");
        string note = await File.ReadAllTextAsync(checkpoint);
        File.Delete(checkpoint);
        Assert.Equal("BW1301", CodeOf(_cli.Run("log", "verify", "--json"), 1));

        string text = note[..(note.IndexOf("\n\n", StringComparison.Ordinal) + 1)];
        SignedNote forged = await new LogSigner(Ed25519SigningKey.Generate(), Origin).SignAsync(text, CancellationToken.None);
        await File.WriteAllTextAsync(checkpoint, forged.ToString());
        Assert.Equal("BW1303", CodeOf(_cli.Run("log", "verify", "--json"), 1));

        await File.WriteAllTextAsync(checkpoint, "rubbish");
        Assert.Equal("BW1302", CodeOf(_cli.Run("log", "verify", "--json"), 1));
        await File.WriteAllTextAsync(checkpoint, note);
        Verify(0);
    }

    [Fact]
    public async Task Processes_that_start_at_once_agree_on_keys_and_lose_no_entry()
    {
        Process[] runs = [.. Enumerable.Range(0, 4).Select(n =>
        {
            File.WriteAllBytes(_cli[$"m{n}.bin"], [(byte)n, 1, 2, 3]);
            return _cli.Start("protect", _cli[$"m{n}.bin"], "--out", _cli["out"]);
        })];
        foreach (Process run in runs)
        {
            string error = await run.StandardError.ReadToEndAsync();
            await run.WaitForExitAsync();
            Assert.True(run.ExitCode == 0, error);
            run.Dispose();
        }

        Assert.Equal(4, Verify(0).GetProperty("size").GetInt64());
        JsonElement keys = _cli.Run("keys", "list", "--json").Json;
        Assert.Equal(["signing", "wrapping", "watermark", "log"], keys.EnumerateArray().Select(k => k.GetProperty("kind").GetString()!));
        for (int n = 0; n < 4; n++)
            Assert.Equal(0, _cli.Run("verify", _cli[$"out/m{n}.bin.enc"]).Code);
    }

    [ProgramFact("go", GoPath + "/src/golang.org/x/mod/sumdb/tlog")]
    public async Task Gos_own_packages_accept_the_log_and_refuse_an_altered_one()
    {
        await AppendAsync(200);
        await AppendAsync(100, from: 200);
        Assert.Equal(0, _cli.Run("keys", "rotate", "log").Code);
        JsonElement report = Verify(0);
        string vkey = report.GetProperty("verifierKey").GetString()!;
        string program = Path.Combine(SharedData.RepositoryRoot, "tests", "Local.Tests", "foreign", "checklog.go");
        (int code, string output) = Go("build", "-o", _cli["checklog"], program);
        Assert.True(code == 0, output);

        (code, output) = Run(_cli["checklog"], vkey, Log);
        Assert.True(code == 0, output);
        Assert.Equal($"301 {report.GetProperty("root").GetString()}", output.Trim());

        string tile = Path.Combine(Log, "tile/0/000");
        byte[] bytes = await File.ReadAllBytesAsync(tile);
        bytes[5] ^= 1;
        await File.WriteAllBytesAsync(tile, bytes);
        Assert.Equal(1, Run(_cli["checklog"], vkey, Log).Code);
        Assert.Equal(1, _cli.Run("log", "verify").Code);
    }

    [ProgramFact("openssl")]
    public async Task Openssl_verifies_the_checkpoint_with_the_exported_key()
    {
        await AppendAsync(5);
        await File.WriteAllTextAsync(_cli["log.pub.pem"], _cli.Run("keys", "export-public", "log").Output);
        string note = await File.ReadAllTextAsync(Path.Combine(Log, "checkpoint"));
        int split = note.IndexOf("\n\n", StringComparison.Ordinal);
        await File.WriteAllTextAsync(_cli["text"], note[..(split + 1)]);
        await File.WriteAllBytesAsync(_cli["signature"], Convert.FromBase64String(note.TrimEnd().Split(' ')[^1])[4..]);
        (int code, string output) = Run(
            "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", _cli["log.pub.pem"], "-rawin", "-in", _cli["text"], "-sigfile", _cli["signature"]);
        Assert.True(code == 0, output);
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static string CodeOf(Cli.Outcome outcome, int? exit = null)
    {
        if (exit is { } expected)
            Assert.Equal(expected, outcome.Code);
        return outcome.Json.GetProperty("error").GetProperty("code").GetString()!;
    }

    private static (int Code, string Output) Go(params string[] arguments)
    {
        ProcessStartInfo start = new("go", arguments);
        start.Environment["GO111MODULE"] = "off";
        start.Environment["GOPATH"] = GoPath;
        start.Environment["GOFLAGS"] = "";
        return Run(start);
    }

    private static (int Code, string Output) Run(string program, params string[] arguments) => Run(new ProcessStartInfo(program, arguments));

    private static (int Code, string Output) Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    private JsonElement Verify(int exit)
    {
        Cli.Outcome outcome = _cli.Run("log", "verify", "--json");
        Assert.True(outcome.Code == exit, outcome.ToString());
        return outcome.Json;
    }

    private string[] Keys() => [.. _cli.Run("keys", "list", "--json").Json.EnumerateArray().Select(k => k.GetProperty("id").GetString()!)];

    /// <summary>Appends as the program does, many at a time.</summary>
    private async Task AppendAsync(int count, int from = 0, bool remember = true)
    {
        Directory.CreateDirectory(Log);
        using SqliteStateStore state = new(Path.Combine(_cli.Home, "state.db"));
        AuditLog log = new(
            new FolderObjectStore(), Log, new LocalKeyRing(_cli.Home).GetLogKey(), Origin, TimeProvider.System, remember ? state : null);
        await log.AppendAsync([.. Enumerable.Range(from, count).Select(n => new AuditEntry
        {
            Actor = "tester",
            Action = "model.protected",
            Subject = new AuditSubject { Name = $"model {n}" },
            Outcome = "success",
        })]);
    }

    private void Edit(string name, Action<List<byte[]>> edit)
    {
        string path = Path.Combine(Log, name);
        Assert.True(EntryBundle.TrySplit(File.ReadAllBytes(path), out IReadOnlyList<ReadOnlyMemory<byte>> entries));
        List<byte[]> edited = [.. entries.Select(e => e.ToArray())];
        edit(edited);
        File.WriteAllBytes(path, EntryBundle.Append([], edited));
    }
}
