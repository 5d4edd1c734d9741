namespace Bulwark.Signing;

/// <summary>What of a folder becomes part of a model.</summary>
public sealed record ManifestOptions
{
    /// <summary>Paths to leave out, each with everything under it: relative to the model, or rooted and below it. No wildcards.</summary>
    public IReadOnlyList<string> IgnorePaths { get; init; } = [];

    /// <summary>
    /// Follow symbolic links to files. Without it a link is an error. Links to folders are always an error: the reference neither
    /// follows them nor says so, and what stands behind them would be covered by nothing.
    /// </summary>
    public bool AllowSymlinks { get; init; }

    /// <summary>
    /// The folder that links may not lead out of; null for the model's own root. A Hugging Face cache needs the folder above
    /// <c>snapshots</c> and <c>blobs</c> here.
    /// </summary>
    public string? LinkBoundary { get; init; }

    /// <summary>Where signatures of this model stand or will stand; left out of the model where they lie inside.</summary>
    public IReadOnlyList<string> SignaturePaths { get; init; } = [];
}
