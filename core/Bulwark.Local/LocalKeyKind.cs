namespace Bulwark.Local;

/// <summary>The kinds of key on a ring.</summary>
public enum LocalKeyKind
{
    /// <summary>ECDSA P-256: signs models and claims.</summary>
    Signing,

    /// <summary>AES-256-GCM: wraps the keysets of encrypted models.</summary>
    Wrapping,

    /// <summary>32 bytes: the master of the watermark.</summary>
    Watermark,

    /// <summary>Ed25519: signs the audit log's checkpoints.</summary>
    Log,

    /// <summary>ML-DSA-65: the optional second signature.</summary>
    MLDsa,
}
