namespace Bulwark.Signing;

/// <summary>What a verifier tolerates. Whatever it is, every file that was signed must be there and unchanged.</summary>
public sealed record VerificationOptions
{
    /// <summary>Paths that may hold files nobody signed: relative to the model, or rooted and below it. No wildcards.</summary>
    public IReadOnlyList<string> IgnorePaths { get; init; } = [];

    /// <summary>Follow symbolic links to files; see <see cref="ManifestOptions.AllowSymlinks"/>.</summary>
    public bool AllowSymlinks { get; init; }

    /// <summary>The folder that links may not lead out of; null for the model's own root.</summary>
    public string? LinkBoundary { get; init; }

    /// <summary>Accept files that nobody signed. They are still named in the result.</summary>
    public bool IgnoreUnsignedFiles { get; init; }

    /// <summary>Where the signature stands; left out of the model where it lies inside.</summary>
    public string? SignaturePath { get; init; }

    /// <summary>The name the model must have been signed under; null for any.</summary>
    public string? ExpectedName { get; init; }
}
