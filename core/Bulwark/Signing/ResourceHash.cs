using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;

namespace Bulwark.Signing;

/// <summary>The hash of a model's files. Only SHA-256 is written; the others are verified.</summary>
/// <remarks>
/// <code>
/// name     digest bytes  source
/// sha256   32            FIPS 180-4
/// blake2b  64            RFC 7693, unkeyed, 512 bits
/// blake3   32            BLAKE3 specification, unkeyed, default length; never sharded
/// </code>
/// </remarks>
internal sealed class ResourceHash : IDisposable
{
    private readonly IncrementalHash? _sha256;
    private readonly IDigest? _other;

    private ResourceHash(IncrementalHash? sha256, IDigest? other)
    {
        _sha256 = sha256;
        _other = other;
    }

    /// <summary>Bytes of a digest, or null for a name that is none of the three.</summary>
    public static int? LengthOf(string name) => name switch
    {
        ManifestSerialization.Sha256 or ManifestSerialization.Blake3 => 32,
        ManifestSerialization.Blake2b => 64,
        _ => null,
    };

    public static ResourceHash Create(string name) => name switch
    {
        ManifestSerialization.Sha256 => new ResourceHash(IncrementalHash.CreateHash(HashAlgorithmName.SHA256), null),
        ManifestSerialization.Blake2b => new ResourceHash(null, new Blake2bDigest(512)),
        ManifestSerialization.Blake3 => new ResourceHash(null, new Blake3Digest(256)),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such hash."),
    };

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _sha256?.AppendData(bytes);
        _other?.BlockUpdate(bytes);
    }

    public byte[] Finish()
    {
        if (_sha256 is not null)
            return _sha256.GetHashAndReset();
        byte[] digest = new byte[_other!.GetDigestSize()];
        _other.DoFinal(digest, 0);
        return digest;
    }

    public void Dispose() => _sha256?.Dispose();
}
