namespace Bulwark.Fingerprinting;

/// <summary>How two models stand to each other.</summary>
public enum FingerprintVerdict
{
    /// <summary>Every tensor is equal bit for bit, whatever the names.</summary>
    Identical,

    /// <summary>One was made from the other, or both from a third.</summary>
    Derived,

    /// <summary>Nothing speaks for a common origin.</summary>
    Independent,

    /// <summary>The fingerprints have no part in common that says something.</summary>
    Incomparable,
}
