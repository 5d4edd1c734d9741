using System.Security.Cryptography;

namespace Bulwark.Encryption;

/// <summary>Parameters of a Tink AES-GCM-HKDF streaming key.</summary>
/// <param name="DerivedKeySize">Size of the AES key derived for each body, in bytes: 16 or 32.</param>
/// <param name="SegmentSize">Size of a ciphertext segment, tag included, in bytes: <c>DerivedKeySize + 25</c> to 2^31 - 1.</param>
/// <param name="Hash">Hash of the HKDF: SHA-1, SHA-256 or SHA-512.</param>
public sealed record StreamingAeadParameters(int DerivedKeySize, int SegmentSize, HashAlgorithmName Hash)
{
    /// <summary>Tink's AES256_GCM_HKDF_1MB, which Bulwark writes: 32 bytes, 1 MiB, SHA-256.</summary>
    public static StreamingAeadParameters Aes256GcmHkdf1MB { get; } = new(32, 1 << 20, HashAlgorithmName.SHA256);

    /// <summary>Tink's AES256_GCM_HKDF_4KB: 32 bytes, 4 KiB, SHA-256.</summary>
    public static StreamingAeadParameters Aes256GcmHkdf4KB { get; } = new(32, 1 << 12, HashAlgorithmName.SHA256);

    /// <summary>Tink's AES128_GCM_HKDF_1MB: 16 bytes, 1 MiB, SHA-256.</summary>
    public static StreamingAeadParameters Aes128GcmHkdf1MB { get; } = new(16, 1 << 20, HashAlgorithmName.SHA256);

    /// <summary>Tink's AES128_GCM_HKDF_4KB: 16 bytes, 4 KiB, SHA-256.</summary>
    public static StreamingAeadParameters Aes128GcmHkdf4KB { get; } = new(16, 1 << 12, HashAlgorithmName.SHA256);

    /// <summary>Where everything lies in a body made with these parameters.</summary>
    public SegmentLayout Layout => new(SegmentSize, DerivedKeySize);

    /// <summary>Refuses parameters Tink would refuse.</summary>
    /// <exception cref="EncryptionException">BW1913.</exception>
    public void Validate()
    {
        if (DerivedKeySize is not (16 or 32))
            throw EncryptionException.BadParameters($"the derived key size is {DerivedKeySize}, not 16 or 32");
        // One plaintext byte must fit into segment 0 beside the header and the tag.
        if (SegmentSize <= DerivedKeySize + SegmentLayout.FixedOverhead)
            throw EncryptionException.BadParameters($"the segment size {SegmentSize} is not more than {DerivedKeySize + SegmentLayout.FixedOverhead}");
        if (Hash != HashAlgorithmName.SHA1 && Hash != HashAlgorithmName.SHA256 && Hash != HashAlgorithmName.SHA512)
            throw EncryptionException.BadParameters($"the HKDF hash {Hash.Name} is not SHA-1, SHA-256 or SHA-512");
    }
}
