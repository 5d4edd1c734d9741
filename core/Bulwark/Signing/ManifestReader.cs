using System.Security.Cryptography;
using System.Text.Json;

namespace Bulwark.Signing;

/// <summary>Reads the statement of a model signature, and refuses every one that does not say one thing in one way.</summary>
/// <remarks>
/// <code>
/// {"_type":"https://in-toto.io/Statement/v1","subject":[{"name":…,"digest":{"sha256":root}}],
///  "predicateType":"https://model_signing/signature/v1.0",
///  "predicate":{"serialization":{"method","hash_type","allow_symlinks"[,"ignore_paths"][,"shard_size"]},
///               "resources":[{"name","algorithm","digest"},…]}}
/// root = SHA-256 over the raw digests in listed order
///
/// Version 0.2: predicateType https://model_signing/Digests/v0.1, one subject per file with its SHA-256, an empty predicate.
/// </code>
/// Source: ossf/model-signing-spec, schemas v1.0. Refused although the reference accepts them: duplicate names, names with <c>.</c>,
/// <c>..</c> or empty parts, upper-case hex, no resources at all, <c>ignore_paths</c> that name the root, and a <c>hash_type</c> that
/// is not the resources' algorithm.
/// </remarks>
internal static class ManifestReader
{
    private const int MaximumIgnorePaths = 10_000;

    /// <summary>Reads a v1.0 statement.</summary>
    /// <exception cref="SigningException">BW1801: a rule is broken.</exception>
    public static ModelManifest Read(string what, ReadOnlyMemory<byte> payload) =>
        StrictJson.Read(what, payload, SigstoreBundle.MaximumLength, statement =>
        {
            if (Statements.ReadType(what, statement) != ModelManifest.PredicateType)
                throw SigningException.Malformed(what, "its statement is no model signature v1.0");
            (string subject, byte[] root) = Statements.ReadSubject(what, statement);
            JsonElement predicate = statement.GetProperty("predicate");
            StrictJson.Members(what, predicate, ["serialization", "resources"], []);
            ManifestSerialization serialization = ReadSerialization(what, predicate.GetProperty("serialization"));
            ModelManifest manifest = new(subject, ReadResources(what, predicate, serialization), serialization);
            return CryptographicOperations.FixedTimeEquals(manifest.Root.Span, root)
                ? manifest
                : throw SigningException.Malformed(what, "its root digest is not that of its resources");
        });

    /// <summary>Reads a statement of version 0.2. It names no model, so the subject is empty.</summary>
    /// <exception cref="SigningException">BW1801: a rule is broken.</exception>
    public static ModelManifest ReadVersion02(string what, ReadOnlyMemory<byte> payload) =>
        StrictJson.Read(what, payload, SigstoreBundle.MaximumLength, statement =>
        {
            if (Statements.ReadType(what, statement) != ModelManifest.PredicateType02)
                throw SigningException.Malformed(what, "it is signed as version 0.2 signed, but its statement is another");
            List<ManifestResource> resources = [];
            foreach (JsonElement subject in StrictJson.Array(what, statement, "subject").EnumerateArray())
            {
                (string name, byte[] digest) = Statements.ReadDescriptor(what, subject);
                if (subject.TryGetProperty("annotations", out JsonElement notes)
                    && (notes.ValueKind != JsonValueKind.Object || StrictJson.Text(what, notes, "actual_hash_algorithm") != "file-sha256"))
                {
                    throw SigningException.Malformed(what, "a file in it is not hashed with SHA-256");
                }

                resources.Add(new ManifestResource(name, digest));
            }

            CheckNames(what, resources);
            return new ModelManifest("", resources, new ManifestSerialization());
        });

    private static ManifestSerialization ReadSerialization(string what, JsonElement element)
    {
        StrictJson.Members(what, element, ["method", "hash_type", "allow_symlinks"], ["ignore_paths", "shard_size"]);
        string method = StrictJson.Text(what, element, "method");
        string hashType = StrictJson.Text(what, element, "hash_type");
        bool sharded = method == ManifestSerialization.Shards;
        if (!sharded && method != ManifestSerialization.Files)
            throw SigningException.Malformed(what, "its method is neither files nor shards");
        if (ResourceHash.LengthOf(hashType) is null || (sharded && hashType == ManifestSerialization.Blake3))
            throw SigningException.Malformed(what, "its hash is not one of sha256, blake2b, blake3 (files only)");
        if (sharded != element.TryGetProperty("shard_size", out _))
            throw SigningException.Malformed(what, "a shard size belongs to the method shards, and only there");
        return new ManifestSerialization
        {
            Method = method,
            HashType = hashType,
            ShardSize = sharded ? StrictJson.Count(what, element, "shard_size") : null,
            AllowSymlinks = StrictJson.Flag(what, element, "allow_symlinks"),
            IgnorePaths = element.TryGetProperty("ignore_paths", out _) ? ReadIgnorePaths(what, StrictJson.Array(what, element, "ignore_paths")) : [],
        };
    }

