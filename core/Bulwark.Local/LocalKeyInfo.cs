namespace Bulwark.Local;

/// <summary>What may be told about one key; never its secret.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Id">
/// 16 hexadecimal digits: the start of the public key's fingerprint, or of a keyed digest of a watermark master; for wrapping keys
/// the Tink key number.
/// </param>
/// <param name="Created">When it was made; null for wrapping keys that were rotated out.</param>
/// <param name="IsCurrent">Whether new work uses it. The others still open, verify and detect old work.</param>
/// <param name="Path">The file that holds it.</param>
/// <param name="Algorithm">For example <c>ECDSA P-256</c>.</param>
/// <param name="PublicFingerprint">Lower-case hex SHA-256 of the public key's PEM; null for secret keys without a public half.</param>
public sealed record LocalKeyInfo(
    LocalKeyKind Kind, string Id, DateTimeOffset? Created, bool IsCurrent, string Path, string Algorithm, string? PublicFingerprint);
