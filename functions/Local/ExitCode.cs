namespace Bulwark.Functions.Local;

/// <summary>The exit codes of the command line's contract.</summary>
internal static class ExitCode
{
    /// <summary>Good.</summary>
    public const int Good = 0;

    /// <summary>The answer is no: refused, invalid, not found in the file, non-compliant.</summary>
    public const int No = 1;

    /// <summary>Wrong usage, or an I/O error.</summary>
    public const int Fault = 2;

    /// <summary>A person should look.</summary>
    public const int Review = 3;
}
