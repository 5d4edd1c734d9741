namespace Bulwark.Models.Pickle;

/// <summary>What an attempt to read one opcode came to.</summary>
internal enum PickleReadStatus
{
    /// <summary>An opcode with its argument.</summary>
    Token,

    /// <summary>The window must be filled first.</summary>
    More,

    /// <summary>The file ends inside an opcode, or before <see cref="PickleOpcode.Stop"/>.</summary>
    Truncated,

    /// <summary>A byte that is no opcode.</summary>
    Unknown,

    /// <summary>A negative length, or a line that no pickler writes that long.</summary>
    BadLength,
}
