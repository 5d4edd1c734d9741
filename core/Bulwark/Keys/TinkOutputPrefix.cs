namespace Bulwark.Keys;

/// <summary>What a Tink key puts in front of its ciphertexts (tink.proto, OutputPrefixType).</summary>
internal enum TinkOutputPrefix
{
    /// <summary>0x01 and the key number, 4 bytes big-endian.</summary>
    Tink = 1,

    /// <summary>0x00 and the key number, 4 bytes big-endian.</summary>
    Legacy = 2,

    /// <summary>Nothing.</summary>
    Raw = 3,

    /// <summary>0x00 and the key number, 4 bytes big-endian.</summary>
    Crunchy = 4,
}
