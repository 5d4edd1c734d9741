namespace Bulwark.Scanning.Pickle;

/// <summary>How a value of a pickle could hold another pickle.</summary>
internal enum NestedForm
{
    /// <summary>As it is.</summary>
    Raw,

    /// <summary>As characters of the same numbers.</summary>
    Latin1,

    /// <summary>As a string of protocol 0, with escapes.</summary>
    Escaped,

    /// <summary>In base64.</summary>
    Base64,

    /// <summary>In base32.</summary>
    Base32,

    /// <summary>In base85, of either alphabet.</summary>
    Base85,

    /// <summary>In hexadecimal.</summary>
    Hexadecimal,

    /// <summary>Compressed, in a format of its own.</summary>
    Compressed,

    /// <summary>Not a guess: the pickle itself has it loaded.</summary>
    Loaded,
}
