namespace Bulwark.Protection;

/// <summary>How a model is to be protected. Two requests with equal options for one source version are the same request.</summary>
public sealed record ProtectionOptions
{
    /// <summary>What to write into the weights; null for a model that must stay byte for byte as it is.</summary>
    public WatermarkSettings? Watermark { get; init; } = new();

    /// <summary>Sign a second time, with ML-DSA-65.</summary>
    public bool PostQuantum { get; init; }

    /// <summary>Go on with a file that the scanner finds suspicious; malicious and malformed ones are refused all the same.</summary>
    public bool AllowSuspicious { get; init; }

    /// <summary>Delete the plaintext source once everything is written.</summary>
    public bool DeleteSource { get; init; }

    /// <summary>Do the work again even when this source version was protected before.</summary>
    public bool Force { get; init; }
}
