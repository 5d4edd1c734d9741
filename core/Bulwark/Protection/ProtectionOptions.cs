namespace Bulwark.Protection;

/// <summary>How a model is to be protected. Two requests with equal options for one source version are the same request.</summary>
public sealed record ProtectionOptions
{
    /// <summary>Delete the plaintext source once everything is written.</summary>
    public bool DeleteSource { get; init; }

    /// <summary>Do the work again even when this source version was protected before.</summary>
    public bool Force { get; init; }
}
