namespace Bulwark.Signing;

/// <summary>Who signed, as a certificate authority vouches for it.</summary>
/// <param name="Subject">The certificate's subject, as a distinguished name (RFC 4514).</param>
/// <param name="AlternativeNames">Mail addresses, DNS names and URIs among its subject alternative names.</param>
/// <param name="Issuer">Who issued the certificate.</param>
/// <param name="Sha256">Hex SHA-256 of the certificate.</param>
/// <param name="NotBefore">Begin of its validity.</param>
/// <param name="NotAfter">End of its validity.</param>
public sealed record SignerIdentity(
    string Subject, IReadOnlyList<string> AlternativeNames, string Issuer, string Sha256, DateTimeOffset NotBefore, DateTimeOffset NotAfter);
