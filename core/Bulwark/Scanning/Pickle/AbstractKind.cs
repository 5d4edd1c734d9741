namespace Bulwark.Scanning.Pickle;

/// <summary>What a value of a pickle is, as far as the scanner cares.</summary>
internal enum AbstractKind : byte
{
    /// <summary>Nothing is known: values deep in a long stack, or beyond what the memo keeps.</summary>
    Opaque,

    /// <summary>Several values that were merged to keep the stack short; never taken off the stack as such.</summary>
    Run,

    /// <summary>None.</summary>
    None,

    /// <summary>A boolean or a float.</summary>
    Scalar,

    /// <summary>An integer; the payload is its value.</summary>
    Integer,

    /// <summary>A string; the payload is its offset in the file, or -1.</summary>
    Text,

    /// <summary>Bytes or a bytearray; the payload is their offset in the file, or -1.</summary>
    Bytes,

    /// <summary>Bytes that protocol 2 spells as <c>_codecs.encode(text, 'latin1')</c>; the payload is the text's offset.</summary>
    EncodedBytes,

    /// <summary>A tuple; the payload is its number among the recent ones.</summary>
    Tuple,

    /// <summary>A list; the payload is where it was made.</summary>
    List,

    /// <summary>A dict; the payload is where it was made.</summary>
    Dict,

    /// <summary>A set; the payload is where it was made.</summary>
    Set,

    /// <summary>A frozenset; the payload is where it was made.</summary>
    FrozenSet,

    /// <summary>A class or function; the payload is its number.</summary>
    Global,

    /// <summary>What a call returned; the payload is where.</summary>
    Object,

    /// <summary>A numpy.dtype; the payload is the bytes of an element, the flag says whether there are objects in it.</summary>
    DType,

    /// <summary>joblib's NumpyArrayWrapper.</summary>
    ArrayWrapper,

    /// <summary>Something that the loader looks up by a persistent id.</summary>
    Persistent,

    /// <summary>An entry of the extension registry.</summary>
    Extension,

    /// <summary>An out-of-band buffer.</summary>
    Buffer,
}
