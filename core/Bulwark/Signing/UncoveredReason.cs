namespace Bulwark.Signing;

/// <summary>Why a file of a model is not covered by its signature.</summary>
public enum UncoveredReason
{
    /// <summary>The signer left its path out, and signed that he did.</summary>
    IgnoredBySigner,

    /// <summary>It is one of git's own names directly below the root, which the format always leaves out.</summary>
    GitMetadata,

    /// <summary>The verifier asked for its path to be ignored.</summary>
    IgnoredByVerifier,

    /// <summary>Nobody signed it, and the verifier asked for such files to be accepted.</summary>
    NotSigned,

    /// <summary>It is empty, and the method shards records no empty files.</summary>
    Empty,
}
