namespace Bulwark.Findings;

/// <summary>Findings could not be delivered. Codes BW2101 to BW2199.</summary>
public sealed class FindingException : BulwarkException
{
    private FindingException(string code, ErrorKind kind, string message, string remedy, Exception? inner = null)
        : base(code, kind, message, remedy, inner)
    {
    }

    /// <summary>BW2101: the receiver took some findings and did not take others, also when they were sent again.</summary>
    /// <param name="where">Who received them.</param>
    /// <param name="failed">How many were not taken.</param>
    /// <param name="total">How many there were.</param>
    /// <param name="why">The receiver's reason for the first of them.</param>
    public static FindingException NotTaken(string where, int failed, int total, string why) =>
        new("BW2101", ErrorKind.Fault, $"{where} did not take {failed} of {total} findings: {why}.", "Correct what the message names and deliver them again; those that were taken are only updated by that.");
}
