namespace Bulwark.Fingerprinting;

/// <summary>Which parts of a robust fingerprint say something.</summary>
[Flags]
public enum RobustParts
{
    /// <summary>None: no tensor of floating-point weights is large enough.</summary>
    None = 0,

    /// <summary>Votes of runs of weights.</summary>
    A = 1,

    /// <summary>Gram matrix of column segments.</summary>
    B = 2,

    /// <summary>Gram matrix of row segments.</summary>
    C = 4,
}
