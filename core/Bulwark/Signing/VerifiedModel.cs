using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>A model whose signature verified and whose files are what was signed.</summary>
public sealed record VerifiedModel
{
    /// <summary>What was signed: name, files, digests. The name is empty for a signature of version 0.2.</summary>
    public required ModelManifest Manifest { get; init; }

    /// <summary>The key that signed.</summary>
    public required VerificationKey SignedBy { get; init; }

    /// <summary>Who signed, where a certificate says so.</summary>
    public SignerIdentity? Identity { get; init; }

    /// <summary>Bytes that were hashed.</summary>
    public required long BytesVerified { get; init; }

    /// <summary>Files that stand in the model and are not covered: the first <see cref="ModelVerifier.MaximumUncoveredListed"/>, by name.</summary>
    public required IReadOnlyList<UncoveredFile> Uncovered { get; init; }

    /// <summary>How many such files there are.</summary>
    public required int UncoveredCount { get; init; }

    /// <summary>What a careful reader should know: old forms of the format.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }
}
