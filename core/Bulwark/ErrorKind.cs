namespace Bulwark;

/// <summary>What an error means to the caller; the command line maps it to its exit code.</summary>
public enum ErrorKind
{
    /// <summary>The answer is no: an input was refused, a signature or a tag did not verify. Exit code 1.</summary>
    Refused,

    /// <summary>The work could not be done: wrong usage, missing object, I/O or service failure. Exit code 2.</summary>
    Fault,
}
