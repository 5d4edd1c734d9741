using System.Text;
using System.Text.Json.Nodes;
using Bulwark.Keys;
using Bulwark.Signing;
using Bulwark.Testing;
using CsCheck;

namespace Bulwark.Tests.Signing;

/// <summary>Whatever becomes of a bundle, it verifies or is refused by an error of ours. BULWARK_FUZZ multiplies the number of tries.</summary>
public sealed class BundleFuzzTests
{
    private static readonly long Tries = 300 * (long.TryParse(Environment.GetEnvironmentVariable("BULWARK_FUZZ"), out long factor) ? factor : 1);

    private static readonly byte[][] Pieces =
    [
        "\""u8.ToArray(), "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), "null"u8.ToArray(), "-1"u8.ToArray(), "1e999"u8.ToArray(),
        "\\u0000"u8.ToArray(), "\\ud800"u8.ToArray(), [0], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], "0.1"u8.ToArray(), "true"u8.ToArray(), ","u8.ToArray(),
    ];

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1e400", "0.5", "\"\"", "\".\"", "\"..\"", "\"\\u0000\"", "[]", "[[]]", "{}", "[null]", "[{}]", "\"a:0:1\"", "\"=\"", "\"AA==\"", "9223372036854775808",
        "\"sha256\"", "\"blake2b\"", "\"blake3\"", "\"shards\"", "\"\\ud83d\"", "[\"a\",\"a\"]",
    ];

    [Fact]
    public async Task Bytes_changed_at_random()
    {
        using ModelFolder model = new(("w", "weights"), ("sub/v", "v"));
        byte[] bundle = await model.SignAsync();
        await Mutations(bundle).SampleAsync(changed => Survive(() => model.VerifyAsync(changed)), iter: Tries);
    }

    [Fact]
    public async Task Statements_changed_at_random_and_signed_again()
    {
        using ModelFolder model = new(("w", "weights"), ("sub/v", "v"));
        byte[] statement = (await model.ManifestAsync()).ToStatement();
        ModelSigner signer = new(ModelFolder.Key);
        await Mutations(statement).SampleAsync(
            changed => Survive(async () => await model.VerifyAsync(await signer.SignStatementAsync(changed, CancellationToken.None))), iter: Tries);
    }

    [Fact]
    public async Task Values_of_statements_and_bundles_exchanged_for_others()
    {
        using ModelFolder model = new(("w", "weights"), ("sub/v", "v"));
        string statement = Encoding.UTF8.GetString((await model.ManifestAsync()).ToStatement());
        string bundle = Encoding.UTF8.GetString(await model.SignAsync());
        ModelSigner signer = new(ModelFolder.Key);
        await Gen.Select(Gen.Int[0, 1000], Gen.Int[0, Values.Length - 1], Gen.Bool).SampleAsync(
            (at, value, inside) => Survive(async () => await model.VerifyAsync(inside
                ? await signer.SignStatementAsync(Encoding.UTF8.GetBytes(Exchange(statement, at, Values[value])), CancellationToken.None)
                : Encoding.UTF8.GetBytes(Exchange(bundle, at, Values[value])))),
            iter: Tries);
    }

    [DataFact]
    public async Task Certificates_changed_at_random()
    {
        string folder = SharedData.PathOf("oms", "model-transparency", "v1.1.0-certificate");
        SigningTrust trust = ReferenceSampleTests.Trust("v1.1.0-certificate");
        SigstoreBundle bundle = SigstoreBundle.Parse("it", File.ReadAllBytes(Path.Combine(folder, "model.sig")));
        string whole = File.ReadAllText(Path.Combine(folder, "model.sig"));
        foreach (byte[] certificate in bundle.Material.Certificates)
        {
            string original = Convert.ToBase64String(certificate);
            await Mutations(certificate).SampleAsync(
                changed => Survive(() => ModelVerifier.VerifyAsync(
                    folder, Encoding.UTF8.GetBytes(whole.Replace(original, Convert.ToBase64String(changed), StringComparison.Ordinal)), trust, new(), null, CancellationToken.None)),
                iter: Tries / 3);
        }
    }

    [Fact]
    public async Task Public_keys_changed_at_random()
    {
        byte[] ec = VerificationKey.FromPem(ModelFolder.Key.PublicKeyPem).SubjectPublicKeyInfo.ToArray();
        byte[] dsa = VerificationKey.FromPem(MLDsaSigningKey.Generate().PublicKeyPem).SubjectPublicKeyInfo.ToArray();
        byte[] message = [1, 2, 3];
        await Gen.OneOf(Mutations(ec), Mutations(dsa)).SampleAsync(
            changed => Survive(() =>
            {
                VerificationKey.FromSubjectPublicKeyInfo(changed).Verify(message, message);
                return Task.CompletedTask;
            }),
            iter: Tries);
        await Mutations(Encoding.ASCII.GetBytes(ModelFolder.Key.PublicKeyPem)).SampleAsync(
            changed => Survive(() =>
            {
                VerificationKey.FromPem(Encoding.UTF8.GetString(changed)).Verify(message, message);
                return Task.CompletedTask;
            }),
            iter: Tries);
    }

    [Fact]
    public async Task Claims_changed_at_random()
    {
        ModelManifest manifest = ModelManifest.ForFile("m", new byte[32]);
        byte[] claims = await ClaimsFile.SignAsync(
            ModelFolder.Key, manifest, [new(ClaimTypes.Scan, "{\"a\":[1]}"u8.ToArray()), new(ClaimTypes.Envelope, "{}"u8.ToArray())], CancellationToken.None);
        await Mutations(claims).SampleAsync(
            changed => Survive(() =>
            {
                ClaimsFile.Verify(changed, "m", manifest.Root.Span, ModelFolder.Trust, [ClaimTypes.Scan]);
                return Task.CompletedTask;
            }),
            iter: Tries);
    }

    private static Gen<byte[]> Mutations(byte[] original)
    {
        Gen<int> at = Gen.Int[0, original.Length - 1];
        return Gen.OneOf(
            Gen.Select(at, Gen.Byte, (i, b) => (byte[])[.. original[..i], b, .. original[(i + 1)..]]),
            Gen.Select(at, Gen.Int[0, 7], (i, bit) => (byte[])[.. original[..i], (byte)(original[i] ^ (1 << bit)), .. original[(i + 1)..]]),
            Gen.Select(at, Gen.Int[0, Pieces.Length - 1], (i, piece) => (byte[])[.. original[..i], .. Pieces[piece], .. original[i..]]),
            Gen.Select(at, Gen.Int[1, 40], (i, n) => (byte[])[.. original[..i], .. original[Math.Min(original.Length, i + n)..]]),
            Gen.Select(at, at, Gen.Int[1, 60], (from, to, n) => (byte[])[.. original[..to], .. original[from..Math.Min(original.Length, from + n)], .. original[to..]]),
            at.Select(i => original[..i]));
    }

    // The n-th value of the document, in the order of the text.
    private static string Exchange(string json, int n, string value)
    {
        JsonNode root = JsonNode.Parse(json)!;
        List<(JsonNode Parent, string? Name, int Index)> places = [];
        Queue<JsonNode> nodes = new([root]);
        while (nodes.TryDequeue(out JsonNode? node))
        {
            foreach ((string name, JsonNode? child) in node is JsonObject o ? o.ToList() : [])
            {
                places.Add((node, name, 0));
                if (child is JsonObject or JsonArray)
                    nodes.Enqueue(child);
            }

            for (int i = 0; node is JsonArray list && i < list.Count; i++)
            {
                places.Add((node, null, i));
                if (list[i] is JsonObject or JsonArray)
                    nodes.Enqueue(list[i]!);
            }
        }

        (JsonNode parent, string? member, int index) = places[n % places.Count];
        // Not every value can be parsed into a node: it is put in as text.
        if (member is not null)
            parent[member] = "\u2603";
        else
            parent[index] = "\u2603";
        return root.ToJsonString().Replace("\"\\u2603\"", value, StringComparison.Ordinal);
    }

    private static async Task Survive(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception error) when (error is SigningException or KeyException)
        {
            Assert.StartsWith("BW1", ((BulwarkException)error).Code, StringComparison.Ordinal);
        }
    }
}
