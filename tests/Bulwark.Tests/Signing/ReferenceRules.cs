using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Bulwark.Tests.Signing;

/// <summary>
/// What <c>model_signing verify key</c> does, written down once more from its rules and sharing no code with ours: naive, slow, and
/// satisfied with what the reference is satisfied with.
/// </summary>
internal static class ReferenceRules
{
    public static void Verify(string model, string bundleText, string publicKeyPem, string? signaturePath)
    {
        JsonObject bundle = JsonNode.Parse(bundleText)!.AsObject();
        Only(bundle, "mediaType", "verificationMaterial", "dsseEnvelope");
        Equal("application/vnd.dev.sigstore.bundle.v0.3+json", bundle["mediaType"]);
        JsonObject material = bundle["verificationMaterial"]!.AsObject();
        Only(material, "publicKey", "tlogEntries");
        Only(material["publicKey"]!.AsObject(), "hint");
        Equal(Hex(SHA256.HashData(Encoding.ASCII.GetBytes(publicKeyPem))), material["publicKey"]!["hint"]);
        JsonObject envelope = bundle["dsseEnvelope"]!.AsObject();
        Only(envelope, "payload", "payloadType", "signatures");
        Equal("application/vnd.in-toto+json", envelope["payloadType"]);
        JsonObject signature = envelope["signatures"]!.AsArray().Single()!.AsObject();
        Only(signature, "sig", "keyid");
        Equal("", signature["keyid"]);

        byte[] payload = Convert.FromBase64String(envelope["payload"]!.GetValue<string>());
        byte[] signed = [.. Encoding.UTF8.GetBytes($"DSSEv1 28 application/vnd.in-toto+json {payload.Length} "), .. payload];
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(publicKeyPem);
        HashAlgorithmName hash = key.KeySize == 256 ? HashAlgorithmName.SHA256 : key.KeySize == 384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA512;
        Assert.True(key.VerifyData(signed, Convert.FromBase64String(signature["sig"]!.GetValue<string>()), hash, DSASignatureFormat.Rfc3279DerSequence));

        JsonObject statement = JsonNode.Parse(payload)!.AsObject();
        Only(statement, "_type", "subject", "predicateType", "predicate");
        Equal("https://in-toto.io/Statement/v1", statement["_type"]);
        Equal("https://model_signing/signature/v1.0", statement["predicateType"]);
        JsonObject subject = statement["subject"]!.AsArray().Single()!.AsObject();
        Equal(Path.GetFileName(model), subject["name"]);
        Only(statement["predicate"]!.AsObject(), "serialization", "resources");
        JsonObject serialization = statement["predicate"]!["serialization"]!.AsObject();
        Equal("files", serialization["method"]);
        Equal("sha256", serialization["hash_type"]);
        bool links = serialization["allow_symlinks"]!.GetValue<bool>();
        string[] ignored = [.. serialization["ignore_paths"]!.AsArray().Select(p => p!.GetValue<string>()), ".git", ".gitattributes", ".github", ".gitignore"];

        using IncrementalHash root = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Dictionary<string, string> expected = [];
        string? previous = null;
        foreach (JsonNode? resource in statement["predicate"]!["resources"]!.AsArray())
        {
            Only(resource!.AsObject(), "name", "algorithm", "digest");
            Equal("sha256", resource["algorithm"]);
            string name = resource["name"]!.GetValue<string>();
            // Go: strictly increasing bytes.
            Assert.True(previous is null || Encoding.UTF8.GetBytes(previous).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(name)) < 0, name);
            previous = name;
            expected.Add(name, resource["digest"]!.GetValue<string>());
            root.AppendData(Convert.FromHexString(expected[name]));
        }

        Equal(Hex(root.GetHashAndReset()), subject["digest"]!["sha256"]);
        Assert.Equal(Found(model, ignored, links, signaturePath).OrderBy(f => f.Key, StringComparer.Ordinal), expected.OrderBy(f => f.Key, StringComparer.Ordinal));
    }

    private static Dictionary<string, string> Found(string model, string[] ignored, bool links, string? signature)
    {
        Dictionary<string, string> found = [];
        if (File.Exists(model))
        {
            found.Add(".", Hex(SHA256.HashData(File.ReadAllBytes(model))));
            return found;
        }

        foreach (string path in Directory.EnumerateFileSystemEntries(model, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            string name = Path.GetRelativePath(model, path);
            if (path == signature || ignored.Any(i => name == i || name.StartsWith(i + "/", StringComparison.Ordinal)))
                continue;
            Assert.True(links || new FileInfo(path).LinkTarget is null, $"{name} is a link");
            if (File.Exists(path))
                found.Add(name, Hex(SHA256.HashData(File.ReadAllBytes(path))));
        }

        return found;
    }

    private static void Only(JsonObject o, params string[] members) => Assert.Equal(members.Order(), o.Select(m => m.Key).Order());

    private static void Equal(string expected, JsonNode? actual) => Assert.Equal(expected, actual!.GetValue<string>());

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
