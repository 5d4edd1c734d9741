using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Bulwark.Signing;

/// <summary>What is signed: a model's files and their digests (OpenSSF Model Signing v1.0, method files, sha256).</summary>
/// <remarks>The root is SHA-256 over the raw digests in listed order; resources are listed in the byte order of their UTF-8 names.</remarks>
public sealed class ModelManifest
{
    /// <summary>The predicate type of a model signature.</summary>
    public const string PredicateType = "https://model_signing/signature/v1.0";

    /// <summary>The type of every statement.</summary>
    public const string StatementType = "https://in-toto.io/Statement/v1";

    /// <summary>Most files, or pieces of files, of one model.</summary>
    public const int MaximumResources = 1_000_000;

    /// <summary>The predicate type of version 0.2 of the reference; verified, never written.</summary>
    internal const string PredicateType02 = "https://model_signing/Digests/v0.1";

    internal ModelManifest(string subject, IReadOnlyList<ManifestResource> resources, ManifestSerialization serialization)
    {
        Subject = subject;
        Resources = resources;
        Serialization = serialization;
        using IncrementalHash root = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ManifestResource resource in resources)
            root.AppendData(resource.Digest.Span);
        Root = root.GetHashAndReset();
    }

    /// <summary>The model's own name: the last part of its path.</summary>
    public string Subject { get; }

    /// <summary>The files, in signing order.</summary>
    public IReadOnlyList<ManifestResource> Resources { get; }

    /// <summary>How the files were found and hashed.</summary>
    public ManifestSerialization Serialization { get; }

    /// <summary>The digest of the whole, 32 bytes: the subject digest of the signature and of every claim.</summary>
    public ReadOnlyMemory<byte> Root { get; }

    /// <summary>The manifest of a model that is one file.</summary>
    /// <param name="name">The file's name, without its folder.</param>
    /// <param name="sha256">SHA-256 of its content, 32 bytes.</param>
    public static ModelManifest ForFile(string name, ReadOnlySpan<byte> sha256)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNotEqual(sha256.Length, SHA256.HashSizeInBytes, nameof(sha256));
        return new ModelManifest(name, [new ManifestResource(ModelPath.WholeModel, sha256.ToArray())], new ManifestSerialization());
    }

    /// <summary>Hashes a model on disk: a file, or a folder with everything below it. Several files are hashed at a time.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">What is left out, and whether links are followed.</param>
    /// <param name="progress">Told how many bytes have been hashed so far, from several threads.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="SigningException">
    /// BW1808: something that is no plain file. BW1809: unreadable. BW1810: changed meanwhile. BW1811: nothing to sign.
    /// BW1812: a path that cannot be ignored. BW1813: too many files.
    /// </exception>
    public static async Task<ModelManifest> FromPathAsync(
        string path, ManifestOptions options, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        ModelTree tree = ModelTree.Locate(path, options.AllowSymlinks, options.LinkBoundary);
        List<string> ignore = tree.IsFile ? [] : [.. IgnoredPaths.Git, .. IgnoredPaths.Normalize(options.IgnorePaths, path)];
        foreach (string signature in options.SignaturePaths.Select(tree.NameOf).OfType<string>())
            ignore.Add(ModelPath.RefuseIgnored(signature) is { } why ? throw SigningException.BadOption($"The signature cannot be '{signature}'", why) : signature);
        ignore = [.. ignore.Distinct(StringComparer.Ordinal).Order(Comparer<string>.Create(ModelPath.CompareByCodePoint))];

        List<ModelEntry> files = [.. tree.Walk(new IgnoredPaths(ignore), cancellationToken)];
        foreach (ModelEntry file in files)
            file.ThrowIfRefused();
        if (files.Count == 0)
            throw SigningException.Empty(path);
        files.Sort((a, b) => ModelPath.CompareByCodePoint(a.Name, b.Name));

        byte[][] digests = await FileHasher.HashAsync([.. files.Select(HashRange.Whole)], ManifestSerialization.Sha256, progress, cancellationToken);
        ManifestSerialization serialization = new() { AllowSymlinks = options.AllowSymlinks, IgnorePaths = ignore };
        return new ModelManifest(tree.Subject, [.. files.Select((file, i) => new ManifestResource(file.Name, digests[i]))], serialization);
    }

    /// <summary>The statement to sign.</summary>
    internal byte[] ToStatement()
    {
        ArrayBufferWriter<byte> output = new();
        using (Utf8JsonWriter json = Statements.Begin(output, Subject, Root.Span, PredicateType))
        {
            json.WriteStartObject("predicate");
            json.WriteStartObject("serialization");
            json.WriteString("method", Serialization.Method);
            json.WriteString("hash_type", Serialization.HashType);
            json.WriteBoolean("allow_symlinks", Serialization.AllowSymlinks);
            json.WriteStartArray("ignore_paths");
            foreach (string path in Serialization.IgnorePaths)
                json.WriteStringValue(path);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("resources");
            foreach (ManifestResource resource in Resources)
            {
                json.WriteStartObject();
                json.WriteString("name", resource.Name);
                json.WriteString("algorithm", Serialization.HashType);
                json.WriteString("digest", Convert.ToHexStringLower(resource.Digest.Span));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
