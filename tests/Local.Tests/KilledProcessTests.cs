using System.Diagnostics;
using System.Security.Cryptography;

namespace Bulwark.Local.Cli.Tests;

/// <summary>kill -9 at random points over protect and open, with a watermark, also over a model that is there already.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class KilledProcessTests : IDisposable
{
    private const string Name = "m.safetensors";
    private static readonly string[] Litter = [".bulwark-*", "*.new"];

    private readonly Cli _cli = new();
    private readonly Random _random = new(4);
    private readonly byte[][] _models = [SampleModel.Make(1_500_000, 1), SampleModel.Make(1_600_000, 2)];

    private string Out => _cli["out"];

    private string Body => Path.Combine(Out, $"{Name}.enc");

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_killed_protect_leaves_the_old_model_or_the_new_one_or_none_and_a_retry_succeeds()
    {
        string[] digests = [Protect(0), Protect(1)];
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal(digests[1], Protect(1));
        int whole = (int)watch.ElapsedMilliseconds;
        int finished = 0;

        // Over nothing.
        for (int i = 0; i < 15; i++)
        {
            if (Directory.Exists(Out))
                Directory.Delete(Out, recursive: true);
            KillProtect(0, _random.Next(whole));
            if (!File.Exists(Body))
                continue;
            finished++;
            Assert.Equal(digests[0], Verify());
        }

        // Over another model, which is what the next one runs over in turn.
        Assert.Equal(digests[0], Protect(0));
        string present = digests[0];
        for (int i = 0; i < 35; i++)
        {
            int next = (i + 1) % 2;
            if (i % 3 == 0)
                KillProtect(next, _random.Next(whole));
            else
                KillProtectWhenCommitting(next, _random.Next(8));
            string found = Verify();
            Assert.Contains(found, new[] { present, digests[next] });
            finished += found == present ? 0 : 1;
            present = found;
        }

        Assert.InRange(finished, 1, 49);
        Write(0);
        Cli.Outcome retry = _cli.Run("protect", _cli[Name], "--out", Out, "--json");
        Assert.True(retry.Code == 0, retry.ToString());
        Assert.Equal(digests[0], Verify());
        AssertNoLitter(Out);
        Assert.Equal(0, _cli.Run("log", "verify").Code);
    }

    [Fact]
    public void A_killed_open_leaves_no_output_or_a_whole_one_and_a_retry_succeeds()
    {
        string digest = Protect(0);
        string opened = _cli["opened/m"];
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal(0, _cli.Run("open", Body, "--out", opened).Code);
        int whole = (int)watch.ElapsedMilliseconds;
        for (int i = 0; i < 12; i++)
        {
            if (i % 2 == 0)
                File.Delete(opened);
            bool before = File.Exists(opened);
            using Process run = _cli.Start("open", Body, "--out", opened, "--force");
            Kill(run, (whole / 3) + _random.Next(whole));
            if (before || File.Exists(opened))
                Assert.Equal(digest, Digest(opened));
        }

        Assert.Equal(0, _cli.Run("open", Body, "--out", opened, "--force").Code);
        Assert.Equal(digest, Digest(opened));
        AssertNoLitter(_cli["opened"]);
    }

    [Fact]
    public void Ctrl_C_stops_protect_and_open_with_code_2_and_leaves_nothing()
    {
        byte[] big = new byte[400 << 20];
        File.WriteAllBytes(_cli["big.bin"], big);
        using Process protect = _cli.Start("protect", _cli["big.bin"], "--out", Out);
        Assert.True(SpinWait.SpinUntil(() => Directory.Exists(Out) && Directory.GetFiles(Out, ".bulwark-*").Length > 0, 20_000));
        Interrupt(protect, "INT");
        Assert.Equal(2, protect.ExitCode);
        Assert.Contains("[BW9003]", protect.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Out));

        Assert.Equal(0, _cli.Run("protect", _cli["big.bin"], "--out", Out).Code);
        using Process open = _cli.Start("open", Path.Combine(Out, "big.bin.enc"), "--out", _cli["opened/big"]);
        Assert.True(SpinWait.SpinUntil(() => Directory.Exists(_cli["opened"]) && Directory.GetFiles(_cli["opened"], ".bulwark-*").Length > 0, 20_000));
        Interrupt(open, "TERM");
        Assert.Equal(2, open.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(_cli["opened"]));
    }

    private static void Interrupt(Process process, string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        Assert.True(process.WaitForExit(20_000));
    }

    private static void Kill(Process run, int after)
    {
        if (!run.WaitForExit(after))
            run.Kill();
        run.WaitForExit();
    }

    private static string Digest(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    private static void AssertNoLitter(string folder) =>
        Assert.Empty(Litter.SelectMany(pattern => Directory.GetFiles(folder, pattern)).Select(Path.GetFileName));

    // One path for both, so that one is a new version of the other.
    private void Write(int model) => File.WriteAllBytes(_cli[Name], _models[model]);

    private string Protect(int model)
    {
        Write(model);
        Cli.Outcome run = _cli.Run("protect", _cli[Name], "--out", Out, "--json");
        Assert.True(run.Code == 0, run.ToString());
        return run.Json.GetProperty("sha256").GetString()!;
    }

    private string Verify()
    {
        Cli.Outcome verify = _cli.Run("verify", Body, "--json");
        Assert.True(verify.Code == 0, verify.ToString());
        return verify.Json.GetProperty("sha256").GetString()!;
    }

    private void KillProtect(int model, int after)
    {
        Write(model);
        using Process run = _cli.Start("protect", _cli[Name], "--out", Out, "--force");
        Kill(run, after);
    }

    /// <summary>The steps of publishing take a few milliseconds; random kills would miss them.</summary>
    private void KillProtectWhenCommitting(int model, int after)
    {
        Write(model);
        foreach (string left in Directory.GetFiles(Out, "*.new"))
            File.Move(left, left + ".seen");
        using Process run = _cli.Start("protect", _cli[Name], "--out", Out, "--force");
        SpinWait.SpinUntil(() => run.HasExited || Directory.GetFiles(Out, "*.new").Length > 0, 20_000);
        Kill(run, after);
        foreach (string left in Directory.GetFiles(Out, "*.seen"))
            File.Move(left, left[..^5]);
    }
}