    private static List<string> ReadIgnorePaths(string what, JsonElement list)
    {
        if (list.GetArrayLength() > MaximumIgnorePaths)
            throw SigningException.Malformed(what, $"it ignores more than {MaximumIgnorePaths} paths");
        List<string> paths = [];
        foreach (JsonElement element in list.EnumerateArray())
        {
            string path = StrictJson.Text(what, element);
            if (ModelPath.RefuseIgnored(path) is { } why)
                throw SigningException.Malformed(what, $"it ignores the path '{Shown(path)}': {why}");
            paths.Add(path.TrimEnd('/'));
        }

        return paths;
    }

    private static List<ManifestResource> ReadResources(string what, JsonElement predicate, ManifestSerialization serialization)
    {
        JsonElement list = StrictJson.Array(what, predicate, "resources");
        if (list.GetArrayLength() > ModelManifest.MaximumResources)
            throw SigningException.Malformed(what, $"it lists more than {ModelManifest.MaximumResources} resources");
        int length = ResourceHash.LengthOf(serialization.HashType)!.Value;
        string? shardAlgorithm = serialization.ShardSize is { } size ? $"{serialization.HashType}-sharded-{size}" : null;
        List<ManifestResource> resources = new(list.GetArrayLength());
        foreach (JsonElement resource in list.EnumerateArray())
        {
            if (resource.ValueKind != JsonValueKind.Object)
                throw SigningException.Malformed(what, "a resource is no object");
            string algorithm = StrictJson.Text(what, resource, "algorithm");
            if (algorithm != serialization.HashType && algorithm != shardAlgorithm)
                throw SigningException.Malformed(what, $"a resource is hashed with '{Shown(algorithm)}', but the signature says {serialization.HashType}");
            resources.Add(new ManifestResource(StrictJson.Text(what, resource, "name"), Statements.Digest(what, resource, "digest", length)));
        }

        if (serialization.ShardSize is { } shardSize)
            CheckShards(what, resources, shardSize);
        else
            CheckNames(what, resources);
        IgnoredPaths ignored = new(serialization.IgnorePaths);
        foreach (ManifestResource resource in resources)
        {
            string path = serialization.ShardSize is null ? resource.Name : ShardName.Parse(resource.Name)!.Value.Path;
            if (ignored.Covers(path))
                throw SigningException.Malformed(what, $"'{Shown(path)}' is both signed and ignored");
        }

        return resources;
    }

    private static void CheckNames(string what, List<ManifestResource> resources)
    {
        if (resources.Count == 0)
            throw SigningException.Malformed(what, "it covers no file at all");
        HashSet<string> names = new(resources.Count, StringComparer.Ordinal);
        foreach (ManifestResource resource in resources)
        {
            CheckName(what, resource.Name, alone: resources.Count == 1);
            if (!names.Add(resource.Name))
                throw SigningException.Malformed(what, $"it lists '{Shown(resource.Name)}' twice");
        }
    }

    private static void CheckShards(string what, List<ManifestResource> resources, long shardSize)
    {
        if (resources.Count == 0)
            throw SigningException.Malformed(what, "it covers no file at all");
        Dictionary<string, List<ShardName>> files = new(StringComparer.Ordinal);
        foreach (ManifestResource resource in resources)
        {
            ShardName shard = ShardName.Parse(resource.Name) ?? throw SigningException.Malformed(what, $"'{Shown(resource.Name)}' is no path:start:end");
            if (!files.TryGetValue(shard.Path, out List<ShardName>? shards))
                files.Add(shard.Path, shards = []);
            shards.Add(shard);
        }

        foreach ((string path, List<ShardName> shards) in files)
        {
            CheckName(what, path, alone: files.Count == 1);
            shards.Sort((a, b) => a.Start.CompareTo(b.Start));
            long covered = 0;
            foreach (ShardName shard in shards)
            {
                long length = shard.End - shard.Start;
                bool last = shard == shards[^1];
                if (shard.Start != covered || length <= 0 || length > shardSize || (length < shardSize && !last))
                    throw SigningException.Malformed(what, $"the pieces of '{Shown(path)}' leave a gap, overlap, or have another size than it says");
                covered = shard.End;
            }
        }
    }

    private static void CheckName(string what, string name, bool alone)
    {
        if (alone && name == ModelPath.WholeModel)
            return;
        if (ModelPath.Refuse(name) is { } why)
            throw SigningException.Malformed(what, $"it lists the file '{Shown(name)}': {why}");
    }

    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
