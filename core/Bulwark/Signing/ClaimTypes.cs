namespace Bulwark.Signing;

/// <summary>Predicate types of the claims Bulwark makes about a model.</summary>
public static class ClaimTypes
{
    /// <summary>What the scanner found.</summary>
    public const string Scan = "https://bulwark/claims/scan/v1";

    /// <summary>The watermark's receipt.</summary>
    public const string Watermark = "https://bulwark/claims/watermark/v1";

    /// <summary>Exact roots and robust fingerprint.</summary>
    public const string Fingerprint = "https://bulwark/claims/fingerprint/v1";

    /// <summary>Which sidecar and body belong to the plaintext.</summary>
    public const string Envelope = "https://bulwark/claims/envelope/v1";

    /// <summary>Where the model came from and what protected it.</summary>
    public const string Provenance = "https://bulwark/claims/provenance/v1";
}
