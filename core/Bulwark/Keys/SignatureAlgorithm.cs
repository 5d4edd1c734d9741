namespace Bulwark.Keys;

/// <summary>The signature algorithms Bulwark writes or verifies.</summary>
public enum SignatureAlgorithm
{
    /// <summary>ECDSA on NIST P-256 with SHA-256 (FIPS 186-5).</summary>
    EcdsaP256Sha256,

    /// <summary>ECDSA on NIST P-384 with SHA-384.</summary>
    EcdsaP384Sha384,

    /// <summary>ECDSA on NIST P-521 with SHA-512.</summary>
    EcdsaP521Sha512,

    /// <summary>Ed25519 (RFC 8032), used by the audit log's signed notes.</summary>
    Ed25519,

    /// <summary>ML-DSA-65 (FIPS 204), pure mode, empty context.</summary>
    MLDsa65,

    /// <summary>RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017), for keys of 2,048 bits or more: what a KMS with RSA keys offers.</summary>
    RsaPssSha256,
}
