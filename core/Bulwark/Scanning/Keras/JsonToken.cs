namespace Bulwark.Scanning.Keras;

/// <summary>What was read of JSON.</summary>
internal enum JsonToken
{
    /// <summary>The beginning of an object.</summary>
    ObjectStart,

    /// <summary>The end of an object.</summary>
    ObjectEnd,

    /// <summary>The beginning of an array.</summary>
    ArrayStart,

    /// <summary>The end of an array.</summary>
    ArrayEnd,

    /// <summary>A key of an object.</summary>
    Key,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A number, or a word such as null.</summary>
    Word,

    /// <summary>The end of the text.</summary>
    End,

    /// <summary>Python would refuse the text.</summary>
    Refused,
}
