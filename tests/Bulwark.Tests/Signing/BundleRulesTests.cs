using System.Diagnostics;
using System.Text;
using Bulwark.Keys;
using Bulwark.Signing;

namespace Bulwark.Tests.Signing;

/// <summary>Bundles whose signature is good and whose form is not.</summary>
public sealed class BundleRulesTests
{
    public static TheoryData<string, string, string> Refused => new()
    {
        { "another media type", "bundle.v0.3+json", "bundle+json;version=0.3" },
        { "a media type of other case", "vnd.dev.sigstore", "vnd.dev.Sigstore" },
        { "no media type", "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",", "" },
        { "an unknown member", "\"mediaType\"", "\"extra\":1,\"mediaType\"" },
        { "a member twice", "\"dsseEnvelope\"", "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"dsseEnvelope\"" },
        { "an unknown member of the envelope", "\"payloadType\"", "\"extra\":1,\"payloadType\"" },
        { "another payload type", "application/vnd.in-toto+json", "application/json" },
        { "no signature", "[{\"sig\"", "[],\"x\":[{\"sig\"" },
        { "a second signature", "\"keyid\":\"\"}]", "\"keyid\":\"\"},{\"sig\":\"AAAA\"}]" },
        { "an unknown member of the signature", "\"keyid\"", "\"cert\":\"\",\"keyid\"" },
        { "a key id that is a number", "\"keyid\":\"\"", "\"keyid\":1" },
        { "no key and no certificate", "\"publicKey\":{\"hint\":\"HINT\"},", "" },
        { "a key without name", "{\"hint\":\"HINT\"}", "{}" },
        { "a key that is null", "{\"hint\":\"HINT\"}", "null" },
        { "a name in upper case", "HINT", "UPPERHINT" },
        { "another key's name", "HINT", "0000000000000000000000000000000000000000000000000000000000000000" },
        { "a key and certificates", "\"tlogEntries\"", "\"x509CertificateChain\":{\"certificates\":[]},\"tlogEntries\"" },
        { "log entries nobody checks", "\"tlogEntries\":[]", "\"tlogEntries\":[{}]" },
        { "timestamps nobody checks", "\"tlogEntries\":[]", "\"timestampVerificationData\":{\"rfc3161Timestamps\":[{\"signedTimestamp\":\"AAAA\"}]}" },
        { "a key's bytes that are none", "\"hint\":\"HINT\"", "\"rawBytes\":\"AAAA\"" },
        { "white space in base64", "\"payload\":\"", "\"payload\":\" " },
        { "a byte-order mark", "{\"mediaType\"", "\ufeff{\"mediaType\"" },
        { "a NUL at its end", "}]}}", "}]}}\0" },
        { "a list around it", "{\"mediaType\"", "[{\"mediaType\"" },
    };

    public static TheoryData<string, string, string> Accepted => new()
    {
        { "as it is", "", "" },
        { "no log entries", ",\"tlogEntries\":[]", "" },
        { "no key id", ",\"keyid\":\"\"", "" },
        { "a key id that is null", "\"keyid\":\"\"", "\"keyid\":null" },
        { "a key id that says something", "\"keyid\":\"\"", "\"keyid\":\"abc\"" },
        { "an empty name for the key", "HINT", "" },
        { "the key's own bytes", "\"hint\":\"HINT\"", "\"rawBytes\":\"PEM\",\"keyDetails\":\"PKIX_ECDSA_P256_SHA_256\"" },
        { "name and bytes", "\"hint\":\"HINT\"", "\"hint\":\"HINT\",\"rawBytes\":\"PEM\"" },
        { "no timestamps", "\"tlogEntries\":[]", "\"tlogEntries\":[],\"timestampVerificationData\":{\"rfc3161Timestamps\":[]}" },
        { "null for timestamps", "\"tlogEntries\":[]", "\"tlogEntries\":[],\"timestampVerificationData\":null" },
        { "white space around it", "{\"mediaType\"", "\n {\"mediaType\"" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_bundle_is_refused_that_has(string what, string old, string replacement)
    {
        using ModelFolder model = new(("w", "weights"));
        byte[] bundle = await BundleAsync(old, replacement);
        string code = await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle));
        Assert.True(code == (what is "a name in upper case" or "another key's name" ? "BW1802" : "BW1801"), $"{what}: {code}");
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task A_bundle_is_accepted_that_has(string what, string old, string replacement)
    {
        using ModelFolder model = new(("w", "weights"));
        VerifiedModel verified = await model.VerifyAsync(await BundleAsync(old, replacement));
        Assert.Equal(what is "an empty name for the key" or "the key's own bytes", verified.Remarks.Count == 1);
    }

    [Fact]
    public async Task A_bundle_that_names_no_key_is_tried_with_every_trusted_one()
    {
        using ModelFolder model = new(("w", "weights"));
        byte[] bundle = await BundleAsync("HINT", "");
        VerificationKey[] others = [.. Enumerable.Range(0, 3).Select(_ => VerificationKey.FromPem(PemSigningKey.Generate().PublicKeyPem))];
        await ModelVerifier.VerifyAsync(model.Path, bundle, new() { Keys = [.. others, .. ModelFolder.Trust.Keys] }, new(), null, CancellationToken.None);
        Assert.Equal("BW1802", await ModelFolder.CodeAsync(() =>
            ModelVerifier.VerifyAsync(model.Path, bundle, new() { Keys = others }, new(), null, CancellationToken.None)));
    }

    [Theory]
    [InlineData("-_")]
    [InlineData("no padding")]
    [InlineData("loose bits")]
    public async Task Other_spellings_of_base64_are_refused(string how)
    {
        using ModelFolder model = new(("w", "weights"));
        string bundle = Encoding.UTF8.GetString(await BundleAsync("", ""));
        int from = bundle.IndexOf("\"sig\":\"", StringComparison.Ordinal) + 7;
        string signature = bundle[from..bundle.IndexOf('"', from)];
        string other = how switch
        {
            "-_" => signature[..^4] + "-_-_",
            "no padding" => signature[..^1],
            _ => "AB==",
        };
        Assert.Equal("BW1801", await ModelFolder.CodeAsync(() => model.VerifyAsync(Encoding.UTF8.GetBytes(bundle.Replace(signature, other, StringComparison.Ordinal)))));
    }

    [Fact]
    public async Task Deep_wide_and_huge_documents_are_refused_at_once()
    {
        using ModelFolder model = new(("w", "weights"));
        Stopwatch watch = Stopwatch.StartNew();
        foreach (string text in new[]
        {
            new string('[', 1 << 20),
            string.Concat(Enumerable.Repeat("{\"a\":", 100_000)),
            "{" + string.Join(',', Enumerable.Range(0, 300_000).Select(i => $"\"m{i}\":0")) + "}",
            "[" + string.Join(',', Enumerable.Repeat("0", 1_000_000)) + "]",
            "\"" + new string('a', 8 << 20) + "\"",
            new string('9', 1 << 20),
            new string(' ', ModelVerifier.MaximumBundleLength + 1),
            "",
            "\0",
        })
        {
            Assert.Equal("BW1801", await ModelFolder.CodeAsync(() => model.VerifyAsync(Encoding.UTF8.GetBytes(text))));
        }

        string statement = StatementRulesTests.Statement("\"algorithm\"", "\"x\":" + new string('[', 100) + new string(']', 100) + ",\"algorithm\"");
        byte[] deep = await StatementRulesTests.SignAsync(statement);
        Assert.Equal("BW1801", await ModelFolder.CodeAsync(() => model.VerifyAsync(deep)));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{watch.Elapsed}");
    }

    [Fact]
    public async Task A_sparse_file_of_a_terabyte_is_no_signature()
    {
        using ModelFolder model = new(("w", "weights"));
        using (FileStream sparse = File.Create(model.Beside("huge.sig")))
            sparse.SetLength(1L << 40);
        Assert.Equal("BW1801", await ModelFolder.CodeAsync(() => ModelVerifier.VerifyAsync(
            model.Path, model.Beside("huge.sig"), ModelFolder.Trust, new(), null, CancellationToken.None)));
        Assert.Equal("BW1809", await ModelFolder.CodeAsync(() => ModelVerifier.VerifyAsync(
            model.Path, model.Beside("none.sig"), ModelFolder.Trust, new(), null, CancellationToken.None)));
        Assert.Equal("BW1808", await ModelFolder.CodeAsync(() => ModelVerifier.VerifyAsync(
            model.Path, model.Path, ModelFolder.Trust, new(), null, CancellationToken.None)));
    }

    private static async Task<byte[]> BundleAsync(string old, string replacement)
    {
        VerificationKey key = ModelFolder.Trust.Keys[0];
        string text = Encoding.UTF8.GetString(await StatementRulesTests.SignAsync(StatementRulesTests.Statement())).Replace(key.Hint, "HINT", StringComparison.Ordinal);
        if (old.Length > 0)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, replacement, StringComparison.Ordinal);
        }

        return Encoding.UTF8.GetBytes(text
            .Replace("UPPERHINT", key.Hint.ToUpperInvariant(), StringComparison.Ordinal)
            .Replace("HINT", key.Hint, StringComparison.Ordinal)
            .Replace("\"PEM\"", $"\"{Convert.ToBase64String(Encoding.ASCII.GetBytes(key.Pem))}\"", StringComparison.Ordinal));
    }
}
