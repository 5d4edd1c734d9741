namespace Bulwark.Keys;

/// <summary>Status of a key in a Tink keyset (tink.proto, KeyStatusType). The names are those of Tink's JSON.</summary>
internal enum TinkKeyStatus
{
    /// <summary>May be used.</summary>
    Enabled = 1,

    /// <summary>Must not be used, but may be enabled again.</summary>
    Disabled = 2,

    /// <summary>The key material is gone; only its number remains.</summary>
    Destroyed = 3,
}
