namespace Bulwark.Signing;

/// <summary>One file of a model, or one piece of it, and its digest.</summary>
/// <param name="Name">
/// Path below the model's root, <c>/</c>-separated; <c>.</c> for a model that is one file; <c>path:start:end</c> (end exclusive) for a piece.
/// </param>
/// <param name="Digest">The digest: 32 bytes (sha256, blake3) or 64 (blake2b).</param>
public sealed record ManifestResource(string Name, ReadOnlyMemory<byte> Digest);
