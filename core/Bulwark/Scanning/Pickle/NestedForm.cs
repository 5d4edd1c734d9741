namespace Bulwark.Scanning.Pickle;

/// <summary>How bytes inside a pickle may be a pickle, or a model, themselves.</summary>
internal enum NestedForm
{
    /// <summary>Bytes that loading the file loads in turn.</summary>
    Loaded,

    /// <summary>The bytes as they are.</summary>
    Raw,

    /// <summary>Text whose characters are the bytes.</summary>
    Latin1,

    /// <summary>Base64, plain or for addresses.</summary>
    Base64,

    /// <summary>Hexadecimal digits.</summary>
    Hexadecimal,

    /// <summary>zlib or gzip.</summary>
    Compressed,
}
