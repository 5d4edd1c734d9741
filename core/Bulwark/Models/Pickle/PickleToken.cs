namespace Bulwark.Models.Pickle;

/// <summary>One opcode and its argument. What it holds of the payload is valid until the reader is filled again.</summary>
internal struct PickleToken
{
    /// <summary>The opcode.</summary>
    public PickleOpcode Opcode;

    /// <summary>Its offset in the file.</summary>
    public long Position;

    /// <summary>Offset of the first byte after it and its argument.</summary>
    public long End;

    /// <summary>Argument of the opcodes with a binary integer: BININT*, *GET, *PUT, EXT*, PROTO, FRAME.</summary>
    public long Integer;

    /// <summary>Offset of the payload, or of the first line of a text argument.</summary>
    public long PayloadOffset;

    /// <summary>Its length, without the newline of a text argument.</summary>
    public long PayloadLength;

    /// <summary>Where the held part of the payload lies in the reader's window.</summary>
    public int HeldStart;

    /// <summary>How much of the payload is held.</summary>
    public int HeldLength;

    /// <summary>Where the second line of GLOBAL and INST lies in the reader's window.</summary>
    public int SecondStart;

    /// <summary>Length of that second line.</summary>
    public int SecondLength;

    /// <summary>Whether the whole payload is held.</summary>
    public readonly bool IsHeld => HeldLength == PayloadLength;
}
