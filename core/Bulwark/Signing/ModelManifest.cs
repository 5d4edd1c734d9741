using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Bulwark.Signing;

/// <summary>One file of a model and its digest.</summary>
/// <param name="Name">Path below the model's root, <c>/</c>-separated; <c>.</c> for a model that is one file.</param>
/// <param name="Sha256">SHA-256, 32 bytes.</param>
public sealed record ManifestResource(string Name, ReadOnlyMemory<byte> Sha256);

/// <summary>What is signed: a model's files and their digests (OpenSSF Model Signing v1.0, method files, sha256).</summary>
/// <remarks>The root is SHA-256 over the raw digests in listed order; resources are listed in the byte order of their UTF-8 names.</remarks>
public sealed class ModelManifest
{
    /// <summary>The predicate type of a model signature.</summary>
    public const string PredicateType = "https://model_signing/signature/v1.0";

    /// <summary>The type of every statement.</summary>
    public const string StatementType = "https://in-toto.io/Statement/v1";

    private ModelManifest(string subject, IReadOnlyList<ManifestResource> resources)
    {
        Subject = subject;
        Resources = resources;
        using IncrementalHash root = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ManifestResource resource in resources)
            root.AppendData(resource.Sha256.Span);
        Root = root.GetHashAndReset();
    }

    /// <summary>The model's own name: the last part of its path.</summary>
    public string Subject { get; }

    /// <summary>The files, in signing order.</summary>
    public IReadOnlyList<ManifestResource> Resources { get; }

    /// <summary>The digest of the whole, 32 bytes: the subject digest of the signature and of every claim.</summary>
    public ReadOnlyMemory<byte> Root { get; }

    /// <summary>The manifest of a model that is one file.</summary>
    public static ModelManifest ForFile(string name, ReadOnlySpan<byte> sha256)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new ModelManifest(name, [new ManifestResource(".", sha256.ToArray())]);
    }

    /// <summary>The statement to sign.</summary>
    internal byte[] ToStatement()
    {
        ArrayBufferWriter<byte> output = new();
        using (Utf8JsonWriter json = Statements.Begin(output, Subject, Root.Span, PredicateType))
        {
            json.WriteStartObject("predicate");
            json.WriteStartObject("serialization");
            json.WriteString("method", "files");
            json.WriteString("hash_type", "sha256");
            json.WriteBoolean("allow_symlinks", false);
            json.WriteStartArray("ignore_paths");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("resources");
            foreach (ManifestResource resource in Resources)
            {
                json.WriteStartObject();
                json.WriteString("name", resource.Name);
                json.WriteString("algorithm", "sha256");
                json.WriteString("digest", Convert.ToHexStringLower(resource.Sha256.Span));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
