namespace Bulwark.Signing;

/// <summary>Which files may stand in a model although its signature does not cover them, and why.</summary>
internal sealed class Tolerance(ModelManifest manifest, VerificationOptions options, string modelPath)
{
    private static readonly IgnoredPaths Git = new(IgnoredPaths.Git);

    private readonly IgnoredPaths _bySigner = new(manifest.Serialization.IgnorePaths);
    private readonly IgnoredPaths _byVerifier = new(IgnoredPaths.Normalize(options.IgnorePaths, modelPath));

    /// <summary>Why the file is tolerated, or null where it is not.</summary>
    public UncoveredReason? Excuse(ModelEntry entry)
    {
        if (Git.Covers(entry.Name))
            return UncoveredReason.GitMetadata;
        if (_bySigner.Covers(entry.Name))
            return UncoveredReason.IgnoredBySigner;
        if (_byVerifier.Covers(entry.Name))
            return UncoveredReason.IgnoredByVerifier;
        if (manifest.Serialization.ShardSize is not null && entry is { Refusal: null, Facts.Size: 0 })
            return UncoveredReason.Empty;
        return options.IgnoreUnsignedFiles ? UncoveredReason.NotSigned : null;
    }
}
