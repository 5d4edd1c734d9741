namespace Bulwark.Signing;

/// <summary>How a model was turned into a list of digests: the member <c>predicate.serialization</c> of its signature.</summary>
public sealed record ManifestSerialization
{
    /// <summary>One digest per file: what is written.</summary>
    public const string Files = "files";

    /// <summary>One digest per piece of a file: verified, not written.</summary>
    public const string Shards = "shards";

    internal const string Sha256 = "sha256";
    internal const string Blake2b = "blake2b";
    internal const string Blake3 = "blake3";

    /// <summary><see cref="Files"/> or <see cref="Shards"/>.</summary>
    public string Method { get; init; } = Files;

    /// <summary><c>sha256</c>, <c>blake2b</c> (512 bits) or <c>blake3</c> (256 bits).</summary>
    public string HashType { get; init; } = Sha256;

    /// <summary>Bytes of every piece of a file but its last; null for <see cref="Files"/>.</summary>
    public long? ShardSize { get; init; }

    /// <summary>Whether symbolic links were followed when it was signed.</summary>
    public bool AllowSymlinks { get; init; }

    /// <summary>Paths below the model that were left out, each with everything under it; <c>/</c>-separated, no wildcards.</summary>
    public IReadOnlyList<string> IgnorePaths { get; init; } = [];
}
