using System.Security.Cryptography;
using System.Text;
using Bulwark.Signing;

namespace Bulwark.Tests.Signing;

/// <summary>
/// Statements and bundles that are validly signed, each breaking (or bending) one rule. Many of those refused here are accepted by the
/// reference: what must not be is written in the names.
/// </summary>
public sealed class StatementRulesTests
{
    private const string Text = "weights";
    private static readonly string File = Hex(Text);

    public static TheoryData<string, string, string> Refused => new()
    {
        // what, text replaced, text in its place
        { "another statement type", "https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1" },
        { "another predicate type", "signature/v1.0\"", "signature/v2.0\"" },
        { "version 0.2's predicate type, signed as 1.0 signs", "https://model_signing/signature/v1.0", "https://model_signing/Digests/v0.1" },
        { "no subject", "\"subject\":[SUBJECT]", "\"subject\":[]" },
        { "two subjects", "\"subject\":[SUBJECT]", "\"subject\":[SUBJECT,SUBJECT]" },
        { "a subject without name", "\"name\":\"model\",", "" },
        { "a subject with an empty name", "\"name\":\"model\"", "\"name\":\"\"" },
        { "another root", "ROOT", Hex("root") },
        { "an upper-case root", "ROOT", "UPPERROOT" },
        { "no sha256 among the digests", "\"sha256\":\"ROOT\"", "\"sha512\":\"00\"" },
        { "an unknown member of the statement", "\"_type\"", "\"extra\":1,\"_type\"" },
        { "an unknown member of the predicate", "\"resources\"", "\"extra\":1,\"resources\"" },
        { "an unknown member of the serialization", "\"method\"", "\"extra\":1,\"method\"" },
        { "a member twice", "\"method\":\"files\"", "\"method\":\"files\",\"method\":\"files\"" },
        { "a member twice, once escaped", "\"method\":\"files\"", "\"method\":\"files\",\"\\u006dethod\":\"shards\"" },
        { "a member of another case", "\"hash_type\"", "\"Hash_Type\"" },
        { "no method", "\"method\":\"files\",", "" },
        { "an unknown method", "\"method\":\"files\"", "\"method\":\"Files\"" },
        { "an unknown hash", "\"hash_type\":\"sha256\"", "\"hash_type\":\"sha1\"" },
        { "an upper-case hash", "\"hash_type\":\"sha256\"", "\"hash_type\":\"SHA256\"" },
        { "a hash that is not the resources'", "\"hash_type\":\"sha256\"", "\"hash_type\":\"blake3\"" },
        { "a resource of another hash", "\"algorithm\":\"sha256\"", "\"algorithm\":\"blake3\"" },
        { "links allowed by a text", "\"allow_symlinks\":false", "\"allow_symlinks\":\"false\"" },
        { "no word about links", ",\"allow_symlinks\":false", "" },
        { "a shard size with the method files", "\"allow_symlinks\":false", "\"allow_symlinks\":false,\"shard_size\":10" },
        { "no resources", "[RESOURCE]", "[]" },
        { "a resource twice", "[RESOURCE]", "[RESOURCE,RESOURCE]" },
        { "a name with a dot part", "\"w\"", "\"./w\"" },
        { "a name with an empty part", "\"w\"", "\"sub//w\"" },
        { "a name that leads up", "\"w\"", "\"../model/w\"" },
        { "a rooted name", "\"w\"", "\"/w\"" },
        { "a name ending in a slash", "\"w\"", "\"w/\"" },
        { "a dot for a folder", "\"w\"", "\".\"" },
        { "an empty name", "\"w\"", "\"\"" },
        { "a name with a NUL", "\"w\"", "\"w\\u0000\"" },
        { "a name with half a surrogate pair", "\"w\"", "\"w\\ud800\"" },
        { "a name that is a number", "\"w\"", "1" },
        { "another case of the name", "\"w\"", "\"W\"" },
        { "an upper-case digest", "\"digest\":\"FILE\"", "\"digest\":\"UPPERFILE\"" },
        { "a short digest", "\"digest\":\"FILE\"", "\"digest\":\"00\"" },
        { "a resource that is a text", "[RESOURCE]", "[\"w\"]" },
        { "a resource without algorithm", "\"algorithm\":\"sha256\",", "" },
        { "the root ignored", "IGNORED", "\".\"" },
        { "an empty path ignored", "IGNORED", "\"\"" },
        { "a path above ignored", "IGNORED", "\"../x\"" },
        { "a rooted path ignored", "IGNORED", "\"/x\"" },
        { "a wildcard ignored", "IGNORED", "\"*.bin\"" },
        { "a signed file ignored", "IGNORED", "\"w\"" },
        { "a number ignored", "IGNORED", "1" },
        { "a byte-order mark", "{\"_type\"", "\ufeff{\"_type\"" },
        { "something after it", "}END", "}{}" },
        { "a comment", "{\"_type\"", "/**/{\"_type\"" },
        { "a trailing comma", "}END", ",}" },
    };

