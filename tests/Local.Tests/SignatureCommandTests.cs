using Bulwark.Testing;

namespace Bulwark.Local.Cli.Tests;

/// <summary><c>bulwark sign</c> and <c>bulwark verify-signature</c> as a person runs them.</summary>
public sealed class SignatureCommandTests : IDisposable
{
    private readonly Cli _cli = new();

    public SignatureCommandTests()
    {
        Directory.CreateDirectory(_cli["m/sub"]);
        File.WriteAllText(_cli["m/w.bin"], "weights");
        File.WriteAllText(_cli["m/sub/v.bin"], "more");
        File.WriteAllText(_cli["m/.gitignore"], "x");
        // The first signature makes the key.
        Good("sign", "m/w.bin", "--signature", "first.sig");
        File.WriteAllText(_cli["pub.pem"], Good("keys", "export-public").Output);
    }

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void A_signed_folder_verifies_and_says_so_to_people_and_scripts()
    {
        Cli.Outcome signed = Good("sign", "m", "--signature", "m/model.sig", "--json");
        Assert.Equal(2, signed.Json.GetProperty("files").GetInt32());
        Cli.Outcome verified = Good(Verify("--json"));
        Assert.Equal(signed.Json.GetProperty("root").GetString(), verified.Json.GetProperty("root").GetString());
        Assert.Equal(signed.Json.GetProperty("signedBy").GetString(), verified.Json.GetProperty("signedBy").GetString());
        Assert.Equal([".gitignore (GitMetadata)"], Uncovered(verified));
        string shown = Good(Verify()).Output;
        Assert.Contains("Verified", shown, StringComparison.Ordinal);
        Assert.Contains(".gitignore", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_missing_or_added_file_is_a_no_with_a_code()
    {
        Good("sign", "m", "--signature", "m/model.sig");
        File.WriteAllText(_cli["m/new.py"], "import os");
        Expect(1, "BW1803", Verify());
        Cli.Outcome json = _cli.Run(Verify("--json"));
        Assert.Equal((1, "BW1803"), (json.Code, json.Json.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains("new.py (NotSigned)", Uncovered(Good(Verify("--ignore-unsigned-files", "--json"))));
        Assert.Contains("new.py (IgnoredByVerifier)", Uncovered(Good(Verify("--ignore-paths", "new.py", "--json"))));

        File.WriteAllText(_cli["m/w.bin"], "Weights");
        Expect(1, "BW1803", Verify("--ignore-unsigned-files"));
        Expect(1, "BW1803", Verify("--ignore-paths", "new.py", "w.bin"));
        File.Delete(_cli["m/w.bin"]);
        Expect(1, "BW1803", Verify("--ignore-unsigned-files"));
    }

    [Fact]
    public void Paths_are_left_out_on_demand_and_the_verifier_hears_of_it()
    {
        Good("sign", "m", "--signature", "m.sig", "--ignore-paths", "sub", "m.log");
        File.WriteAllText(_cli["m/m.log"], "log");
        Assert.Equal(
            [".gitignore (GitMetadata)", "m.log (IgnoredBySigner)", "sub/v.bin (IgnoredBySigner)"],
            Uncovered(Good("verify-signature", "m", "--signature", "m.sig", "--public-key", "pub.pem", "--json")));
        Expect(2, "BW1812", "sign", "m", "--signature", "n.sig", "--ignore-paths", "../x");
        Expect(2, "BW1812", "sign", "m", "--signature", "n.sig", "--ignore-paths", "*.log");
        Assert.False(File.Exists(_cli["n.sig"]));
    }

    [Fact]
    public void Links_are_refused_unless_allowed_and_never_followed_out_of_the_model()
    {
        File.CreateSymbolicLink(_cli["m/link"], "w.bin");
        Expect(1, "BW1808", "sign", "m", "--signature", "m.sig");
        Good("sign", "m", "--signature", "m/model.sig", "--allow-symlinks");
        Expect(1, "BW1808", Verify());
        Good(Verify("--allow-symlinks"));
        File.CreateSymbolicLink(_cli["m/out"], "/etc/passwd");
        Expect(1, "BW1808", "sign", "m", "--signature", "m2.sig", "--allow-symlinks");
        Expect(1, "BW1808", Verify("--allow-symlinks"));
    }

    [Fact]
    public void Wrong_usage_and_missing_files_are_faults()
    {
        Good("sign", "m", "--signature", "m/model.sig");
        Expect(2, null, "verify-signature", "m", "--signature", "m/model.sig");
        Expect(2, null, "verify-signature", "m", "--signature", "m/model.sig", "--public-key", "pub.pem", "--certificate-chain", "pub.pem");
        Expect(2, null, "verify-signature", "m", "--public-key", "pub.pem");
        Expect(2, null, Verify("--identity", "ml@example.org"));
        Expect(2, null, "verify-signature", "m", "--signature", "m/model.sig", "--certificate-chain", "pub.pem", "--identity", "");
        Expect(2, "BW1809", "verify-signature", "m", "--signature", "none.sig", "--public-key", "pub.pem");
        Expect(2, "BW1809", "verify-signature", "none", "--signature", "m/model.sig", "--public-key", "pub.pem");
        Expect(2, null, "verify-signature", "m", "--signature", "m/model.sig", "--public-key", "none.pem");
        Expect(2, "BW1201", "verify-signature", "m", "--signature", "m/model.sig", "--public-key", "m/w.bin");
        Expect(2, "BW1201", "verify-signature", "m", "--signature", "m/model.sig", "--certificate-chain", "m/w.bin");
        Expect(1, "BW1801", "verify-signature", "m", "--signature", "m/w.bin", "--public-key", "pub.pem", "--ignore-unsigned-files");
        Expect(2, "BW1809", "sign", "none", "--signature", "n.sig");
        Expect(2, "BW1201", "sign", "m", "--signature", "n.sig", "--private-key", "pub.pem");
        Directory.CreateDirectory(_cli["empty"]);
        Expect(1, "BW1811", "sign", "empty", "--signature", "n.sig");
        Expect(1, "BW1808", "sign", "/dev/zero", "--signature", "n.sig");
        Assert.False(File.Exists(_cli["n.sig"]));
    }

    [Fact]
    public void Another_key_is_a_no()
    {
        Good("sign", "m", "--signature", "m/model.sig");
        Good("keys", "rotate", "signing");
        File.WriteAllText(_cli["pub.pem"], _cli.Run("keys", "export-public").Output);
        Expect(1, "BW1802", Verify());
    }

    [Fact]
    public void No_file_is_replaced_without_force()
    {
        Expect(2, "BW9002", "sign", "m", "--signature", "m/w.bin");
        Assert.Equal("weights", File.ReadAllText(_cli["m/w.bin"]));
        Expect(2, "BW1812", "sign", "m/w.bin", "--signature", "m/w.bin", "--force");
        Assert.Equal("weights", File.ReadAllText(_cli["m/w.bin"]));
        Good("sign", "m", "--signature", "m/model.sig");
        Expect(2, "BW9002", "sign", "m", "--signature", "m/model.sig");
        Good("sign", "m", "--signature", "m/model.sig", "--force");
        Good(Verify());
        File.CreateSymbolicLink(_cli["dangling"], "nowhere");
        Expect(2, "BW9002", "sign", "m", "--signature", "dangling");
    }

    [Fact]
    public void A_second_signature_is_by_ml_dsa_65_and_verifies_by_itself()
    {
        Expect(2, "BW9001", "sign", "m", "--signature", "m/model.sig", "--post-quantum", "m/model.sig");
        Good("sign", "m", "--signature", "m/model.sig", "--post-quantum", "m/model.mldsa.sig");
        File.WriteAllText(_cli["mldsa.pem"], _cli.Run("keys", "export-public", "mldsa").Output);
        Assert.Contains("model.mldsa.sig (IgnoredBySigner)", Uncovered(Good(Verify("--json"))));
        Good("verify-signature", "m", "--signature", "m/model.mldsa.sig", "--public-key", "mldsa.pem");
        Expect(1, "BW1802", "verify-signature", "m", "--signature", "m/model.mldsa.sig", "--public-key", "pub.pem");
        Expect(1, "BW1802", "verify-signature", "m", "--signature", "m/model.sig", "--public-key", "mldsa.pem");
    }

    [Fact]
    public void A_key_may_be_a_link_to_the_version_in_use()
    {
        Good("sign", "m", "--signature", "m/model.sig");
        Directory.CreateDirectory(_cli["v1"]);
        File.Move(_cli["pub.pem"], _cli["v1/pub.pem"]);
        File.CreateSymbolicLink(_cli["current"], "v1");
        File.CreateSymbolicLink(_cli["pub.pem"], "current/pub.pem");
        Good(Verify());
    }

    [ProgramFact("openssl")]
    public void Keys_and_certificates_of_openssl_sign_and_verify()
    {
        using OpenSslAuthority authority = new();
        foreach (string curve in new[] { "P-256", "P-384" })
        {
            authority.Key(curve, curve);
            Good("sign", "m", "--signature", curve + ".sig", "--private-key", authority[curve + ".key"]);
            Good("verify-signature", "m", "--signature", curve + ".sig", "--public-key", authority[curve + ".pub"]);
        }

        foreach (string kind in new[] { "secp256k1", "RSA", "P-521" })
            Expect(2, "BW1201", "sign", "m", "--signature", "n.sig", "--private-key", authority.Key(kind, kind));

        authority.Certify("root", null, OpenSslAuthority.Authority);
        authority.Certify("middle", "root", OpenSslAuthority.Authority);
        authority.Certify("leaf", "middle", OpenSslAuthority.Signer);
        authority.Certify("other", null, OpenSslAuthority.Authority);
        File.WriteAllText(_cli["chain.pem"], File.ReadAllText(authority["leaf.crt"]) + File.ReadAllText(authority["middle.crt"]));
        Good("sign", "m", "--signature", "c.sig", "--private-key", authority["leaf.key"], "--certificate-chain", "chain.pem");
        Expect(1, "BW1805", "sign", "m", "--signature", "n.sig", "--certificate-chain", "chain.pem");
        Cli.Outcome verified = Good("verify-signature", "m", "--signature", "c.sig", "--certificate-chain", authority["root.crt"], "--json");
        Assert.Equal("CN=leaf, ml@example.org, https://example.org/ci", verified.Json.GetProperty("identity").GetString());
        Good("verify-signature", "m", "--signature", "c.sig", "--certificate-chain", authority["root.crt"], "--identity", "ml@example.org");
        Expect(1, "BW1806", "verify-signature", "m", "--signature", "c.sig", "--certificate-chain", authority["root.crt"], "--identity", "someone@example.org");
        Expect(1, "BW1805", "verify-signature", "m", "--signature", "c.sig", "--certificate-chain", authority["other.crt"]);
        Expect(1, "BW1805", "verify-signature", "m", "--signature", "c.sig", "--certificate-chain", authority["middle.crt"]);
        Expect(1, "BW1802", "verify-signature", "m", "--signature", "P-256.sig", "--certificate-chain", authority["root.crt"]);
    }

    private static string[] Verify(params string[] more) => ["verify-signature", "m", "--signature", "m/model.sig", "--public-key", "pub.pem", .. more];

    private static string[] Uncovered(Cli.Outcome outcome) => [.. outcome.Json.GetProperty("uncovered").EnumerateArray().Select(u => u.GetString()!)];

    private Cli.Outcome Good(params string[] arguments) => Expect(0, null, arguments);

    private Cli.Outcome Expect(int code, string? error, params string[] arguments)
    {
        Cli.Outcome outcome = _cli.Run(arguments);
        Assert.True(outcome.Code == code && (error is null || outcome.Error.Contains($"[{error}]", StringComparison.Ordinal)), $"{string.Join(' ', arguments)}: {outcome}");
        return outcome;
    }
}
