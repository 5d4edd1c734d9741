namespace Bulwark;

/// <summary>
/// The base of every error Bulwark raises on purpose. It says what happened, where, and what to do about it.
/// Codes are stable: scripts may match on them. The full list stands in <c>docs/errors.md</c>.
/// </summary>
/// <remarks>
/// Code ranges: BW10xx storage, BW11xx state, BW12xx keys, BW13xx audit, BW14xx model files, BW15xx scanning,
/// BW16xx watermarking, BW17xx fingerprinting, BW18xx signing, BW19xx encryption, BW20xx protection, BW21xx findings,
/// BW22xx functions, BW23xx AWS, BW90xx command line.
/// </remarks>
public abstract class BulwarkException : Exception
{
    /// <summary>Creates an error.</summary>
    /// <param name="code">Stable code, <c>BW</c> and four digits.</param>
    /// <param name="kind">Whether the answer is no, or the work failed.</param>
    /// <param name="message">One sentence that names the thing and what is wrong with it.</param>
    /// <param name="remedy">One sentence that says what the reader can do.</param>
    /// <param name="innerException">The cause, if another error led here.</param>
    protected BulwarkException(string code, ErrorKind kind, string message, string remedy, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Kind = kind;
        Remedy = remedy;
    }

    /// <summary>Stable code, <c>BW</c> and four digits.</summary>
    public string Code { get; }

    /// <summary>Whether the answer is no, or the work failed.</summary>
    public ErrorKind Kind { get; }

    /// <summary>One sentence that says what the reader can do.</summary>
    public string Remedy { get; }

    /// <summary>What kept this refusal from being written to the audit log; null when it was written, or none had to be.</summary>
    public BulwarkException? Unrecorded { get; internal set; }
}
