namespace Bulwark.Scanning.Templates;

/// <summary>Ends the parsing of one tag; never leaves the analyser.</summary>
internal sealed class JinjaSyntaxException : Exception
{
    public JinjaSyntaxException(string why, int offset)
        : base(why) => Offset = offset;

    public int Offset { get; }
}
