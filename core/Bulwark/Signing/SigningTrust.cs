using System.Security.Cryptography.X509Certificates;
using Bulwark.Keys;

namespace Bulwark.Signing;

/// <summary>Whose signatures count. Nothing is trusted that is not named here: not the system's roots, not a key inside a bundle.</summary>
public sealed record SigningTrust
{
    /// <summary>Keys whose signature is accepted, on bundles that name a key.</summary>
    public IReadOnlyList<VerificationKey> Keys { get; init; } = [];

    /// <summary>
    /// Certificates that a bundle's chain may lead to: self-signed roots; others among them only help to build the chain.
    /// </summary>
    public IReadOnlyList<X509Certificate2> Roots { get; init; } = [];

    /// <summary>
    /// The signer a certificate must name, compared exactly with its subject alternative names (mail, DNS, URI) and its subject; null for
    /// any signer that the roots vouch for.
    /// </summary>
    public string? ExpectedIdentity { get; init; }

    /// <summary>
    /// The time at which the chain must be valid. Null takes the leaf's notBefore, as the reference does: a signature then outlives its
    /// certificate, because nothing in a bundle proves when it was made.
    /// </summary>
    public DateTimeOffset? CertificatesValidAt { get; init; }

    /// <summary>Trusts one key and nothing else.</summary>
    public static SigningTrust Of(VerificationKey key) => new() { Keys = [key] };
}
