using System.Diagnostics;
using System.Text;
using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

/// <summary><c>bulwark serve</c> as an operator runs it.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ServeTests : IDisposable
{
    private static readonly string Sample = Path.Combine(SharedData.RepositoryRoot, "samples", "mnist-mlp.safetensors");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Cli _cli = new();
    private readonly List<Server> _servers = [];

    public ServeTests() => Directory.CreateDirectory(_cli["incoming"]);

    public void Dispose()
    {
        _servers.ForEach(s => s.Dispose());
        _cli.Dispose();
    }

    [Fact]
    public void Serve_protects_what_has_finished_arriving_and_nothing_else()
    {
        Server serve = Serve();
        File.Copy(Sample, _cli["incoming/a.safetensors"]);
        File.WriteAllBytes(_cli["incoming/b.safetensors"], [9, 9, 9]);
        File.WriteAllBytes(_cli["incoming/still.part"], [1]);
        File.WriteAllBytes(_cli["incoming/.hidden"], [1]);
        File.CreateSymbolicLink(_cli["incoming/link.bin"], Sample);
        Directory.CreateDirectory(_cli["incoming/team/x"]);
        File.WriteAllBytes(_cli["incoming/team/x/d.bin"], [4]);
        // One name that no object can have must not keep the others from being protected.
        Assert.Equal(0, _cli.Bash("printf x > $'incoming/bad\\xff.bin'").Code);
        using (FileStream growing = File.Create(_cli["incoming/c.bin"]))
        {
            for (int i = 0; i < 8; i++)
            {
                growing.Write(new byte[1000]);
                growing.Flush(flushToDisk: true);
                Thread.Sleep(250);
                Assert.False(File.Exists(_cli["protected/c.bin.enc"]));
            }
        }

        // The usual way of a careful uploader.
        File.Move(_cli["incoming/still.part"], _cli["incoming/renamed.bin"]);
        string[] expected = ["a.safetensors", "c.bin", "renamed.bin", "team/x/d.bin"];
        WaitFor(() => expected.All(Protected));
        serve.Stop();
        string said = serve.Said;
        Assert.Contains("refused   b.safetensors", said, StringComparison.Ordinal);
        Assert.Equal(2, said.Split("refused   b.safetensors").Length);
        Assert.Equal([9, 9, 9], File.ReadAllBytes(Assert.Single(Directory.GetFiles(_cli["home/quarantine"], "*.quarantined"))));
        Assert.Contains("warning", said, StringComparison.Ordinal);
        Assert.Contains("BW1002", said, StringComparison.Ordinal);
        Assert.Equal(
            expected.Select(name => $"{name}.enc"),
            Directory.GetFiles(_cli["protected"], "*.enc", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_cli["protected"], f)).Order(StringComparer.Ordinal));
        foreach (string name in expected)
            Assert.Equal(0, _cli.Run("verify", _cli[$"protected/{name}.enc"]).Code);
    }

    [Fact]
    public void A_killed_server_is_followed_by_one_that_finishes_its_work_and_two_of_them_do_it_once()
    {
        File.WriteAllBytes(_cli["incoming/big.bin"], new byte[300 << 20]);
        Server killed = Serve("--settle", "0");
        WaitFor(() => Directory.Exists(_cli["protected"]) && Directory.GetFiles(_cli["protected"], ".bulwark-*").Length > 0);
        killed.Kill();
        Assert.False(Protected("big.bin"));
        Assert.True(File.Exists(_cli["incoming/big.bin"]));

        Server first = Serve("--settle", "0", "--delete-source"), second = Serve("--settle", "0", "--delete-source");
        WaitFor(() => Protected("big.bin") && !File.Exists(_cli["incoming/big.bin"]));
        for (int i = 0; i < 10; i++)
            File.WriteAllBytes(_cli[$"incoming/m{i}.bin"], [(byte)i]);
        WaitFor(() => Directory.GetFiles(_cli["incoming"]).Length == 0);
        first.Stop();
        second.Stop();
        Assert.Empty(Directory.GetFiles(_cli["protected"], ".bulwark-*"));
        Cli.Outcome log = _cli.Run("log", "show", "--json");
        Assert.Equal(11, log.Json.EnumerateArray().Count(e => e.GetProperty("action").GetString() == "model.protected"));
        Assert.Equal(0, _cli.Run("verify", _cli["protected/big.bin.enc"]).Code);
        Assert.Equal(0, _cli.Run("verify", _cli["protected/m9.bin.enc"]).Code);
    }

    [Fact]
    public void A_stopped_server_leaves_nothing_half_written_and_exits_with_0()
    {
        File.WriteAllBytes(_cli["incoming/big.bin"], new byte[400 << 20]);
        Server serve = Serve("--settle", "0");
        WaitFor(() => Directory.Exists(_cli["protected"]) && Directory.GetFiles(_cli["protected"], ".bulwark-*").Length > 0);
        serve.Stop();
        Assert.Empty(Directory.GetFileSystemEntries(_cli["protected"]));
    }

    [Fact]
    public void A_folder_that_goes_away_and_comes_back_is_watched_again()
    {
        Server serve = Serve("--settle", "0");
        File.WriteAllBytes(_cli["incoming/a.bin"], [1]);
        WaitFor(() => Protected("a.bin"));
        Directory.Delete(_cli["incoming"], recursive: true);
        WaitFor(() => serve.Said.Contains("BW1001", StringComparison.Ordinal));
        Directory.CreateDirectory(_cli["incoming"]);
        File.WriteAllBytes(_cli["incoming/b.bin"], [2]);
        WaitFor(() => Protected("b.bin"));

        // A place that cannot be written is tried again, not every second, and works once it can be.
        Directory.Move(_cli["protected"], _cli["away"]);
        File.WriteAllBytes(_cli["protected"], []);
        File.WriteAllBytes(_cli["incoming/c.bin"], [3]);
        WaitFor(() => serve.Said.Contains("failed    c.bin", StringComparison.Ordinal));
        File.Delete(_cli["protected"]);
        WaitFor(() => Protected("c.bin"));
        serve.Stop();
    }

    [RootFact]
    public void A_folder_that_may_not_be_read_hides_nothing_behind_it_and_the_log_names_an_account_without_a_name()
    {
        Cli.Outcome served = _cli.Bash(
            """
            mkdir -m 777 work work/incoming && mkdir -m 700 work/incoming/a && printf x > work/incoming/b.bin && chmod 755 .
            as() { env -u HOME BULWARK_HOME="$PWD/work/home" setpriv --reuid=64999 --regid=64999 --clear-groups "$@"; }
            as timeout -s TERM 20 bulwark serve --incoming work/incoming --out work/out --settle 0 &
            for i in $(seq 200); do [ -e work/out/b.bin.enc ] && break; sleep 0.1; done
            kill %1; wait
            as bulwark log show --json
            """);
        Assert.Contains("work/incoming/a is denied. [BW1007]", served.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_cli["work/out/b.bin.enc"]), served.ToString());
        Assert.Equal("uid:64999", served.Json[0].GetProperty("actor").GetString());
    }

    [Fact]
    public void Results_must_not_land_where_models_are_taken_from()
    {
        Directory.CreateSymbolicLink(_cli["link"], _cli["incoming"]);
        foreach (string output in new[] { "incoming", "incoming/", "incoming/out", "link", "link/out", "incoming/../link/x" })
        {
            Cli.Outcome outcome = _cli.Run("serve", "--incoming", _cli["incoming/"], "--out", _cli[output]);
            Assert.True(outcome.Code == 2 && outcome.Error.Contains("[BW9001]", StringComparison.Ordinal), outcome.ToString());
        }

        Assert.Equal(2, _cli.Run("serve", "--incoming", _cli["none"]).Code);
    }

    private static void WaitFor(Func<bool> condition) =>
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                Thread.Sleep(20);
                return condition();
            },
            Patience));

    private bool Protected(string name) => File.Exists(_cli[$"protected/{name}.enc"]);

    private Server Serve(params string[] options)
    {
        Server server = new(_cli.Start(["serve", "--incoming", _cli["incoming"], "--out", _cli["protected"], .. options]));
        _servers.Add(server);
        return server;
    }

    private sealed class Server : IDisposable
    {
        private readonly Process _process;
        private readonly StringBuilder _said = new();

        public Server(Process process)
        {
            _process = process;
            process.ErrorDataReceived += (_, line) =>
            {
                lock (_said)
                    _said.AppendLine(line.Data);
            };
            process.BeginErrorReadLine();
        }

        public string Said
        {
            get
            {
                lock (_said)
                    return _said.ToString();
            }
        }

        public void Stop()
        {
            using Process term = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            Assert.True(_process.WaitForExit(20_000), Said);
            _process.WaitForExit();
            Assert.Equal(0, _process.ExitCode);
        }

        public void Kill()
        {
            _process.Kill();
            _process.WaitForExit();
        }

        public void Dispose()
        {
            if (!_process.HasExited)
                Kill();
            _process.Dispose();
        }
    }
}
