namespace Bulwark.State;

/// <summary>A state store refused or failed. Codes BW1101 to BW1199.</summary>
public sealed class StateException : BulwarkException
{
    private StateException(string code, ErrorKind kind, string message, string remedy, Exception? inner = null)
        : base(code, kind, message, remedy, inner)
    {
    }

    /// <summary>BW1101: what the store holds is damaged, or was written by something else.</summary>
    public static StateException Damaged(string what, string why, Exception? inner = null) =>
        new("BW1101", ErrorKind.Fault, $"{what} is damaged: {why}.", "Move it aside; restore it from backup, or let a new one be made (finished work will then be done again).", inner);

    /// <summary>BW1102: the store cannot be opened or written.</summary>
    public static StateException Unavailable(string what, string why, Exception? inner = null) =>
        new("BW1102", ErrorKind.Fault, $"{what} cannot be used: {why}.", "Check that its folder exists and that this identity may write there.", inner);

    /// <summary>BW1103: a document's collection, id or content is outside the store's limits.</summary>
    public static StateException OutsideLimits(string what, string why) =>
        new("BW1103", ErrorKind.Fault, $"{what} is refused: {why}.", "Keep within the limits of the state store.");

    /// <summary>BW1104: another process kept the store busy for too long.</summary>
    public static StateException Busy(string what, Exception? inner = null) =>
        new("BW1104", ErrorKind.Fault, $"{what} is kept busy by another process.", "Find the process that holds it, or try again later.", inner);

    /// <summary>BW1105: a claim was taken over by another worker after its lease ended.</summary>
    public static StateException ClaimLost(string key) =>
        new("BW1105", ErrorKind.Fault, $"The claim on '{key}' was taken over by another worker.", "Drop this result and ask for the first one; use a longer lease or renew it more often.");

    /// <summary>BW1106: the device or quota is full.</summary>
    public static StateException NoSpace(string what, Exception? inner = null) =>
        new("BW1106", ErrorKind.Fault, $"There is no space left to write {what}.", "Free space; what was written before is kept.", inner);
}