    public static TheoryData<string, string, string> Accepted => new()
    {
        { "as it is", "", "" },
        { "members of resources that say nothing here", "\"algorithm\":\"sha256\"", "\"algorithm\":\"sha256\",\"annotations\":{\"a\":1}" },
        { "members of the subject that say nothing here", "\"name\":\"model\"", "\"name\":\"model\",\"annotations\":{}" },
        { "a second digest of the subject", "\"sha256\":\"ROOT\"", "\"sha512\":\"00\",\"sha256\":\"ROOT\"" },
        { "another name for the model", "\"name\":\"model\"", "\"name\":\"bert\"" },
        { "nothing ignored", ",\"ignore_paths\":[IGNORED]", "" },
        { "paths ignored that are not there", "IGNORED", "\"a/b\",\"c/\"" },
        { "links allowed", "\"allow_symlinks\":false", "\"allow_symlinks\":true" },
        { "escaped members", "\"method\"", "\"\\u006dethod\"" },
        { "white space", "{\"_type\"", " \r\n\t{\"_type\"" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_signed_statement_is_refused_that_has(string what, string old, string replacement)
    {
        using ModelFolder model = new(("w", Text));
        byte[] bundle = await SignAsync(Statement(old, replacement));
        string code = await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle));
        Assert.True(code == (what == "another case of the name" || what == "a dot for a folder" ? "BW1803" : "BW1801"), $"{what}: {code}");
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task A_signed_statement_is_accepted_that_has(string what, string old, string replacement)
    {
        using ModelFolder model = new(("w", Text));
        VerifiedModel verified = await model.VerifyAsync(await SignAsync(Statement(old, replacement)));
        Assert.True(verified.Uncovered.Count == 0, what);
    }

    [Theory]
    [InlineData("w:0:4,w:4:7", 4, "shards", "")]
    [InlineData("w:4:7,w:0:4", 4, "shards", "")]
    [InlineData("w:0:4,w:4:7", 4, "sha256-sharded-4", "")]
    [InlineData("w:0:7", 1000, "shards", "")]
    [InlineData("w:0:4", 4, "shards", "BW1803")]
    [InlineData("w:0:4,w:4:8", 4, "shards", "BW1803")]
    [InlineData("w:0:4,w:5:7", 4, "shards", "BW1801")]
    [InlineData("w:0:4,w:3:7", 4, "shards", "BW1801")]
    [InlineData("w:0:4,w:0:4,w:4:7", 4, "shards", "BW1801")]
    [InlineData("w:0:3,w:3:7", 4, "shards", "BW1801")]
    [InlineData("w:0:7", 4, "shards", "BW1801")]
    [InlineData("w:00:4,w:4:7", 4, "shards", "BW1801")]
    [InlineData("w:+0:4,w:4:7", 4, "shards", "BW1801")]
    [InlineData("w:0:0", 4, "shards", "BW1801")]
    [InlineData("w:7:0", 4, "shards", "BW1801")]
    [InlineData("w:0:9223372036854775808", 4, "shards", "BW1801")]
    [InlineData("w:0:9223372036854775807", 9223372036854775807, "shards", "BW1803")]
    [InlineData("w", 4, "shards", "BW1801")]
    [InlineData("w:0", 4, "shards", "BW1801")]
    [InlineData(":0:4", 4, "shards", "BW1801")]
    [InlineData("../w:0:4", 4, "shards", "BW1801")]
    [InlineData("w:0:4,w:4:7", 4, "sha256-sharded-5", "BW1801")]
    [InlineData("w:0:4,w:4:7", 0, "shards", "BW1801")]
    [InlineData("w:0:4,w:4:7", -4, "shards", "BW1801")]
    public async Task Pieces_of_a_file_must_cover_it_once_and_in_whole(string names, long size, string algorithm, string code)
    {
        using ModelFolder model = new(("w", Text), ("empty", ""));
        byte[] content = Encoding.UTF8.GetBytes(Text);
        string[] digests = [.. names.Split(',').Select(name =>
        {
            string[] parts = name.Split(':');
            int from = parts.Length == 3 && int.TryParse(parts[1], out int a) ? Math.Min(a, content.Length) : 0;
            int to = parts.Length == 3 && int.TryParse(parts[2], out int b) ? Math.Clamp(b, from, content.Length) : content.Length;
            return Convert.ToHexStringLower(SHA256.HashData(content.AsSpan()[from..to]));
        })];
        string resources = string.Join(',', names.Split(',').Zip(digests, (name, digest) =>
            $$"""{"name":"{{name}}","algorithm":"{{(algorithm == "shards" ? "sha256" : algorithm)}}","digest":"{{digest}}"}"""));
        string statement = Template
            .Replace("\"method\":\"files\"", $"\"method\":\"shards\",\"shard_size\":{size}", StringComparison.Ordinal)
            .Replace("RESOURCE", resources, StringComparison.Ordinal)
            .Replace("ROOT", Convert.ToHexStringLower(SHA256.HashData([.. digests.SelectMany(Convert.FromHexString)])), StringComparison.Ordinal)
            .Replace("IGNORED", "", StringComparison.Ordinal)
            .Replace("END", "", StringComparison.Ordinal);
        byte[] bundle = await SignAsync(statement);
        if (code.Length == 0)
            Assert.Equal(["empty"], (await model.VerifyAsync(bundle)).Uncovered.Select(u => u.Name));
        else
            Assert.Equal(code, await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle)));
    }

    [Theory]
    [InlineData("4.0", true)]
    [InlineData("4e0", true)]
    [InlineData("4.5", false)]
    [InlineData("1e400", false)]
    [InlineData("\"4\"", false)]
    [InlineData("null", false)]
    public async Task A_shard_size_is_a_whole_number_however_python_writes_it(string size, bool good)
    {
        using ModelFolder model = new(("w", "abcd"));
        string digest = Hex("abcd");
        string statement = Template
            .Replace("\"method\":\"files\"", $"\"method\":\"shards\",\"shard_size\":{size}", StringComparison.Ordinal)
            .Replace("RESOURCE", $$"""{"name":"w:0:4","algorithm":"sha256","digest":"{{digest}}"}""", StringComparison.Ordinal)
            .Replace("ROOT", Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(digest))), StringComparison.Ordinal)
            .Replace("IGNORED", "", StringComparison.Ordinal)
            .Replace("END", "", StringComparison.Ordinal);
        byte[] bundle = await SignAsync(statement);
        if (good)
            await model.VerifyAsync(bundle);
        else
            Assert.Equal("BW1801", await ModelFolder.CodeAsync(() => model.VerifyAsync(bundle)));
    }

    [Fact]
    public async Task Names_in_any_order_verify_while_their_root_matches()
    {
        using ModelFolder model = new(("a", "1"), ("b", "2"));
        string First(string name, string text) => $$"""{"name":"{{name}}","algorithm":"sha256","digest":"{{Hex(text)}}"}""";
        string statement = Template
            .Replace("RESOURCE", First("b", "2") + "," + First("a", "1"), StringComparison.Ordinal)
            .Replace("ROOT", Convert.ToHexStringLower(SHA256.HashData([.. Convert.FromHexString(Hex("2")), .. Convert.FromHexString(Hex("1"))])), StringComparison.Ordinal)
            .Replace("IGNORED", "", StringComparison.Ordinal)
            .Replace("END", "", StringComparison.Ordinal);
        Assert.Equal(["b", "a"], (await model.VerifyAsync(await SignAsync(statement))).Manifest.Resources.Select(r => r.Name));
    }

    internal static Task<byte[]> SignAsync(string statement) =>
        new ModelSigner(ModelFolder.Key).SignStatementAsync(Encoding.UTF8.GetBytes(statement), CancellationToken.None);

    internal static string Statement(string old = "", string replacement = "")
    {
        string root = Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(File)));
        string text = Template.Replace("RESOURCE", Resource, StringComparison.Ordinal);
        if (old is "[RESOURCE]")
        {
            // The root of what stands there then, so that nothing else is wrong.
            int count = replacement.Split("RESOURCE").Length - 1;
            root = Convert.ToHexStringLower(SHA256.HashData([.. Enumerable.Repeat(Convert.FromHexString(File), count).SelectMany(b => b)]));
            text = Template.Replace(old, replacement.Replace("RESOURCE", Resource, StringComparison.Ordinal), StringComparison.Ordinal);
        }
        else if (old.Contains("SUBJECT", StringComparison.Ordinal))
        {
            text = text.Replace($"\"subject\":[{Subject}]", replacement.Replace("SUBJECT", Subject, StringComparison.Ordinal), StringComparison.Ordinal);
        }
        else if (old.Length > 0)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, replacement, StringComparison.Ordinal);
        }

        return text
            .Replace("UPPERROOT", root.ToUpperInvariant(), StringComparison.Ordinal)
            .Replace("ROOT", root, StringComparison.Ordinal)
            .Replace("UPPERFILE", File.ToUpperInvariant(), StringComparison.Ordinal)
            .Replace("FILE", File, StringComparison.Ordinal)
            .Replace("IGNORED", "", StringComparison.Ordinal)
            .Replace("END", "", StringComparison.Ordinal);
    }

    private const string Subject = """{"name":"model","digest":{"sha256":"ROOT"}}""";

    private const string Resource = """{"name":"w","algorithm":"sha256","digest":"FILE"}""";

    private const string Template =
        """{"_type":"https://in-toto.io/Statement/v1","subject":[""" + Subject + """],"predicateType":"https://model_signing/signature/v1.0","predicate":"""
        + """{"serialization":{"method":"files","hash_type":"sha256","allow_symlinks":false,"ignore_paths":[IGNORED]},"resources":[RESOURCE]}}END""";

    private static string Hex(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
